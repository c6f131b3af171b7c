"""The report on an import as text: counts, then what needs a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg.importing import ACTIONS, Difference, Fault, ImportReport, LikelyDuplicate, RecordReport, Unmatched
from kg.iris import local

_MOST_RECORDS, _MOST_FAULTS, _MOST_TERMS, _LONGEST = 50, 20, 15, 160


def import_text(report: ImportReport) -> str:
    """Return what an import did, or would do."""
    parts = [
        *_section("refused", report.refused, report.counts["refused"], lambda r: _faults(r, r.faults)),
        *_section("in, without these rows", report.partial, len(report.partial), lambda r: _faults(r, r.rows_left_out)),
        *(_told(found) for found in report.told),
        *_warnings(list(report.warnings)),
        *_duplicates(report.duplicates),
        *_unresolved(report.unresolved.values()),
        _counts(report),
    ]
    return "\n\n".join(parts)


def _counts(report: ImportReport) -> str:
    told = ", ".join(
        f"{report.counts[action]} {action}" for action in ACTIONS if report.counts[action] or action in ACTIONS[:4]
    )
    rows = f"; {report.rows_left_out} rows left out" if report.rows_left_out else ""
    how = "dry run, nothing was written: " if report.dry_run else ""
    return f"{how}{told}{rows}"


def _section(title: str, found: list[RecordReport], count: int, lines: object) -> Iterator[str]:
    assert callable(lines), "a section says how its records are told"
    for record in found[:_MOST_RECORDS]:
        yield f"{title}: {record.record or record.place}\n" + "\n".join(lines(record))
    if count > _MOST_RECORDS:
        yield f"... and {count - _MOST_RECORDS} more {title}; --json lists them"


def _faults(record: RecordReport, faults: tuple[Fault, ...]) -> Iterator[str]:
    for fault in faults[:_MOST_FAULTS]:
        yield f"  {fault_line(fault)}"
    if len(faults) > _MOST_FAULTS:
        yield f"  ... and {len(faults) - _MOST_FAULTS} more"


def fault_line(fault: Fault) -> str:
    """Return a fault as one line: place, column, remedy, rule, value found, nearest names."""
    column = f"column {fault.column}: " if fault.column else ""
    said = ", ".join(
        text
        for text in (
            f"rule {fault.rule}" if fault.rule else "",
            fault.about or "",
            f"found {_short(fault.found)}" if fault.found is not None else "",
            f"nearest: {', '.join(fault.nearest)}" if fault.nearest else "",
        )
        if text
    )
    place = f"{fault.place}: " if fault.place else ""
    return f"{place}{column}{fault.remedy}{f' [{said}]' if said else ''}"


def _told(found: RecordReport) -> str:
    if found.action == "retracted":
        return f"stays retracted: {found.record}\n  {found.faults[0].remedy}"
    if found.action == "new":
        things = {d.thing for d in found.differences}
        return f"new: {found.record} ({found.place}): {len(found.differences)} values of {len(things)} things"
    return f"changed: {found.record} ({found.place})\n" + "\n".join(map(_difference, found.differences))


def _difference(d: Difference) -> str:
    if d.old is None:
        return f"  {d.thing} {d.column}: added {_short(d.new)}"
    if d.new is None:
        return f"  {d.thing} {d.column}: removed {_short(d.old)}"
    return f"  {d.thing} {d.column}: {_short(d.old)} -> {_short(d.new)}"


def _warnings(warnings: list[str]) -> Iterator[str]:
    if warnings:
        more = f"\n  ... and {len(warnings) - _MOST_RECORDS} more" if len(warnings) > _MOST_RECORDS else ""
        yield "doubtful:\n" + "\n".join(f"  {warning}" for warning in warnings[:_MOST_RECORDS]) + more


def _duplicates(found: list[LikelyDuplicate]) -> Iterator[str]:
    if found:
        yield "may be one trial:\n" + "\n".join(f"  {local(d.trial)} and {local(d.other)}: {d.why}" for d in found)


def _unresolved(found: Iterable[Unmatched]) -> Iterator[str]:
    terms = sorted(found, key=lambda u: (-u.records, u.words.text.casefold()))
    if terms:
        lines = [
            f"  {u.words.term.kind} {_short(u.words.text)!r}, records: {u.records}{_why(u)}"
            for u in terms[:_MOST_TERMS]
        ]
        more = f"\n  ... and {len(terms) - _MOST_TERMS} more" if len(terms) > _MOST_TERMS else ""
        yield f"{len(terms)} terms name nothing known here; see `kg curate`\n" + "\n".join(lines) + more


def _why(found: Unmatched) -> str:
    if found.words.several:
        return f"; could be {', '.join(ref.slug for ref in found.words.several)}"
    return f"; written like {', '.join(found.words.alike)}, but with other letters" if found.words.alike else ""


def _short(text: str | None) -> str:
    plain = " ".join(str(text).split())
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST] + "..."
