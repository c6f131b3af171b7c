"""Trials that were retracted from the evidence, as an answer lists them."""

from __future__ import annotations

from collections.abc import Mapping

from kg.catalog import Selects
from kg.iris import EV, RDFS
from kg.model.answer import Excluded


def retracted_trials(engine: Selects) -> Mapping[str, Excluded]:
    """Return the trials of which only the retraction is left, by IRI."""
    found: dict[str, Excluded] = {}
    query = f"""SELECT ?trial ?label ?reason ?day WHERE {{
      ?trial <{EV}retractionReason> ?reason ; <{RDFS}label> ?label OPTIONAL {{ ?trial <{EV}retractedOn> ?day }}
    }} ORDER BY ?trial ?label"""
    for row in engine.select(query).rows:
        trial, label, reason, day = (str(getattr(term, "value", "")) for term in row)
        found.setdefault(trial, Excluded(trial, label, f"retracted{' on ' + day if day else ''}: {reason}"))
    return found
