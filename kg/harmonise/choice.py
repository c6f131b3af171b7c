"""Of all that a trial reports, the one pair of results that enters the pool, by the rules of steps 2, 3, 5, 7, 8, 9.

The composite comes before its components (step 8; Handbook 3.2.4), then the source by precedence (step 9; 5.2), then
band, instrument and time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.harmonise import crossover, timepoints
from kg.harmonise.arms import Comparison
from kg.harmonise.pair import Pair
from kg.harmonise.timepoints import position
from kg.iris import BASE, EV, local
from kg.protocol import Protocol

DENOMINATORS = ("randomisedParticipants", "analysedParticipants", "safetyPopulation", "completers")
"""Who is counted, in the order in which a protocol that says nothing takes them."""


@dataclass(frozen=True)
class Chosen:
    """The pair that enters for a comparison, what was decided, and which part of a shared control it has."""

    pair: Pair
    steps: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    part: tuple[int, int] = (0, 1)

    @property
    def comparison(self) -> Comparison:
        """The comparison of arms that the pair is of."""
        return self.pair.comparison


def chosen(made: Sequence[Pair], protocol: Protocol, outcomes: tuple[str, ...]) -> Chosen:
    """Return the pair that the protocol's rules put first, and what was decided on the way.

    In this order: estimable figures, the reported composite before a component, the source by precedence, arms before
    a reported contrast, the period, the band, the instrument, the time within the band.
    """
    ranked = sorted(made, key=lambda pair: rank(pair, protocol, outcomes))
    best, others = ranked[0], ranked[1:]
    steps = list(best.steps)
    if best.outcome != outcomes[0]:
        steps.append(f"outcome: the component {local(best.outcome)}, narrower than {local(outcomes[0])}")
    if others:
        steps.append(f"choice: {_told(best)}; left aside: {'; '.join(dict.fromkeys(map(_told, others)))}")
    classes = _other_classes(best, made)
    return Chosen(best, tuple(steps), (classes,) if classes else ())


def rank(pair: Pair, protocol: Protocol, outcomes: tuple[str, ...]) -> tuple[object, ...]:
    """Return the place of a pair among others that fit the question: the lowest is used."""
    example = pair.example
    return (
        not pair.complete,
        by_outcome(pair, outcomes),
        by_source(pair, protocol),
        pair.contrast is not None and pair.table is None,
        by_period(pair, protocol),
        timepoints.rank(example, protocol),
        by_instrument(pair, protocol, outcomes),
        _class(pair) is not None,
        timepoints.rank_within(example, protocol),
        by_denominator(pair, protocol),
        BASE + repr(example.record),
    )


def by_outcome(pair: Pair, outcomes: tuple[str, ...]) -> int:
    """Step 8: rank the outcome as asked before its components, in the order of the protocol; none are added up."""
    return outcomes.index(pair.outcome)


def by_source(pair: Pair, protocol: Protocol) -> tuple[int, bool]:
    """Step 9: rank sources by the precedence of the protocol; without one, primary before secondary."""
    example = pair.example
    secondary = example.source_kind != EV + "primary" if not protocol.precedence else False
    return position(example.record[0], protocol.precedence), secondary


def by_period(pair: Pair, protocol: Protocol) -> tuple[int, bool]:
    """Step 7: rank the periods of a crossover trial in the order of the protocol, a paired table before its counts."""
    if pair.table is not None:
        return timepoints.position(crossover.ALL, protocol.periods), False
    period = crossover.rank(pair.experimental[0], pair.comparison.trial, protocol) if pair.experimental else 0
    return period, True


def by_instrument(pair: Pair, protocol: Protocol, outcomes: tuple[str, ...]) -> int:
    """Step 3: rank instruments by the hierarchy of the protocol."""
    order = protocol.outcome(local(outcomes[0])).instruments
    return position(local(pair.instrument) if pair.instrument else "", order)


def by_denominator(pair: Pair, protocol: Protocol) -> int:
    """Step 10: rank who is counted, those randomised first where the protocol says nothing."""
    denominator = pair.experimental[0].denominator if pair.experimental else None
    return position((denominator or "").removeprefix(EV), protocol.denominators or DENOMINATORS)


def _other_classes(best: Pair, made: Sequence[Pair]) -> str | None:
    """Return a warning where a source reports an outcome in several classes, of which the question means none."""
    if best.contrast:
        return None
    alike = [p for p in made if not p.contrast and _but_for_class(p) == _but_for_class(best)]
    names = list(dict.fromkeys(filter(None, map(_class, alike))))
    if len(alike) < 2 or not names:
        return None
    used = _class(best) or "the one without a class"
    return f"its source reports the outcome in classes ({'; '.join(names)}); {used} is used"


def _class(pair: Pair) -> str | None:
    if pair.contrast:
        return None
    result = pair.experimental[0]
    return ", ".join(filter(None, (result.class_text, result.category_text))) or None


def _but_for_class(pair: Pair) -> tuple[object, ...]:
    r = pair.experimental[0]
    return r.record, r.outcome, r.instrument, r.value_kind, r.band, r.days, r.timepoint, r.period, r.continuous


def _told(pair: Pair) -> str:
    example = pair.example
    time = example.timepoint or (local(example.band) if example.band else "no time stated")
    what = "paired table" if pair.table else "contrast" if pair.contrast else local(pair.outcome)
    if of_class := _class(pair):
        what = f"{what} ({of_class})"
    return f"{what}, {time}, by {example.record[0]}"
