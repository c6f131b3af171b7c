"""What a question is concerned with: a change that touches none of it cannot change its answer.

An answer is made from trials that have an arm with the intervention, from the terms of the question and what is
narrower, from the protocol, and from the review that the protocol follows. Whatever newly enters that circle must name
something in it: a trial names the intervention, a narrower term the wider one, a result its trial and arm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg.evidence.answering import Ground
from kg.iris import BASE, EV
from kg.model.question import Question
from kg.protocol import Protocol
from kg.selection import trial_set
from kg.store.canonical import lines

_DEFAULT: Final = f"<{EV}isDefault>"
_LINE = re.compile(r"<([^>]*)> <[^>]*> (?:<([^>]*)>)?")
_TERMS: Final = ("drug", "drug-class", "intervention", "condition", "outcome", "adverse-effect", "instrument", "band")
_OF_TRIALS: Final = ("trial", "study", "result", "contrast", "judgement")
_ALWAYS: Final = ("unit", "measure")
"""Kinds of terms that trials use by words, so that a question does not tell which of them it is concerned with."""


@dataclass(frozen=True)
class Touched:
    """What changed in a record: all that it names, before or after, and the lines that differ."""

    named: frozenset[str]
    changed: tuple[tuple[str, str], ...]
    default_protocol: bool


@dataclass(frozen=True)
class Concern:
    """Things that matter wherever they are named, and terms that matter where something is said of them."""

    things: frozenset[str]
    terms: frozenset[str]
    default_protocol: bool = False
    """Whether the question leaves it to the store which protocol is its default."""

    def is_touched(self, touched: Touched) -> bool:
        """Tell whether a changed record could change the answer."""
        if self.default_protocol and touched.default_protocol:
            return True
        if not self.things.isdisjoint(touched.named):
            return True
        for subject, said in touched.changed:
            kind = subject.removeprefix(BASE).partition("/")[0]
            if kind in _ALWAYS or subject in self.terms or (kind in _TERMS and said in self.terms):
                return True
        return False


def names_terms(touched: Touched) -> bool:
    """Tell whether a change says something of what questions are asked with: a term, a protocol, a review."""
    kinds = (subject.removeprefix(BASE).partition("/")[0] for subject, _ in touched.changed)
    return any(kind not in _OF_TRIALS for kind in kinds)


def touched(before: bytes, after: bytes) -> Touched:
    """Return what changed between two contents of a record, one of which may be empty."""
    old, new = frozenset(lines(before)), frozenset(lines(after))
    named = frozenset(name for pair in _pairs(old | new) for name in pair if name)
    return Touched(named, tuple(_pairs(old ^ new)), any(_DEFAULT in line for line in old ^ new))


def _pairs(statements: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield subject and object of statements, no object where it is a literal."""
    for match in filter(None, map(_LINE.match, statements)):
        yield match[1], match[2] or ""


def concern(question: Question, protocol: Protocol, ground: Ground, *more: str) -> Concern:
    """Return what a question under a protocol is concerned with; ``more`` are things that matter besides."""
    found = trial_set(question, protocol, ground.rows, ground.vocabulary)
    asked = {term.iri for term in question.terms().values() if term}
    reviews = {f"{BASE}review/{name}" for name in (protocol.review, protocol.included_by) if name}
    things = {
        *found.intervention,
        *found.trials,
        *found.arms,
        *(r.result for r in found.results),
        *(c.contrast for c in found.contrasts),
        *more,
    }
    used = {r.instrument for r in found.results if r.instrument} | {
        c for t in found.trials.values() for c in t.conditions
    }
    terms = {
        *asked,
        *reviews,
        *found.comparator,
        *found.outcomes,
        *(found.condition or ()),
        *found.out_of_scope,
        *used,
        *(c for arm in found.arms.values() for c in arm.conditions),
    }
    if question.protocol:
        things.add(f"{BASE}protocol/{question.protocol}")
    return Concern(frozenset(things), frozenset(terms - things))
