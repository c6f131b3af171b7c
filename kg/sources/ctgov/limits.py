"""How large the tables of a record may be: far beyond any real one, so that comparing within them stays quick."""

from __future__ import annotations

from collections.abc import Iterator

from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.posted import Place
from kg.sources.ctgov.registered import Registered

MOST_GROUPS = 1000
MOST_CLASSES = 2000


def refuse_endless(record: Registered) -> None:
    """Raise RecordRefused where a list of a record is longer than any real one."""
    for what, count, most, place in _lists(record):
        if count > most:
            raise RecordRefused(place, f"{count} {what}, more than {most}; a record has far fewer, split it")


def _lists(record: Registered) -> Iterator[tuple[str, int, int, Place]]:
    yield "arms", len(record.arms), MOST_GROUPS, record.place
    yield "interventions", len(record.interventions), MOST_GROUPS, record.place
    yield "MeSH terms of interventions", len(record.intervention_concepts), MOST_GROUPS, record.place
    yield "groups of the participant flow", len(record.flow.groups), MOST_GROUPS, record.place
    yield "periods", len(record.flow.periods), MOST_GROUPS, record.place
    for period in record.flow.periods:
        yield "reasons to withdraw", len(period.withdrawals), MOST_GROUPS, record.place
    yield "groups at the start", len(record.baseline.groups), MOST_GROUPS, record.place
    for measure in record.baseline.measures:
        yield "classes", len(measure.classes), MOST_CLASSES, measure.place
    yield "groups with adverse events", len(record.events.groups), MOST_GROUPS, record.place
    for measure in record.measures:
        yield "groups", len(measure.groups), MOST_GROUPS, measure.place
        yield "classes", len(measure.classes), MOST_CLASSES, measure.place
        yield "analyses", len(measure.analyses), MOST_CLASSES, measure.place
