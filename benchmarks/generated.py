"""Generated evidence: trials of any number, seeded, in the terms of the bundled vocabulary."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from kg.model.records import Arm, ContinuousResult, DichotomousResult, IncludedTrial, Origin, Row, Trial

DRUGS = 40
BANDS = ("immediate-term", "short-term", "medium-term")
CONDITIONS = ("fibromyalgia", "postherpetic-neuralgia", "painful-diabetic-neuropathy", "chronic-low-back-pain")
HARMS = ("nausea", "dizziness", "headache", "sedation")
REVIEW = "generated"


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
    year, n = chance.randint(1985, 2025), chance.randint(10, 150)
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
        randomised=2 * n,
        follow_up=None,
        funding=None,
    )
    yield IncludedTrial(**sourced, review="cd015373", trial=trial)
    drug = f"generated-drug-{chance.randrange(DRUGS)}"
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
            randomised=n,
            analysed=n,
        )
    number = 0
    for band in chance.sample(BANDS, chance.randint(1, 3)):
        for arm in ("treated", "placebo"):
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
                n=n,
                mean=Decimal(chance.randint(200, 700)) / 10,
                sd=Decimal(chance.randint(100, 300)) / 10,
                se=None,
                ci_low=None,
                ci_high=None,
                median=None,
                q1=None,
                q3=None,
            )
    for harm in chance.sample(HARMS, chance.randint(2, 4)):
        for arm in ("treated", "placebo"):
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
                events=chance.randint(0, n // 3),
                total=n,
            )
