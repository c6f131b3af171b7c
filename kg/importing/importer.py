"""One record after the other: words resolved, through the gate, into a commit of its own."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pyoxigraph import NamedNode, Triple
from rdflib import URIRef

from kg import intake
from kg.errors import InputRefused
from kg.importing import reserved
from kg.importing.differences import differences
from kg.importing.duplicates import likely_duplicates
from kg.importing.faults import fault
from kg.importing.rehearsal import Rehearsal
from kg.importing.report import Action, Fault, RecordReport
from kg.intake import Candidate, Judged, Key
from kg.iris import BASE, EV, RDF, SKOS
from kg.model import records as r
from kg.model.records import Row
from kg.resolution import CLASSES, Resolved, Resolver, TermIndex
from kg.shapes import Finding
from kg.sources.incoming import Incoming, Unit, Unreadable
from kg.store import Store
from kg.triples import key, triples

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

_PUBLISHED_EVERY: Final = 1.0
"""Seconds between two copies of the engine for readers while an import runs."""
_PART: Final = 20
"""So many times as long as a copy took is there none."""
_SEPARABLE = (r.DichotomousResult, r.ContinuousResult, r.ContrastResult, r.RiskOfBias)
_TERMS = frozenset(EV + name for classes in CLASSES.values() for name in classes) | {EV + "AdverseEffect"}
_MATCHED_BY = frozenset({EV + "resolvedTo", EV + "adverseEffect", SKOS + "exactMatch"})


class Importer:
    """Takes in records one by one; in a rehearsal it says what it would do, and writes nothing."""

    def __init__(
        self,
        base: EvidenceBase,
        author: str,
        reason: str,
        *,
        rehearsal: Rehearsal | None = None,
        bring_back: bool = False,
    ) -> None:
        self._base, self._author, self._reason = base, author, reason
        self._rehearsal, self._bring_back = rehearsal, bring_back
        self._store: Store | Rehearsal = rehearsal or base.store
        self._resolver = self._fresh_resolver()
        self._seen: dict[Key, tuple[str, int]] = {}
        self._next = time.monotonic() + _PUBLISHED_EVERY

    def take(self, item: Incoming) -> RecordReport:
        """Take in one record, or say why not; nothing of a refused one is written.

        Raises StoreUnavailable.
        """
        if isinstance(item, Unreadable):
            return RecordReport(item.place, "refused", faults=(Fault(item.place, item.message),))
        try:
            return self._take(item)
        except InputRefused as refused:
            return self._refused(item, (Fault(item.place, _without(item.place, str(refused))),))

    def resolve(self, unit: Unit) -> Resolved:
        """Return the rows of a record with things in the place of words.

        Raises InputRefused for a record that no import may write.
        """
        reserved.check(unit.source, unit.rows)
        found = self._resolver.resolve(unit.rows, unit.source, unit.name)
        for row in found.rows:
            assert key(row) == (unit.source, unit.name), f"{key(row)} is not {unit.source}/{unit.name}"
        return found

    def kept_out(self, unit: Unit) -> RecordReport | None:
        """Return the report on a record that was retracted and stays so; nothing for any other."""
        newest = self._base.store.latest([(unit.source, unit.name)]).get((unit.source, unit.name))
        if newest is None or newest.action == "put" or self._bring_back:
            return None
        why = f"retracted on {newest.time[:10]} by {newest.author} ({newest.reason})"
        remedy = f"{why}; it stays retracted unless the import is told to bring it back"
        return RecordReport(unit.place, "retracted", unit.source, unit.name, faults=(Fault(unit.place, remedy),))

    def _take(self, unit: Unit) -> RecordReport:
        if gone := self.kept_out(unit):
            return gone
        found = self.resolve(unit)
        rows, left_out, findings = list(found.rows), list[Fault](), list[Finding]()
        if unit.separable:
            rows, left_out = _writable(rows)
        while True:
            made = intake.candidate(rows)
            self._once(unit, made)
            judged = intake.judge(self._store, self._base.shapes, made)  # type: ignore[arg-type]
            if judged.report is None or judged.report.conforms:
                break
            kept = _without_offenders(rows, judged) if unit.separable else None
            if kept is None:
                return self._refused(unit, self._faults(unit, judged), judged.report.violations)
            left_out += self._faults(unit, judged)
            findings += judged.report.violations
            rows = kept
        report = self._put(unit, found, judged)
        return replace(report, rows_left_out=tuple(left_out), findings=tuple(findings))

    def _put(self, unit: Unit, found: Resolved, judged: Judged) -> RecordReport:
        own = (unit.source, unit.name)
        before = self._base.store.latest([own]).get(own)
        live = before is not None and before.action == "put"
        action: Action = "changed" if live else "new"
        stated = judged.made.triples[own]
        if own not in judged.changed:
            action = "unchanged"
        old = self._base.store.content(*own) if live and action == "changed" else None
        if self._rehearsal is not None:
            if action != "unchanged":
                self._rehearsal.add(stated)
        elif judged.report is not None:
            self._base.store.commit(judged.changes, self._author, self._reason, checkpoint=False)
            self._publish()
        if action != "unchanged" and (_about_terms(stated) or (old and _about_terms_in(old))):
            self._resolver = self._fresh_resolver()
        return RecordReport(
            place=unit.place,
            action=action,
            source=unit.source,
            name=unit.name,
            differences=differences(old, stated) if self._rehearsal is not None and action != "unchanged" else (),
            warnings=tuple(intake.line(f, judged.made) for f in judged.report.warnings) if judged.report else (),
            unresolved=found.unresolved,
            duplicates=(likely_duplicates(self._base.catalog, self._store, stated) if action != "unchanged" else ()),
        )

    def waits(self, report: RecordReport) -> bool:
        """Tell whether a record was refused for naming what the store does not hold yet."""
        named = {f.value for f in report.findings if isinstance(f.value, URIRef)} if report.action == "refused" else ()
        return any(
            name.startswith(BASE)
            and not name.startswith(EV)
            and not self._store.select(f"SELECT ?p WHERE {{ {NamedNode(name)} ?p ?o }} LIMIT 1").rows
            for name in named
        )

    def forget(self, unit: Unit) -> None:
        """Let a refused record be tried again."""
        self._seen.pop((unit.source, unit.name), None)

    def finish(self) -> None:
        """Publish what was committed for readers."""
        if self._rehearsal is None:
            self._base.store.checkpoint()

    def _publish(self) -> None:
        """Copy the engine for readers, not too often, and for no more than a small part of the time."""
        before = time.monotonic()
        if before >= self._next:
            self._base.store.checkpoint()
            after = time.monotonic()
            self._next = after + max(_PUBLISHED_EVERY, _PART * (after - before))

    def _once(self, unit: Unit, made: Candidate) -> None:
        """Refuse a second record of one name that says other things: which of the two is right cannot be told."""
        said = hash(frozenset(made.triples[unit.source, unit.name]))
        place, before = self._seen.setdefault((unit.source, unit.name), (unit.place, said))
        if place != unit.place and before != said:
            raise InputRefused(
                f"record {unit.source}/{unit.name} stands already at {place} in this import, and says other things; "
                "import one of the two"
            )

    def _faults(self, unit: Unit, judged: Judged) -> tuple[Fault, ...]:
        assert judged.report is not None, "what was not judged has no fault"
        return tuple(
            fault(finding, judged.made, unit.place, self._base.shapes, self._base.vocabulary)
            for finding in judged.report.violations
        )

    def _refused(self, unit: Unit, faults: tuple[Fault, ...], findings: tuple[Finding, ...] = ()) -> RecordReport:
        return RecordReport(unit.place, "refused", unit.source, unit.name, faults=faults, findings=findings)

    def _fresh_resolver(self) -> Resolver:
        return Resolver(TermIndex(self._base.catalog, self._store, self._base.prefixes))


def _writable(rows: Iterable[Row]) -> tuple[list[Row], list[Fault]]:
    """Return the rows that can be written as triples, and why the others cannot."""
    good: list[Row] = []
    faults: list[Fault] = []
    for row in rows:
        try:
            list(triples(row))
        except InputRefused as refused:
            if not isinstance(row, _SEPARABLE):
                raise InputRefused(f"{row.origin}: {refused}") from refused
            faults.append(Fault(str(row.origin), str(refused)))
        else:
            good.append(row)
    return good, faults


def _without_offenders(rows: list[Row], judged: Judged) -> list[Row] | None:
    """Return the rows that no violation is about; nothing where one is about more than single results."""
    assert judged.report is not None, "what was not judged has no offender"
    own = {s.value: row for row in rows if isinstance(row, _SEPARABLE) and isinstance(s := _subject(row), NamedNode)}
    offending: set[int] = set()
    for finding in judged.report.violations:
        row = own.get(str(finding.value)) or own.get(finding.focus)
        if row is None:
            return None
        offending.add(id(row))
    return [row for row in rows if id(row) not in offending]


def _subject(row: Row) -> object:
    return next(iter(triples(row))).subject


def _about_terms(stated: Iterable[Triple]) -> bool:
    """Tell whether statements define terms by which words are resolved; provisional ones do not."""
    provisional, named = set[str](), set[str]()
    for t in stated:
        said = t.object.value if isinstance(t.object, NamedNode) else ""
        if t.predicate.value in _MATCHED_BY:
            return True
        if t.predicate.value == RDF + "type" and isinstance(t.subject, NamedNode):
            if said == EV + "ProvisionalTerm":
                provisional.add(t.subject.value)
            elif said in _TERMS:
                named.add(t.subject.value)
    return bool(named - provisional)


def _about_terms_in(content: bytes) -> bool:
    text = content.decode()
    return any(f"<{iri}>" in text for iri in (*_TERMS, *_MATCHED_BY))


def _without(place: str, message: str) -> str:
    return message.removeprefix(f"{place}: ")
