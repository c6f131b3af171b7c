"""The pool of each group of rows, by the rules and the functions that ``kg ask`` has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from kg.errors import Contradiction, EvidenceError, InputRefused
from kg.evidence.answering import Ground
from kg.evidence.working import Worked, work
from kg.functions.apart import Apart, Given
from kg.functions.groups import Chosen, Row, chosen
from kg.functions.names import Pooling
from kg.iris import BASE
from kg.model.question import Question, Term
from kg.protocol import CI_METHODS, MEASURES, METHODS, Protocol
from kg.selection import of_arms
from kg.store.stopped import OutOfTime

OPTIONS = {"conditions": "condition", "routes": "route", "bands": "band", "instruments": "instrument"}
"""What a term may say as an option, by its kind."""
_CHOSEN = Term("", "the arms chosen")
_SYNONYMS = {"FE": "EE", "z": "wald", "knha": "hk", "adhoc": "hk-adhoc"}
ByName = Callable[[str | None], Protocol]


class Pools:
    """The pools of a query, on one ground."""

    def __init__(self, ground: Ground, protocols: ByName) -> None:
        self._ground, self._protocols = ground, protocols
        self._trial_of = {row["arm"]: row["trial"] for row in ground.rows.rows("trials/arms").records()}
        self._made: dict[Chosen, Pooling] = {}

    def of(self, query: Apart, groups: Sequence[Sequence[Row]], until: float | None = None) -> list[list[Pooling]]:
        """Return, for each group of rows, what can be said of each contrast of a query.

        ``until`` is the moment of the monotonic clock at which nobody waits any more. Raises OutOfTime.
        """
        found: list[list[Chosen]] = []
        made: list[list[Pooling]] = []
        for rows in groups:
            if until is not None and monotonic() > until:
                raise OutOfTime("the pools took longer than the query may; select fewer rows, or group more widely")
            found.append([chosen(given, rows, self._trial_of) for given in query.contrasts])
            made.append([self._pooling(one) for one in found[-1]])
        return (
            made
            if query.group is None
            else [
                [_said(pool, twice) for pool, twice in zip(own, shared, strict=True)]
                for own, shared in zip(made, _shared(query.contrasts, found), strict=True)
            ]
        )

    def _pooling(self, one: Chosen) -> Pooling:
        if one not in self._made:
            self._made[one] = self._worked(one)
        return self._made[one]

    def _worked(self, one: Chosen) -> Pooling:
        if one.failure is not None or one.outcome is None:
            return Pooling(None, (*([one.failure] if one.failure else []), *one.reasons))
        try:
            question, protocol = self._question(one.outcome, one.options)
            rows, known = self._ground.rows, self._ground.vocabulary
            found = of_arms(question, one.sides, list(one.trials), protocol, rows, known)
            done = work(question, found, protocol)
        except EvidenceError as error:
            return Pooling(None, (f"not pooled: {error}", *one.reasons))
        return Pooling(done, (*_left_out(done), *one.reasons), _doubtful(done))

    def _question(self, outcome: str, options: Sequence[str]) -> tuple[Question, Protocol]:
        """Return the question that options ask about an outcome, and the protocol it is asked under.

        Raises UnknownTerm, InputRefused for an option that is none, Contradiction for two that exclude each other.
        """
        known = self._ground.vocabulary
        given: dict[str, Any] = {}
        for option in options:
            name, value = self._option(option)
            if given.setdefault(name, value) != value:
                raise Contradiction(f"two options of one kind are given, {name} {value} and another; give one")
        protocol = self._protocols(given.pop("protocol", None))
        question = Question(_CHOSEN, _CHOSEN, known.resolve(outcome, "outcomes").term)
        return replace(question, **given), protocol

    def _option(self, text: str) -> tuple[str, Any]:
        text = _SYNONYMS.get(text, text).removeprefix(BASE + "measure/")
        for name, values in (("measure", MEASURES), ("method", METHODS), ("ci", CI_METHODS)):
            if text in values:
                return name, text
        if text == "none" or text.startswith(BASE + "protocol/"):
            return "protocol", text.removeprefix(BASE + "protocol/")
        known = self._ground.vocabulary
        for kind, name in OPTIONS.items():
            if found := next((e for e in known.entries(kind) if e.iri == text), None):
                return name, found.term
        raise InputRefused(
            f"{text[:100]!r} is no option of evf:contrast; give a time band, an instrument, a condition, a route, a "
            f"protocol, or one of {', '.join((*MEASURES, *METHODS, *CI_METHODS))}"
        )


def _left_out(done: Worked) -> list[str]:
    rows = [f"{e.contrast.label}: {e.why_not or 'no estimate'}" for e in done.counted if e.yi is None]
    return [*rows, *(f"{e.label}: {e.reason}" for e in done.harmonised.excluded)]


def _doubtful(done: Worked) -> tuple[str, ...]:
    of_studies = [f"{e.contrast.label}: {w}" for e in done.counted for w in e.contrast.warnings if e.yi is not None]
    return (*done.harmonised.warnings, *done.warnings, *of_studies)


def _shared(contrasts: Sequence[Given], found: Sequence[Sequence[Chosen]]) -> list[list[bool]]:
    """Tell of each group and contrast whether an arm stands, for the same outcome, in another group too."""
    counts = [Counter(arm for own in found for arm in _arms(own[number])) for number in range(len(contrasts))]
    return [[any(counts[n][arm] > 1 for arm in _arms(one)) for n, one in enumerate(own)] for own in found]


def _arms(one: Chosen) -> set[tuple[str | None, str]]:
    return {(one.outcome, arm) for arm in one.sides.experimental | one.sides.control}


def _said(pool: Pooling, twice: bool) -> Pooling:
    if not twice or pool.worked is None:
        return pool
    said = "some arms stand in other rows of this result too: rows are not independent of each other"
    return replace(pool, warnings=(said, *pool.warnings))
