"""What each of the ten steps did, in one line of the answer each, and of a contrast in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kg.harmonise import eligibility, timepoints
from kg.harmonise.contrast import Contrast
from kg.harmonise.pair import Pair
from kg.harmonise.value_kinds import NAMES
from kg.iris import local
from kg.model.answer import Excluded
from kg.model.question import Question
from kg.model.trialset import TrialSet
from kg.protocol import Protocol

ELIGIBILITY, TIME, INSTRUMENT, SPREAD, VALUES = "eligibility", "time", "instrument", "spread", "values"
ARMS, DESIGN, OUTCOME, SOURCE, ZERO_CELLS = "arms", "design", "outcome", "source", "zero cells"
HANDBOOK = {
    ELIGIBILITY: "3.2",
    TIME: "6.2.4",
    INSTRUMENT: "6.5.1.2, 15.5.3.2",
    SPREAD: "6.4.2, 6.5.2",
    VALUES: "10.5.2",
    ARMS: "6.5.2.10, 23.3.4",
    DESIGN: "23.1, 23.2",
    OUTCOME: "3.2.4",
    SOURCE: "4.6.2, 5.2",
    ZERO_CELLS: "10.4.4",
}
"""The steps in their order, each with its section of the Cochrane Handbook."""


def of(
    question: Question, found: TrialSet, contrasts: Sequence[Contrast], excluded: Sequence[Excluded], eligible: int
) -> tuple[str, ...]:
    """Return a line for each of the first nine steps, with how many contrasts it concerned; the tenth is of effects."""
    reporting = len({c.trial.trial for c in contrasts})
    lines = [
        line(
            ELIGIBILITY,
            f"{eligible} of {len(found.trials)} trials with {question.intervention.label} are eligible, and "
            f"{reporting} of them report {question.outcome.label}; {len(excluded)} are left out with a reason",
        )
    ]
    for step in list(HANDBOOK)[1:-1]:
        lines.append(line(step, counted([c.account.get(step) for c in contrasts])))
    return tuple(lines)


def line(step: str, text: str) -> str:
    """Return the line of a step: its number, name and section, and what it did."""
    number = list(HANDBOOK).index(step) + 1
    return f"{number} {step} (Handbook {HANDBOOK[step]}): {text}"


def counted(texts: Sequence[str | None]) -> str:
    """Return texts with how many studies each is of, in the order in which they come."""
    counts = Counter(text for text in texts if text)
    return "; ".join(f"{text} ({k})" for text, k in counts.items()) or "nothing to do"


def of_contrast(
    contrast: Contrast, pair: Pair, found: TrialSet, protocol: Protocol, design: str | None
) -> dict[str, str]:
    """Return what each of the first nine steps did for one contrast."""
    example, trial = pair.example, contrast.trial
    band = timepoints.band_of(example, protocol)
    done = [*contrast.experimental.derived, *contrast.control.derived]
    of_arms = [text for text in done if any(section in text for section in ("6.5.2.10", "23.3.4"))]
    derived = [text for text in done if text not in of_arms]
    made: dict[str, str | None] = {
        ELIGIBILITY: eligibility.told(trial, found),
        TIME: local(band).replace("-", " ") if band else "no band",
        INSTRUMENT: contrast.instrument.label if contrast.instrument else None,
        SPREAD: "; ".join(dict.fromkeys(derived)) or ("as reported" if contrast.why_not is None else contrast.why_not),
        VALUES: None if contrast.value_kind is None else NAMES[contrast.value_kind],
        ARMS: "; ".join([_compared(pair), *dict.fromkeys(of_arms)]),
        DESIGN: design or (local(trial.design) if trial.design else "design not stated"),
        OUTCOME: "as asked" if pair.outcome == found.outcomes[0] else f"the component {local(pair.outcome)}",
        SOURCE: example.record[0],
    }
    return {step: text for step, text in made.items() if text}


def _compared(pair: Pair) -> str:
    if pair.table is not None:
        return "the same people on both sides"
    return f"{_arms(pair.experimental)} against {_arms(pair.control)}"


def _arms(results: Sequence[object]) -> str:
    return "an effect as reported" if not results else "one arm" if len(results) == 1 else f"{len(results)} arms"
