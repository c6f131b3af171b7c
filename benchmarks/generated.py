"""Generated evidence: trials of any number, seeded, in the terms of the bundled vocabulary, like those of a library.

Drugs have as many trials as reviews have; arms, years, risks, means and deviations are drawn as `distributions` says.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from benchmarks import distributions as d
from kg.model.records import Arm, ContinuousResult, DichotomousResult, IncludedTrial, Origin, Row, Trial

DRUGS = 40
BANDS = ("immediate-term", "short-term", "medium-term")
CONDITIONS = ("fibromyalgia", "postherpetic-neuralgia", "painful-diabetic-neuropathy", "chronic-low-back-pain")
HARMS = ("nausea", "dizziness", "headache", "sedation")
REVIEW = "generated"
_WEIGHTS = [d.at(d.STUDIES_OF_REVIEW, (number + 0.5) / DRUGS) for number in range(DRUGS)]
_SCALE, _LEAST_SD = 100.0, 10.0


def trials(count: int, seed: int = 1) -> Iterator[Row]:
    """Yield the rows of ``count`` two-arm trials: pain in one to three bands, and two to four adverse effects."""
    chance = random.Random(seed)
    for number in range(count):
        yield from _trial(f"generated-{number}", chance)


def _trial(trial: str, chance: random.Random) -> Iterator[Row]:
    sourced: dict[str, Any] = {
        "origin": Origin("generated", 1),
        "source": "https://example.org/generated",
        "locator": "generated",
        "source_kind": "primary",
    }
    year, arms = round(d.drawn(d.YEAR, chance)), _sizes(chance)
    yield Trial(
        **sourced,
        record_source=REVIEW,
        trial=trial,
        study_label=trial,
        label=trial,
        year=year,
        doi=None,
        pmid=None,
        registration=(),
        country=None,
        design="parallel",
        blinding="double-blind",
        condition=(chance.choice(CONDITIONS),),
        condition_text=None,
        randomised=sum(arms.values()),
        follow_up=None,
        funding=None,
    )
    yield IncludedTrial(**sourced, review="cd015373", trial=trial)
    drug = f"generated-drug-{chance.choices(range(DRUGS), _WEIGHTS)[0]}"
    for arm, studied, role in (("treated", drug, "experimental"), ("placebo", "placebo", "placebo")):
        yield Arm(
            **sourced,
            record_source=REVIEW,
            trial=trial,
            arm=arm,
            intervention_text=studied,
            role=role,
            studied=studied,
            background=(),
            add_on=(),
            stratum=None,
            condition=(),
            combines=(),
            route="oral",
            dose=None,
            duration=None,
            randomised=arms[arm],
            analysed=arms[arm],
        )
    number = 0
    for band in chance.sample(BANDS, chance.randint(1, 3)):
        for arm, (mean, sd) in _pain(arms, chance).items():
            number += 1
            yield ContinuousResult(
                **sourced,
                record_source=REVIEW,
                trial=trial,
                number=number,
                arm=arm,
                outcome="pain-intensity",
                outcome_text=None,
                timepoint_text=None,
                band=band,
                period=None,
                denominator=None,
                reported_text="",
                instrument="pain-0-100",
                instrument_text=None,
                timepoint_days=None,
                value_kind="final",
                n=arms[arm],
                mean=mean,
                sd=sd,
                se=None,
                ci_low=None,
                ci_high=None,
                median=None,
                q1=None,
                q3=None,
            )
    for harm in chance.sample(HARMS, chance.randint(2, 4)):
        for arm, events in _events(arms, chance).items():
            number += 1
            yield DichotomousResult(
                **sourced,
                record_source=REVIEW,
                trial=trial,
                number=number,
                arm=arm,
                outcome=harm,
                outcome_text=None,
                timepoint_text=None,
                band=None,
                period=None,
                denominator=None,
                reported_text="",
                events=events,
                total=arms[arm],
            )


def _sizes(chance: random.Random) -> dict[str, int]:
    """Return the participants of both arms."""
    controls = d.drawn(d.CONTROLS, chance)
    treated = controls * math.exp(d.drawn(d.LOG_SIZE_RATIO, chance))
    return {"treated": max(3, round(treated)), "placebo": max(3, round(controls))}


def _pain(arms: dict[str, int], chance: random.Random) -> dict[str, tuple[Decimal, Decimal]]:
    """Return mean and standard deviation of both arms, as a scale from 0 to 100 gives them."""
    mean, sd = d.drawn(d.PAIN_MEAN, chance), d.drawn(d.PAIN_SD, chance)
    drawn = {
        "treated": (mean + sd * d.drawn(d.SMD, chance), sd * math.exp(d.drawn(d.LOG_SD_RATIO, chance))),
        "placebo": (mean, sd),
    }
    found = {}
    for arm, (own, spread) in drawn.items():
        kept = min(_SCALE - 2.0, max(2.0, own))  # where the scale leaves room for a standard deviation
        found[arm] = _tenths(kept), _tenths(min(max(spread, _LEAST_SD), math.sqrt(kept * (_SCALE - kept)) - 0.1))
    return found


def _events(arms: dict[str, int], chance: random.Random) -> dict[str, int]:
    """Return the people with an event in both arms."""
    risk = d.drawn(d.CONTROL_RISK, chance)
    odds = math.exp(d.drawn(d.LOG_ODDS_RATIO, chance)) * risk
    treated = odds / (1.0 - risk + odds)
    return {"treated": round(treated * arms["treated"]), "placebo": round(risk * arms["placebo"])}


def _tenths(value: float) -> Decimal:
    return Decimal(round(10 * value)) / 10
