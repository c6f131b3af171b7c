"""What a new build leaves out: records that were retracted stay so until the retraction is lifted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from kg import iris
from kg.iris import EV, RDFS
from kg.memory.dependents import RETRACTIONS
from kg.model import records as r
from kg.model.records import Origin, RetractedStudy, Row
from kg.store import Store
from kg.triples import key

_OF_TRIALS: Final = (r.Trial, r.Arm, r.DichotomousResult, r.ContinuousResult, r.ContrastResult, r.RiskOfBias)


def rows(store: Store, given: Iterable[Row], builder: str) -> Iterator[Row]:
    """Yield the rows of a build but those of retracted records and trials, then what is stated of these trials.

    What the builder itself retracted, because its files no longer had it, may come back with the files.
    """
    stones = list(_stones(store))
    trials = {stone.trial for stone in stones}
    kept: dict[tuple[str, str], bool] = {}
    for row in given:
        if isinstance(row, _OF_TRIALS) and row.trial in trials:
            continue
        name = key(row)
        if name not in kept:
            newest = store.latest([name]).get(name)
            kept[name] = newest is None or newest.action == "put" or newest.author == builder
        if kept[name]:
            yield row
    yield from stones


def _stones(store: Store) -> Iterator[RetractedStudy]:
    for head in store.heads():
        if head.source != RETRACTIONS:
            continue
        trial = f"{iris.BASE}trial/{head.id}"
        said = {
            str(getattr(p, "value", "")): str(getattr(o, "value", ""))
            for p, o in store.select(f"SELECT ?p ?o WHERE {{ <{trial}> ?p ?o }}").rows
        }
        yield RetractedStudy(
            origin=Origin(head.origin or RETRACTIONS, 0),
            source=said[EV + "source"],
            locator=said[EV + "locator"],
            source_kind=iris.local(said[EV + "sourceKind"]),
            trial=head.id,
            label=said[RDFS + "label"],
            reason=said[EV + "retractionReason"],
            retracted_on=date.fromisoformat(said[EV + "retractedOn"]) if EV + "retractedOn" in said else None,
            doi=said.get(EV + "doi"),
            pmid=said.get(EV + "pmid"),
        )
