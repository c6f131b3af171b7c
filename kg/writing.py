"""One request to write: all its records in one commit, or none of them, with the verdict of the gate on each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.evidence_base import EvidenceBase
from kg.importing import Fault, RecordReport
from kg.importing.importer import Importer
from kg.importing.together import take
from kg.memory.retraction import Retraction
from kg.memory.retraction import retract as retract_records
from kg.shapes import Report
from kg.sources.incoming import Unit
from kg.store import Commit

__all__ = ["Fault", "RecordReport", "Retraction", "Written", "retract", "write"]


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


def retract(base: EvidenceBase, source: str, record: str, author: str, reason: str) -> Retraction:
    """Take a record out of the evidence; one that defines a trial takes all of the trial with it.

    Raises UnknownTerm for a record that never was, InputRefused where it is retracted already or still referred to.
    """
    done = retract_records(base, [(source, record)], author, reason)
    base.forget()
    return done
