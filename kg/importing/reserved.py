"""Which records an import may write: those of its own, never those by which the store explains itself."""

from __future__ import annotations

from collections.abc import Iterable

from kg.errors import InputRefused
from kg.model import records as r
from kg.model.records import Row

OF_THE_STORE = frozenset({"gate", "ontology", "vocabularies", "catalog", "state", "queries", "answers", "retractions"})
"""Sources whose records the store writes itself, or takes from the ontology folder."""
OF_ONE_KIND = frozenset(
    {
        "drugs",
        "drug-classes",
        "interventions",
        "receptors",
        "conditions",
        "outcomes",
        "instruments",
        "adverse-effects",
        "reviews",
    }
    | {"analyses", "protocols", "curation"}
)
"""Sources whose records are about one kind of thing each, and never about a trial."""
_OF_TRIALS = (r.Trial, r.Arm, r.DichotomousResult, r.ContinuousResult, r.ContrastResult, r.RiskOfBias)


def check(source: str, rows: Iterable[Row]) -> None:
    """Refuse a record of a source that is not for imports, or not for rows of their kind.

    Raises InputRefused.
    """
    if source in OF_THE_STORE:
        raise InputRefused(f"record source {source!r} belongs to the store itself; give the record a source of its own")
    if source in OF_ONE_KIND and any(isinstance(row, _OF_TRIALS) for row in rows):
        raise InputRefused(
            f"record source {source!r} is for records about {source}, not about trials; "
            "name the report or the register that the trial was read from"
        )
