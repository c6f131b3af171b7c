"""Taking back a retraction: the records that it took out come back as they were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from kg.errors import InputRefused
from kg.intake import WARNINGS, Candidate, line, surroundings
from kg.iris import BASE
from kg.memory.dependents import RETRACTIONS
from kg.memory.naming import records_named
from kg.memory.retraction import Retraction, check_reason
from kg.referred import statements
from kg.store import Change

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

_SHOWN: Final = 5


def lift(base: EvidenceBase, text: str, author: str, reason: str) -> Retraction:
    """Take back the retraction of a trial: the records that it took out come back as they were.

    Raises InputRefused, with nothing written, where the trial is not retracted, or the gate would refuse its records
    today; UnknownTerm.
    """
    check_reason(reason)
    store = base.store
    stones = [name for name in records_named(base, text) if name[0] == RETRACTIONS]
    latest = store.latest(stones)
    if len(stones) != 1 or latest[stones[0]].action == "retract":
        raise InputRefused(f"{text} is not a retracted trial; `kg history {text}` shows what became of it")
    at = latest[stones[0]].commit
    taken = store.commits(at - 1, at)[0].versions
    out = [v for v in taken if v.action == "retract" and store.latest([(v.source, v.id)])[v.source, v.id] == v]
    changes = [Change(*stones[0], None)]
    for version in out:
        before = store.versions(version.source, version.id)[version.version - 2]
        said = tuple(statements(store.content_of(before)))
        changes.append(Change(version.source, version.id, said, before.origin, before.licence))
    _check_gate(base, changes)
    trial = f"{BASE}trial/{stones[0][1]}"
    return Retraction(store.commit(changes, author, reason), (trial,))


def _check_gate(base: EvidenceBase, changes: Iterable[Change]) -> None:
    """Refuse records that the gate would not let in now.

    Raises InputRefused, with the report.
    """
    said = {(c.source, c.id): set(c.triples) for c in changes if c.triples is not None and c.source != WARNINGS}
    gone = {t for c in changes if c.triples is None for t in statements(base.store.content(c.source, c.id))}
    report = base.shapes.validate((t for own in said.values() for t in own), surroundings(base.store, said) - gone)
    if not report.conforms:
        lines = "\n  ".join(line(finding, Candidate()) for finding in report.violations[:_SHOWN])
        raise InputRefused(f"the records cannot come back as they were; nothing was written:\n  {lines}", report)
