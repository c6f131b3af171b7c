"""Taking records out of the evidence for a reason, and putting them back; every version stays in the journal.

A trial leaves with every record that describes it, its arms or its results. What stays of it is one record of the
source ``retractions``, which says that it was retracted and why: reviews that included it still refer to a study that
the graph knows, and an import of the same trial is refused until the retraction is lifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from kg import iris
from kg.errors import InputRefused, UnknownTerm
from kg.intake import WARNINGS
from kg.iris import BASE, EV, RDFS
from kg.memory.dependents import RETRACTIONS, STUDIES, check_unused, records_of, trials_of
from kg.memory.naming import Name, records_named, trial_named
from kg.model.records import Origin, RetractedStudy
from kg.referred import defined
from kg.store import Change, Commit, RecordVersion, Store
from kg.triples import key, triples

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase
    from kg.shapes import Shapes


@dataclass(frozen=True)
class Notice:
    """Why a trial is retracted, and where that is said."""

    reason: str
    source: str
    locator: str
    kind: str = "primary"
    day: date | None = None


@dataclass(frozen=True)
class Retraction:
    """What a retraction did: its commit, and the trials that left the evidence, by IRI."""

    commit: Commit
    trials: tuple[str, ...]

    @property
    def records(self) -> tuple[RecordVersion, ...]:
        """The records that were retracted; those of the gate, which go with them, are not among them."""
        return tuple(v for v in self.commit.versions if v.action == "retract" and v.source != WARNINGS)


def retract(base: EvidenceBase, names: Iterable[Name], author: str, reason: str) -> Retraction:
    """Retract records, by source and id, in one commit; a record that defines a trial takes all of the trial with it.

    Raises UnknownTerm for a record that never was; InputRefused, with nothing written, where one is retracted already,
    or what would be gone is still referred to.
    """
    found = set(names)
    check_reason(reason)
    _check_live(base.store, found)
    notice = Notice(reason, f"retracted by {author}", "kg retract")
    return _written(base, found, dict.fromkeys(trials_of(base.store, found), notice), author, reason)


def retract_trials(base: EvidenceBase, notices: Mapping[str, Notice], author: str, reason: str) -> Retraction:
    """Retract trials, by IRI, each for the reason of its notice, in one commit.

    Raises InputRefused, with nothing written, as ``retract`` does.
    """
    defining = {
        (version.source, version.id)
        for version, content in base.store.stating(notices)
        if not notices.keys().isdisjoint(defined(content, STUDIES))
    }
    return _written(base, defining, notices, author, reason)


def named(base: EvidenceBase, text: str) -> set[Name]:
    """Return the live records that a text names for retraction: those of a trial, or one record.

    Raises UnknownTerm with the nearest; InputRefused where the text names several records that are not of one trial, or
    one that is retracted already.
    """
    found = records_named(base, text)
    live = base.store.latest(found)
    left = {name for name in found if live[name].action == "put" and name[0] != RETRACTIONS}
    if not left:
        last = max((version for version in live.values() if version.action == "retract"), key=lambda v: v.time)
        raise InputRefused(f"{text} was retracted already, on {last.time} by {last.author}: {last.reason}")
    if len(left) > 1 and trial_named(base, text) is None:
        names = ", ".join(sorted("/".join(name) for name in left))
        raise InputRefused(f"{text!r} names several records ({names}); name one of them as source/id")
    return left


def check_reason(reason: str) -> None:
    """Refuse a reason that says nothing.

    Raises InputRefused.
    """
    if not reason.strip():
        raise InputRefused("a retraction needs a reason; say why with --reason")


def changes_of(base: EvidenceBase, names: Iterable[Name], author: str, reason: str) -> tuple[list[Change], set[str]]:
    """Return the changes that would retract records, and the trials that would leave with them, by IRI.

    Whether anything still refers to what would be gone is not looked at. Raises UnknownTerm, InputRefused.
    """
    found = set(names)
    check_reason(reason)
    _check_live(base.store, found)
    notice = Notice(reason, f"retracted by {author}", "kg retract")
    notices = dict.fromkeys(trials_of(base.store, found), notice)
    return _changes(base, _leaving(base.store, found, notices), notices, reason), set(notices)


def _written(
    base: EvidenceBase, found: set[Name], notices: Mapping[str, Notice], author: str, reason: str
) -> Retraction:
    leaving = _leaving(base.store, found, notices)
    check_unused(base.store, leaving, notices)
    return Retraction(
        base.store.commit(_changes(base, leaving, notices, reason), author, reason), tuple(sorted(notices))
    )


def _leaving(store: Store, found: set[Name], trials: Iterable[str]) -> set[Name]:
    """Return the records that leave with some: those of their trials, and what the gate noted of them."""
    found = found | records_of(store, trials)
    live = {(head.source, head.id) for head in store.heads()}
    return found | {(WARNINGS, f"{source}-{name}") for source, name in found} & live


def _changes(base: EvidenceBase, leaving: set[Name], notices: Mapping[str, Notice], reason: str) -> list[Change]:
    stones = list(_stones(base, notices))
    _check_stones(base.shapes, stones)
    reasons = _reasons(base.store, leaving, notices)
    changes = [Change(*name, None, reason=reasons.get(name) or reason) for name in sorted(leaving)]
    return changes + [
        Change(*key(stone), tuple(triples(stone)), origin=str(stone.origin), reason=stone.reason) for stone in stones
    ]


def _check_live(store: Store, names: set[Name]) -> None:
    latest = store.latest(names)
    for name in sorted(names):
        version = latest.get(name)
        if version is None:
            raise UnknownTerm(
                f"there is no record {'/'.join(name)}; `kg list trials` and `kg history` show what there is"
            )
        if version.action == "retract":
            raise InputRefused(
                f"{'/'.join(name)} was retracted already, on {version.time} by {version.author}: {version.reason}"
            )
        if version.source == WARNINGS:
            raise InputRefused(f"{'/'.join(name)} is the gate's own note and goes with its record; retract that one")
        if version.source == RETRACTIONS:
            raise InputRefused(f"{'/'.join(name)} is a retraction; lift it with `kg retract {version.id} --lift`")


def _reasons(store: Store, names: set[Name], notices: Mapping[str, Notice]) -> dict[Name, str]:
    """Return the reason of each record: that of the notice of its trial."""
    by_record = {name: notice.reason for trial, notice in notices.items() for name in records_of(store, [trial])}
    return {
        name: by_record.get(name) or next((r for (s, i), r in by_record.items() if name == (WARNINGS, f"{s}-{i}")), "")
        for name in names
    }


def _stones(base: EvidenceBase, notices: Mapping[str, Notice]) -> Iterator[RetractedStudy]:
    """Yield what stays of each trial: its name and identifiers, and why it left."""
    for trial, notice in sorted(notices.items()):
        facts: dict[str, str] = {}
        for p, o in base.store.select(f"SELECT ?p ?o WHERE {{ <{trial}> ?p ?o }} ORDER BY ?p ?o").rows:
            facts.setdefault(str(getattr(p, "value", "")), str(getattr(o, "value", "")))
        slug = iris.local(trial)
        yield RetractedStudy(
            origin=Origin(notice.source, 0),
            source=notice.source,
            locator=notice.locator,
            source_kind=notice.kind,
            trial=slug,
            label=facts.get(EV + "studyLabel") or facts.get(RDFS + "label") or slug,
            reason=notice.reason,
            retracted_on=notice.day,
            doi=facts.get(EV + "doi"),
            pmid=facts.get(EV + "pmid"),
        )


def _check_stones(shapes: Shapes, stones: Iterable[RetractedStudy]) -> None:
    report = shapes.validate([triple for stone in stones for triple in triples(stone)])
    if not report.conforms:
        first = report.violations[0]
        raise InputRefused(
            f"the retraction of {first.focus.removeprefix(BASE)} cannot be written: {first.message}", report
        )
