"""The whole of an import: which files, in which order, each record in or out, or all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg.errors import StoreUnavailable
from kg.importing import files, together
from kg.importing.batches import Batches
from kg.importing.importer import Importer
from kg.importing.rehearsal import Rehearsal
from kg.importing.report import ImportReport, RecordReport
from kg.sources.incoming import Incoming, Unit

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

AUTHOR = "kg import"
_MOST_WAITING: Final = 1000
"""Refused records kept for a second try, because they name what a later one may bring."""


def import_paths(
    base: EvidenceBase,
    paths: Sequence[Path],
    format: str | None = None,
    *,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    bring_back: bool = False,
    author: str = AUTHOR,
    reason: str = "",
    on_record: Callable[[RecordReport], None] | None = None,
) -> ImportReport:
    """Import files, folders and zip archives; each record is in or out, and others stay in where one is refused.

    ``format`` is told from the files where it is not given. ``dry_run`` writes nothing and says value by value what
    would change. ``all_or_nothing`` writes one commit, or nothing where anything is refused. A record that was
    retracted stays so unless ``bring_back``. ``on_record`` hears of each record as it is done.

    Raises InputRefused where a path or a format is not known, StoreUnavailable where the store fails on the way.
    """
    files.check(paths, format)
    items = (item for path in paths for item in files.incoming(base, path, format))
    return import_records(
        base,
        items,
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        bring_back=bring_back,
        author=author,
        reason=reason.strip() or f"import of {', '.join(path.name for path in paths)}",
        on_record=on_record,
    )


def import_records(
    base: EvidenceBase,
    items: Iterable[Incoming],
    *,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    bring_back: bool = False,
    author: str = AUTHOR,
    reason: str = "import",
    on_record: Callable[[RecordReport], None] | None = None,
) -> ImportReport:
    """Import records as a source yields them, by the rules of ``import_paths``.

    Raises StoreUnavailable where the store fails on the way.
    """
    report = ImportReport(dry_run=dry_run)
    first = base.store.head().number
    with ExitStack() as stack:
        rehearsal = stack.enter_context(Rehearsal(base.store)) if dry_run else None
        importer = Importer(base, author, reason, rehearsal=rehearsal, bring_back=bring_back)
        try:
            done = (
                together.take(base, importer, items, author, reason, dry_run=dry_run)
                if all_or_nothing
                else _in_turn(importer, items)
            )
            for found in done:
                report.add(found)
                if on_record:
                    on_record(found)
        except StoreUnavailable as error:
            count = report.counts["new"] + report.counts["changed"]
            raise StoreUnavailable(f"{error} ({count} records of this import are in the store and stay)") from error
        finally:
            if base.store.head().number != first:
                base.forget()
    report.commits = (first, base.store.head().number)
    return report


def _in_turn(importer: Importer, items: Iterable[Incoming]) -> Iterator[RecordReport]:
    """Take in records as they come; those that name what is not there yet are tried again when the rest is in."""
    waiting: list[tuple[Unit, RecordReport]] = []
    batches = Batches(importer)
    try:
        for item, report in batches.take(items):
            if isinstance(item, Unit) and len(waiting) < _MOST_WAITING and importer.waits(report):
                importer.forget(item)
                waiting.append((item, report))
            else:
                yield report
        while waiting:
            again, waiting = waiting, []
            for item, report in batches.take(unit for unit, _ in again):
                if isinstance(item, Unit) and report.action == "refused":
                    importer.forget(item)
                    waiting.append((item, report))
                else:
                    yield report
            if len(waiting) == len(again):
                yield from (report for _, report in waiting)
                waiting = []
    finally:
        importer.finish()
