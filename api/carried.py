"""Answers that outlive a commit: those that it cannot have changed are not computed again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kg.evidence_base import EvidenceBase
from kg.memory.concern import Touched, concern, names_terms, touched
from kg.model.answer import Answer

_MOST = 1000
"""The records from which on a commit is too large to look at what it leaves."""


def changes(before: EvidenceBase, after: EvidenceBase) -> list[Touched] | None:
    """Return what changed between two commits of a store; nothing where too much did, or the terms themselves.

    Where terms have other names the words of a question may stand for something else.
    """
    first, last = before.store.head().number, after.store.head().number
    names = {(v.source, v.id) for commit in after.store.commits(first, last) for v in commit.versions}
    if len(names) > _MOST:
        return None
    found = [touched(_content(before, *name), _content(after, *name)) for name in sorted(names)]
    return None if any(map(names_terms, found)) else found


def _content(base: EvidenceBase, source: str, id: str) -> bytes:
    version = base.store.latest([(source, id)]).get((source, id))
    return base.store.content_of(version) if version else b""


def untouched(answer: Answer, before: EvidenceBase, changed: Iterable[Touched]) -> bool:
    """Tell whether no change can have made another answer of what was asked ``before``."""
    question = answer.question
    about = concern(question, before.protocol(question.protocol or "none"), before.ground())
    return not any(map(about.is_touched, changed))


def carried(answer: Answer, after: EvidenceBase) -> Answer:
    """Return an answer as the evidence of a later commit gives it, which is the same but for what names the commit."""
    fresh = replace(answer.provenance, store_fingerprint=after.store.fingerprint())
    return replace(answer, provenance=fresh)
