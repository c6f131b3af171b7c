"""All records of an import in one commit, or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kg import intake
from kg.catalog import Selects
from kg.errors import InputRefused
from kg.importing.differences import differences
from kg.importing.duplicates import likely_duplicates
from kg.importing.faults import fault
from kg.importing.importer import Importer
from kg.importing.rehearsal import Rehearsal
from kg.importing.report import Fault, RecordReport
from kg.intake import Judged, Key
from kg.resolution import Resolved
from kg.shapes import Finding
from kg.sources.incoming import Incoming, Unit
from kg.store import Change

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase


def take(
    base: EvidenceBase,
    importer: Importer,
    items: Iterable[Incoming],
    author: str,
    reason: str,
    *,
    dry_run: bool,
    beside: Sequence[Change] = (),
) -> Iterator[RecordReport]:
    """Take in all records in one commit, with other changes ``beside``; where one is refused, the others are withheld.

    Raises StoreUnavailable.
    """
    units: dict[Key, tuple[Unit, Resolved]] = {}
    out: list[RecordReport] = []
    for item in items:
        if isinstance(item, Unit) and (gone := importer.kept_out(item)):
            yield gone
        elif isinstance(item, Unit):
            try:
                found = importer.resolve(item)
                intake.candidate(found.rows)
                _check_once(units, item, found)
                units[item.source, item.name] = (item, found)
            except InputRefused as refused:
                fault_ = Fault(item.place, str(refused).removeprefix(f"{item.place}: "))
                out.append(RecordReport(item.place, "refused", item.source, item.name, faults=(fault_,)))
        else:
            out.append(importer.take(item))
    judged, refused_by_unit = _judged(base, units, out)
    if out or refused_by_unit:
        yield from out
        for own, (unit, _) in units.items():
            if own in refused_by_unit:
                findings = refused_by_unit[own]
                faults = tuple(fault(f, judged.made, unit.place, base.shapes, base.vocabulary) for f in findings)
                yield RecordReport(unit.place, "refused", *own, faults=faults, findings=tuple(findings))
            else:
                yield RecordReport(unit.place, "withheld", *own)
        return
    yield from _kept(base, units, judged, author, reason, beside=beside, dry_run=dry_run)


def _check_once(units: dict[Key, tuple[Unit, Resolved]], unit: Unit, found: Resolved) -> None:
    """Refuse a second record of one name that says other things.

    Raises InputRefused.
    """
    if (before := units.get((unit.source, unit.name))) and before[1].rows != found.rows:
        raise InputRefused(
            f"record {unit.source}/{unit.name} stands already at {before[0].place}; import one of the two"
        )


def _judged(
    base: EvidenceBase, units: dict[Key, tuple[Unit, Resolved]], out: list[RecordReport]
) -> tuple[Judged, dict[Key, list[Finding]]]:
    """Return the verdict on all records at once, and what is violated by record."""
    try:
        made = intake.candidate(row for _, found in units.values() for row in found.rows)
    except InputRefused as refused:  # two records define one thing
        out.append(RecordReport(str(refused).partition(": ")[0], "refused", faults=(Fault("", str(refused)),)))
        return Judged(intake.Candidate(), None, ()), {}
    judged = intake.judge(base.store, base.shapes, made)
    by_unit: dict[Key, list[Finding]] = defaultdict(list)
    for finding in judged.report.violations if judged.report else ():
        by_unit[made.owner(finding)].append(finding)
    return judged, by_unit


def _kept(
    base: EvidenceBase,
    units: dict[Key, tuple[Unit, Resolved]],
    judged: Judged,
    author: str,
    reason: str,
    *,
    beside: Sequence[Change],
    dry_run: bool,
) -> Iterator[RecordReport]:
    before = {own: v for own, v in base.store.latest(units).items() if v.action == "put"}
    reports: list[RecordReport] = []
    warned = judged.report.warnings if judged.report else ()
    by_unit: dict[Key, list[str]] = defaultdict(list)
    for finding in warned:
        by_unit[judged.made.owner(finding)].append(intake.line(finding, judged.made))
    for own, (unit, found) in units.items():
        report = RecordReport(unit.place, "unchanged", *own, warnings=tuple(by_unit[own]), unresolved=found.unresolved)
        if own in judged.changed:
            old = base.store.content(*own) if own in before else None
            report = replace(
                report,
                action="changed" if own in before else "new",
                differences=differences(old, judged.made.triples[own]) if dry_run else (),
            )
        reports.append(report)
    if not dry_run:
        intake.keep(base.store, judged, author, reason, beside=beside)
        yield from (_compared(base, base.store, judged, report) for report in reports)
        return
    with Rehearsal(base.store) as rehearsal:
        for own in judged.changed & units.keys():
            rehearsal.add(judged.made.triples[own])
        yield from (_compared(base, rehearsal, judged, report) for report in reports)


def _compared(base: EvidenceBase, engine: Selects, judged: Judged, report: RecordReport) -> RecordReport:
    """Return a report with the trials that may be the same as those of its record."""
    if report.action == "unchanged":
        return report
    stated = judged.made.triples[report.source or "", report.name or ""]
    return replace(report, duplicates=likely_duplicates(base.catalog, engine, stated))
