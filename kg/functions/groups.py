"""Rows of a query put together: the arms that each group chooses for each side, with what the query asks of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kg.functions.apart import Given
from kg.iris import BASE
from kg.model.trialset import Sides
from kg.store.engine import Term

Row = Mapping[str, Term | None]
_NAMED = 5


@dataclass(frozen=True)
class Chosen:
    """What rows say of a contrast: outcome and options, the arms of each side, and what cannot be used of them."""

    outcome: str | None
    options: tuple[str, ...]
    sides: Sides
    trials: tuple[str, ...]
    reasons: tuple[str, ...]
    failure: str | None = None


def chosen(given: Given, rows: Iterable[Row], trial_of: Mapping[str, str]) -> Chosen:
    """Return what rows say of a contrast; ``trial_of`` has the trial of every arm.

    A row that lacks a term is a reason, and the others stay. Rows that differ in outcome or options are not pooled:
    one trial would be counted several times.
    """
    left: set[str] = set()
    right: set[str] = set()
    asked: dict[tuple[str, ...], None] = {}
    reasons: dict[str, int] = {}
    seen: set[tuple[Term | None, ...]] = set()
    for row in rows:
        terms = tuple(row.get(a) if isinstance(a, str) else a for a in given.arguments)
        if terms in seen:
            continue
        seen.add(terms)
        reason = _unfit(given, terms, trial_of)
        if reason is not None:
            reasons[reason] = reasons.get(reason, 0) + 1
            continue
        experimental, control, *rest = (t.value for t in terms if isinstance(t, NamedNode | Literal))
        left.add(experimental)
        right.add(control)
        asked[tuple(rest)] = None
    both = sorted({trial_of[arm] for arm in left & right})
    for trial in both:
        reasons[f"{_short(trial)}: an arm of it stands on both sides"] = 1
    sides = Sides(*(frozenset(a for a in arms if trial_of[a] not in both) for arms in (left, right)))
    said = tuple(f"{reason} ({count} rows)" if count > 1 else reason for reason, count in reasons.items())
    trials = tuple(sorted({trial_of[a] for a in sides.experimental}))
    if len(asked) != 1:
        failure = _several(sorted(asked)) if asked else None
        return Chosen(None, (), sides, trials, said, failure)
    ((outcome, *options),) = asked
    return Chosen(outcome, tuple(options), sides, trials, said)


def _unfit(given: Given, terms: Sequence[Term | None], trial_of: Mapping[str, str]) -> str | None:
    missing = [str(a) for a, t in zip(given.arguments, terms, strict=True) if t is None]
    if missing:
        return f"a row without {', '.join('?' + name for name in missing)}"
    experimental, control, outcome, *options = terms
    for term in (experimental, control, outcome):
        if not isinstance(term, NamedNode):
            return f"{term} is not a thing of the graph"
    for term in options:
        if not isinstance(term, NamedNode | Literal):
            return f"{term} is no option"
    for arm in (experimental, control):
        assert isinstance(arm, NamedNode)
        if arm.value not in trial_of:
            return f"{_short(arm.value)} is not an arm of a trial"
    assert isinstance(experimental, NamedNode)
    assert isinstance(control, NamedNode)
    if experimental == control:
        return f"{_short(experimental.value)} is compared with itself"
    if trial_of[experimental.value] != trial_of[control.value]:
        return "arms of two different trials in one row"
    return None


def _several(asked: Sequence[tuple[str, ...]]) -> str:
    what = "outcomes" if len({outcome for outcome, *_ in asked}) > 1 else "options"
    values = sorted({value for each in asked for value in (each[:1] if what == "outcomes" else each[1:])})
    named = ", ".join(map(_short, values[:_NAMED])) + (", ..." if len(values) > _NAMED else "")
    return (
        f"not pooled: the rows are of several {what} ({named}), and a trial would count more than once; "
        "choose one, or GROUP BY it"
    )


def _short(iri: str) -> str:
    return iri.removeprefix(BASE)
