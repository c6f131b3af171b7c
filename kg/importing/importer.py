"""Records on their way in: words resolved, judged, written; one alone, or several that do not depend on each other."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING, Final

from pyoxigraph import NamedNode, Triple
from rdflib import URIRef

from kg import intake
from kg.errors import InputRefused
from kg.importing import reserved
from kg.importing.differences import differences
from kg.importing.duplicates import duplicates_in_turn
from kg.importing.faults import fault
from kg.importing.independence import Independent
from kg.importing.rehearsal import Rehearsal
from kg.importing.report import Fault, RecordReport
from kg.intake import Candidate, Judged, Key
from kg.iris import BASE, EV, RDF, SKOS
from kg.model import records as r
from kg.model.records import Row
from kg.referred import defined, typed
from kg.resolution import CLASSES, Resolved, Resolver, TermIndex
from kg.shapes import Finding, Report
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


@dataclass(frozen=True)
class Ready:
    """A record with things in the place of words, written as triples."""

    unit: Unit
    found: Resolved
    made: Candidate

    @property
    def name(self) -> Key:
        """Source and name of the record."""
        return self.unit.source, self.unit.name


class Importer:
    """Takes in records; in a rehearsal it says what it would do, and writes nothing."""

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

    @property
    def resolver(self) -> Resolver:
        """What puts things in the place of words; another one once terms have changed."""
        return self._resolver

    def independent(self) -> Independent:
        """Return a set, empty yet, of records that have nothing to do with each other."""
        return Independent(self._base.shapes.backwards)

    def judge(self, taken: Sequence[Ready]) -> Judged:
        """Return the verdict on independent records; those that the store holds as they are are not judged.

        Raises InputRefused where one of them cannot be kept.
        """
        store: Store = self._store  # type: ignore[assignment]
        made = Candidate.of(ready.made for ready in taken)
        entries = store.effective(intake.changes_of(made))
        changed = frozenset((entry.source, entry.id) for entry in entries)
        news = Candidate.of(r.made for r in taken if r.name in changed)
        report = intake.check(self._base.shapes, news, intake.surroundings(store, news.triples) if changed else ())
        return Judged(made, report, tuple(entries), changed)

    def losing(self, judged: Judged) -> set[Key]:
        """Return those changed records whose former version defined more, or terms by which words are resolved."""
        found = set()
        for name, version in self._base.store.latest(judged.changed).items():
            former = self._base.store.content(*name) if version.action == "put" else b""
            if about_terms_in(former) or defined(former) - typed(judged.made.triples[name]):
                found.add(name)
        return found

    def put_some(self, taken: Sequence[Ready], judged: Judged) -> list[RecordReport]:
        """Write some of the records that were judged together."""
        own = {ready.name for ready in taken}
        news = Candidate.of(r.made for r in taken if r.name in judged.changed)
        assert judged.report is not None, "they were judged together"
        report = Report(tuple(f for f in judged.report.warnings if judged.made.owner(f) in own))
        changes = [c for c in judged.changes if (c.source, c.id) in own]
        changes += intake.notes(self._base.store, news, report)
        made = Candidate.of(ready.made for ready in taken)
        return self.put(taken, Judged(made, report, tuple(changes), judged.changed & own))

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
        return next(iter(self.all_kept_out([unit]).values()), None)

    def all_kept_out(self, units: Iterable[Unit]) -> dict[Key, RecordReport]:
        """Return the reports on those of some records that were retracted and stay so."""
        by_name = {(unit.source, unit.name): unit for unit in units}
        found = {}
        for name, newest in self._base.store.latest(by_name).items():
            if newest.action == "retract" and not self._bring_back:
                unit = by_name[name]
                why = f"retracted on {newest.time[:10]} by {newest.author} ({newest.reason})"
                remedy = f"{why}; it stays retracted unless the import is told to bring it back"
                found[name] = RecordReport(unit.place, "retracted", *name, faults=(Fault(unit.place, remedy),))
        return found

    def ready(self, unit: Unit) -> Ready | RecordReport | None:
        """Return a record as it is to be judged, or the report on one that cannot be.

        Nothing is returned for one that is to be taken in alone, since others depend on it, or rows of it are left out.
        """
        try:
            found = self.resolve(unit)
            made = intake.candidate(found.rows)
            self._once(unit, made)
        except InputRefused as refused:
            if unit.separable:
                return None
            return self._refused(unit, (Fault(unit.place, _without(unit.place, str(refused))),))
        return None if about_terms(made.triples[unit.source, unit.name]) else Ready(unit, found, made)

    def put(self, taken: Sequence[Ready], judged: Judged) -> list[RecordReport]:
        """Write records that were judged, in one commit, and say of each what became of it."""
        own = [ready.name for ready in taken]
        before = {name: v for name, v in self._base.store.latest(own).items() if v.action == "put"}
        changed = [name in judged.changed for name in own]
        old = {name: self._base.store.content(*name) for name in before if name in judged.changed}
        stated = [judged.made.triples[name] for name in own]
        if self._rehearsal is not None:
            for said, differs in zip(stated, changed, strict=True):
                if differs:
                    self._rehearsal.add(said)
        elif judged.changes:
            self._base.store.commit(judged.changes, self._author, self._reason, checkpoint=False)
            self._publish()
        warnings: dict[Key, list[str]] = defaultdict(list)
        for finding in judged.report.warnings if judged.report else ():
            warnings[judged.made.owner(finding)].append(intake.line(finding, judged.made))
        pairs = duplicates_in_turn(self._base.catalog, self._store, list(compress(stated, changed)))
        return [
            RecordReport(
                place=ready.unit.place,
                action="unchanged" if not differs else "changed" if name in before else "new",
                source=ready.unit.source,
                name=ready.unit.name,
                differences=differences(old.get(name), said) if self._rehearsal is not None and differs else (),
                warnings=tuple(warnings[name]),
                unresolved=ready.found.unresolved,
                duplicates=next(pairs) if differs else (),
            )
            for ready, name, said, differs in zip(taken, own, stated, changed, strict=True)
        ]

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
        live = self._base.store.latest(judged.changed)
        old = [self._base.store.content(*name) for name, version in live.items() if version.action == "put"]
        (report,) = self.put([Ready(unit, found, made)], judged)
        if any(map(about_terms_in, old)) or (judged.changed and about_terms(made.triples[unit.source, unit.name])):
            self._resolver = self._fresh_resolver()
        return replace(report, rows_left_out=tuple(left_out), findings=tuple(findings))

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


def about_terms(stated: Iterable[Triple]) -> bool:
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


def about_terms_in(content: bytes) -> bool:
    """Tell whether a former content names terms by which words are resolved."""
    text = content.decode()
    return any(f"<{iri}>" in text for iri in (*_TERMS, *_MATCHED_BY))


def _without(place: str, message: str) -> str:
    return message.removeprefix(f"{place}: ")
