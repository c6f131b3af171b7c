"""One request to write: all its records in one commit, or none of them, with the verdict of the gate on each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import RdfFormat, Triple, parse

from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase
from kg.importing import Fault, RecordReport
from kg.importing.assigning import PLACE, Assigned, assigned, graph_of
from kg.importing.importer import Importer
from kg.importing.together import take
from kg.intake import WARNINGS
from kg.memory.retraction import Retraction, changes_of
from kg.memory.retraction import retract as retract_records
from kg.referred import check_unreferred, defined, undefined
from kg.shapes import Report
from kg.sources.incoming import Unit
from kg.sources.rdf_records import record_named
from kg.store import Commit
from kg.store.drafts import Difference

__all__ = [
    "Fault",
    "RecordReport",
    "Retraction",
    "Written",
    "change",
    "graph_of",
    "record_named",
    "retract",
    "write",
]


@dataclass(frozen=True)
class Written:
    """What became of each record, the newest commit, and whether this request made it."""

    records: tuple[RecordReport, ...]
    commit: Commit
    committed: bool
    report: Report

    @property
    def refused(self) -> bool:
        """Whether a record was refused, and so all were."""
        return any(record.action == "refused" for record in self.records)


def write(
    base: EvidenceBase, units: Iterable[Unit], author: str, reason: str, *, dry_run: bool, bring_back: bool
) -> Written:
    """Put records into a store, or say what that would do; ``bring_back`` those that were retracted too.

    Raises StoreUnavailable; a record that is refused is no error here.
    """
    before = base.store.head().number
    importer = Importer(base, author, reason, bring_back=bring_back)
    records = tuple(take(base, importer, units, author, reason, dry_run=dry_run))
    commit = base.store.head()
    if commit.number != before:
        base.forget()
    findings = tuple(finding for record in records for finding in record.findings)
    return Written(records, commit, commit.number != before, Report(findings, base.shapes.graph))


def change(
    base: EvidenceBase, difference: Difference, author: str, reason: str, *, dry_run: bool, bring_back: bool
) -> Written:
    """Make the records say what a difference leaves of them, in one commit; one of which nothing is left is retracted.

    Raises InputRefused for statements that no record can own and for what is still referred to, StoreUnavailable; a
    record that the gate refuses is no error here.
    """
    found = assigned(base.store, difference)
    before = base.store.head()
    importer = Importer(base, author, reason, bring_back=bring_back)
    out = [report for unit in found.units if (report := importer.kept_out(unit))]
    if out:
        raise InputRefused(f"the record {out[0].record} was {out[0].faults[0].remedy}; PUT it to have it again")
    beside, trials = changes_of(base, found.gone, author, reason) if found.gone else ([], set[str]())
    leaving = {(each.source, each.id) for each in beside if each.triples is None}
    _check_left(base, found, leaving, trials)
    records = list(take(base, importer, found.units, author, reason, dry_run=dry_run, beside=beside))
    if not any(record.action == "refused" for record in records):
        records += [RecordReport(PLACE, "retracted", *name) for name in sorted(leaving) if not _is_note(name)]
    commit = base.store.head()
    if commit.number != before.number:
        base.forget()
    findings = tuple(finding for record in records for finding in record.findings)
    return Written(tuple(records), commit, commit.number != before.number, Report(findings, base.shapes.graph))


def retract(base: EvidenceBase, source: str, record: str, author: str, reason: str) -> Retraction:
    """Take a record out of the evidence; one that defines a trial takes all of the trial with it.

    Raises UnknownTerm for a record that never was, InputRefused where it is retracted already or still referred to.
    """
    done = retract_records(base, [(source, record)], author, reason)
    base.forget()
    return done


def _check_left(base: EvidenceBase, found: Assigned, leaving: set[tuple[str, str]], trials: set[str]) -> None:
    """Refuse a change that leaves something pointing at what it takes away, or that changes what it takes away.

    Raises InputRefused.
    """
    if both := leaving & {(unit.source, unit.name) for unit in found.units}:
        raise InputRefused(
            f"the record {'/'.join(min(both))} belongs to a trial that would be retracted, and would change as well; "
            "do one of the two"
        )
    names = leaving | found.after.keys()
    before = {name: base.store.content(*name) for name in names if name in leaving or found.before[name]}
    after = {name: _content(found.after[name]) for name in names - leaving}
    things = {thing for content in before.values() for thing in defined(content)}
    things -= {thing for content in after.values() for thing in defined(content)}
    gone = undefined(base.store, things, names)
    left = {name: _triples(content) - _triples(after.get(name, b"")) for name, content in before.items()}
    check_unreferred(base.store, gone, trials, {triple for said in left.values() for triple in said})
    for name, content in after.items():
        for triple in _triples(content):
            if getattr(triple.object, "value", None) in gone - trials:
                raise InputRefused(f"the record {'/'.join(name)} would refer to {triple.object}, which would be gone")


def _content(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _triples(content: bytes) -> set[Triple]:
    return {quad.triple for quad in parse(content, format=RdfFormat.N_TRIPLES)}


def _is_note(name: tuple[str, str]) -> bool:
    return name[0] == WARNINGS
