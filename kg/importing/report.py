"""What an import did, or would do: record by record, with every refusal, and what a curator should look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from rdflib import Graph

from kg.model.records import Ref
from kg.resolution import Unresolved
from kg.shapes import Finding, Report

Action = Literal["new", "changed", "unchanged", "refused", "withheld", "retracted"]
ACTIONS: tuple[Action, ...] = ("new", "changed", "unchanged", "refused", "withheld", "retracted")
"""``withheld``: sound, but not written, because another is refused; ``retracted``: it was, and stays so."""
_MOST = 1000
"""Refused records that are told in full; the rest is counted, so that memory stays within bounds."""


@dataclass(frozen=True)
class Fault:
    """One thing that keeps a record or a row out: where it stands, the rule, what was found, what to do."""

    place: str
    remedy: str
    rule: str | None = None
    about: str | None = None
    column: str | None = None
    found: str | None = None
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """One value of one property of one thing that is another than before; ``old`` or ``new`` is None where none was."""

    thing: str
    column: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class LikelyDuplicate:
    """Two trials that may be one: ``why`` says what they share."""

    trial: str
    other: str
    why: str


@dataclass(frozen=True)
class RecordReport:
    """What became of one record, or of what should have been one."""

    place: str
    action: Action
    source: str | None = None
    name: str | None = None
    faults: tuple[Fault, ...] = ()
    rows_left_out: tuple[Fault, ...] = ()
    differences: tuple[Difference, ...] = ()
    warnings: tuple[str, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    duplicates: tuple[LikelyDuplicate, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def record(self) -> str | None:
        """Source and name of the record, as ``source/name``."""
        return f"{self.source}/{self.name}" if self.source and self.name else None


@dataclass
class Unmatched:
    """Words that stay provisional, and in how many records they stand."""

    words: Unresolved
    records: int = 0


@dataclass
class ImportReport:
    """What an import did, or would do: counts, names, and in full what needs a person."""

    dry_run: bool = False
    counts: Counter[Action] = field(default_factory=Counter)
    names: dict[Action, list[str]] = field(default_factory=lambda: {action: [] for action in ACTIONS})
    refused: list[RecordReport] = field(default_factory=list)
    partial: list[RecordReport] = field(default_factory=list)
    told: list[RecordReport] = field(default_factory=list)
    warnings: dict[str, None] = field(default_factory=dict)
    unresolved: dict[Ref, Unmatched] = field(default_factory=dict)
    duplicates: list[LikelyDuplicate] = field(default_factory=list)
    rows_left_out: int = 0
    commits: tuple[int, int] = (0, 0)

    @property
    def conforms(self) -> bool:
        """Whether nothing was refused, neither a record nor a row of one."""
        return not self.counts["refused"] and not self.rows_left_out

    def shacl(self, rules: Graph) -> Report:
        """Return the validation report of the SHACL recommendation on what was refused, by the rules of the gate."""
        return Report(tuple(f for r in (*self.refused, *self.partial) for f in r.findings), rules)

    def add(self, found: RecordReport) -> None:
        """Count a record, and keep what is to be told of it."""
        self.counts[found.action] += 1
        self.names[found.action].append(found.record or found.place)
        self.rows_left_out += len(found.rows_left_out)
        if found.action == "refused" and len(self.refused) < _MOST:
            self.refused.append(found)
        elif found.rows_left_out and len(self.partial) < _MOST:
            self.partial.append(found)
        if found.action == "retracted" or (self.dry_run and found.action in ("new", "changed")):
            self.told.append(found)
        if found.action == "refused":
            return
        self.warnings.update(dict.fromkeys(found.warnings))
        self.duplicates += found.duplicates
        for words in found.unresolved:
            self.unresolved.setdefault(words.term, Unmatched(words)).records += 1
