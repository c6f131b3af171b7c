"""Instruments: rescaled to one scale, refused where mixed, aligned for an SMD, final and change apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.errors import NotPoolable
from kg.evidence_base import EvidenceBase, question
from kg.harmonise.scales import rescaling
from kg.iris import BASE, EV
from kg.model.trialset import ArmFacts, ArmResult, InstrumentFacts, TrialFacts, TrialSet
from kg.protocol import NONE, OutcomeRule
from tests.harmonise.trial_sets import (
    NRS,
    PLACEBO,
    QUESTION,
    RELIEF,
    UNKNOWN,
    VAS,
    arm,
    means,
    pain,
    term,
    trial,
    trial_set,
)

Use = tuple[InstrumentFacts, float, float]
ON_0_100 = replace(NONE, outcomes={"pain-intensity": OutcomeRule(scale=(0.0, 100.0))})


def reporting(*uses: Use, change: tuple[bool, ...] = (), lower_is_better: bool | None = True) -> TrialSet:
    """Make one trial for each (instrument, mean with the drug, mean with placebo)."""
    trials: list[TrialFacts] = []
    arms: list[ArmFacts] = []
    results = []
    for number, (instrument, left, right) in enumerate(uses):
        one = trial(f"t{number}")
        pair = arm(one, "ketamine"), arm(one, "placebo", PLACEBO)
        changed = bool(change) and change[number]
        results += [
            means(a, 20, m, 2.0, instrument=instrument, change=changed)
            for a, m in zip(pair, (left, right), strict=True)
        ]
        trials.append(one)
        arms += pair
    return trial_set(tuple(trials), tuple(arms), tuple(results), lower_is_better=lower_is_better)


def test_mixed_instruments_for_a_mean_difference_are_refused_with_an_offer() -> None:
    with pytest.raises(NotPoolable, match=r"NRS, VAS.*--measure SMD.*--instrument"):
        pain(reporting((NRS, 3, 5), (VAS, 30, 50)), NONE, replace(QUESTION, measure="MD"))


def test_mixed_instruments_become_an_smd_where_no_measure_is_asked() -> None:
    assert pain(reporting((NRS, 3, 5), (VAS, 30, 50))).measure == "SMD"
    assert pain(reporting((NRS, 3, 5), (NRS, 4, 5))).measure == "MD"


def test_naming_one_instrument_makes_the_mean_difference_possible() -> None:
    asked = replace(QUESTION, measure="MD", instrument=term(VAS.instrument))
    found = pain(reporting((NRS, 3, 5), (VAS, 30, 50)), NONE, asked)
    assert [c.label for c in found.contrasts] == ["t1"]


def test_the_scale_of_the_protocol_makes_two_ranges_one() -> None:
    found = pain(reporting((NRS, 3, 5), (VAS, 30, 50)), ON_0_100)
    assert found.measure == "MD"
    assert [(c.experimental.mean, c.control.mean, c.experimental.sd) for c in found.contrasts] == [
        (30.0, 50.0, 20.0),
        (30.0, 50.0, 2.0),
    ]
    assert any("rescaled from 0-10 to 0-100" in step for step in found.contrasts[0].steps)


def test_a_range_that_is_not_known_is_not_rescaled() -> None:
    with pytest.raises(NotPoolable, match="unknown scale"):
        pain(reporting((NRS, 3, 5), (UNKNOWN, 30, 50)), ON_0_100, replace(QUESTION, measure="MD"))


def test_a_change_is_rescaled_without_the_offset() -> None:
    shifted = replace(NRS, minimum=1.0, maximum=11.0)
    scale = rescaling(shifted, (0.0, 100.0))
    assert scale is not None
    assert scale.value(6.0, change=False) == pytest.approx(50.0)
    assert scale.value(-2.0, change=True) == pytest.approx(-20.0)
    assert scale.spread(2.0) == pytest.approx(20.0)


def test_an_instrument_that_runs_the_other_way_is_reversed_in_an_smd() -> None:
    found = pain(reporting((NRS, 3, 5), (RELIEF, 7, 5)))
    assert [c.sign for c in found.contrasts] == [1.0, -1.0]
    assert any("reversed" in step for step in found.contrasts[1].steps)


@pytest.mark.parametrize("lower", [True, False, None])
def test_instruments_that_run_both_ways_end_up_with_opposite_signs(lower: bool | None) -> None:
    found = pain(reporting((NRS, 3, 5), (RELIEF, 7, 5), lower_is_better=lower))
    first, second = (c.sign for c in found.contrasts)
    assert first == -second
    assert first == (-1.0 if lower is False else 1.0)


def test_an_outcome_without_direction_is_aligned_in_the_open() -> None:
    assert any("both ways" in w for w in pain(reporting((NRS, 3, 5), (RELIEF, 7, 5), lower_is_better=None)).warnings)
    alike = pain(reporting((NRS, 3, 5), (VAS, 30, 50), lower_is_better=None))
    assert not alike.warnings
    assert [c.sign for c in alike.contrasts] == [1.0, 1.0]


def test_an_unknown_direction_refuses_an_smd() -> None:
    with pytest.raises(NotPoolable, match="lower is better on unknown scale is not known"):
        pain(reporting((NRS, 3, 5), (UNKNOWN, 30, 50)))


def test_two_instruments_without_a_name_are_not_taken_for_one() -> None:
    found = reporting((UNKNOWN, 3, 5), (UNKNOWN, 30, 50))
    unnamed = {UNKNOWN.instrument: replace(UNKNOWN, unnamed=True, lower_is_better=True)}
    assert pain(replace(found, instruments=unnamed)).measure == "SMD"


@pytest.mark.parametrize("measure", ["MD", "SMD"])
def test_final_values_and_changes_are_not_mixed(measure: str) -> None:
    with pytest.raises(NotPoolable, match="changes from baseline"):
        pain(reporting((NRS, 3, 5), (NRS, -3, -1), change=(False, True)), NONE, replace(QUESTION, measure=measure))


def test_a_protocol_can_let_them_into_a_mean_difference_alone_and_it_is_said() -> None:
    found = reporting((NRS, 3, 5), (NRS, -3, -1), change=(False, True))
    allowed = replace(NONE, final_and_change_in_md=True)
    pooled = pain(found, allowed)
    assert len(pooled.contrasts) == 2
    assert any("final values and changes" in w for w in pooled.warnings)
    with pytest.raises(NotPoolable, match="SMD"):
        pain(found, allowed, replace(QUESTION, measure="SMD"))


def test_the_bundled_review_refuses_and_offers(base: EvidenceBase) -> None:
    words = {"intervention": "memantine", "comparator": "placebo", "outcome": "depressive-symptoms"}
    with pytest.raises(NotPoolable, match="ask for --measure SMD, or name one with --instrument"):
        base.ask(question(**words, measure="MD"))
    assert base.ask(question(**words)).measure == "SMD"
    with pytest.raises(NotPoolable, match="Radboud Skills Questionnaire"):
        base.ask(question(intervention="ketamine", comparator="placebo", outcome="disability", measure="SMD"))


def test_every_instrument_of_an_smd_in_the_review_is_read_the_outcomes_way(base: EvidenceBase) -> None:
    answers = [a for a in base.review()[1] if a.measure == "SMD"]
    assert answers
    for answer in answers:
        lower = base.vocabulary.lower_is_better(answer.question.outcome.iri)
        assert lower is not None
        for study in answer.studies:
            left, right = study.experimental.mean, study.control.mean
            assert study.yi is not None
            assert left is not None
            assert right is not None
            flipped = any("reversed" in step for step in study.steps)
            assert (study.yi < 0) == ((left < right) != flipped)
            assert study.trial.startswith(BASE)


def both_kinds(final: float, change: float) -> tuple[TrialFacts, tuple[ArmFacts, ...], tuple[ArmResult, ...]]:
    one = trial("t9")
    pair = arm(one, "ketamine"), arm(one, "placebo", PLACEBO)
    kinds = ((final, False), (change, True))
    return one, pair, tuple(means(a, 20, m, 2.0, change=c) for m, c in kinds for a in pair)


@pytest.mark.parametrize("other_reports_change", [True, False])
def test_the_kind_of_value_that_every_trial_reports_is_used(other_reports_change: bool) -> None:
    one, pair, results = both_kinds(3.0, -3.0)
    found = reporting((NRS, 5, 5), change=(other_reports_change,))
    whole = replace(
        found,
        trials={**found.trials, one.trial: one},
        arms={**found.arms, **{a.arm: a for a in pair}},
        results=(*found.results, *results),
    )
    for measure in ("MD", "SMD"):
        made = pain(whole, NONE, replace(QUESTION, measure=measure))
        assert {c.value_kind for c in made.contrasts} == {EV + ("change" if other_reports_change else "final")}


def test_where_a_trial_reports_both_the_final_value_is_used() -> None:
    one, pair, results = both_kinds(3.0, -3.0)
    (contrast,) = pain(trial_set((one,), pair, results)).contrasts
    assert contrast.value_kind == EV + "final"


def test_units_of_one_instrument_are_not_mixed() -> None:
    found = reporting((UNKNOWN, 3, 5), (UNKNOWN, 30, 50))
    units = ("ng/mL", "ng/mL", "pg/mL", "pg/mL")
    mixed = replace(found, results=tuple(replace(r, unit=u) for r, u in zip(found.results, units, strict=True)))
    with pytest.raises(NotPoolable, match="several instruments or scales"):
        pain(mixed, NONE, replace(QUESTION, measure="MD"))
    alike = replace(found, results=tuple(replace(r, unit="NG/ML") for r in found.results))
    assert pain(alike, NONE, replace(QUESTION, measure="MD")).measure == "MD"


def test_the_rows_of_a_review_are_pooled_as_entered() -> None:
    entered = replace(NONE, as_entered=True)
    found = reporting((NRS, 3, 5), (RELIEF, 7, 5), (UNKNOWN, 30, 50), change=(False, True, False))
    made = pain(found, entered, replace(QUESTION, measure="SMD"))
    assert [c.sign for c in made.contrasts] == [1.0, 1.0, 1.0]
    assert pain(found, entered, replace(QUESTION, measure="MD")).measure == "MD"
