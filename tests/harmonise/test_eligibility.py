"""Who is let in: design, the protocol's population and review, and the condition asked for."""

from __future__ import annotations

from kg.evidence_base import EvidenceBase, question
from kg.model.trialset import ArmResult, TrialFacts, TrialSet
from tests.harmonise.trial_sets import KETAMINE, PLACEBO, arm, counts, harms, reasons, trial, trial_set


def two_armed(*trials: TrialFacts, **options: object) -> TrialSet:
    arms = tuple(a for t in trials for a in (arm(t, "ketamine"), arm(t, "placebo", PLACEBO)))
    results: tuple[ArmResult, ...] = tuple(counts(a, 3, 10) for a in arms)
    return trial_set(trials, arms, results, **options)  # type: ignore[arg-type]


def test_a_study_that_is_not_randomised_is_kept_out() -> None:
    found = harms(two_armed(trial("good"), trial("loose", kind="Study")))
    assert reasons(found) == {"loose": "not a randomised trial"}
    assert [c.label for c in found.contrasts] == ["good"]
    assert found.eligible == 1


def test_a_trial_that_the_review_does_not_include_is_kept_out() -> None:
    inside, outside = trial("inside"), trial("outside")
    found = harms(two_armed(inside, outside, included=frozenset({inside.trial})))
    assert reasons(found) == {"outside": "not among the trials that the review is known to include"}


def test_a_condition_out_of_scope_keeps_out_an_included_trial_too() -> None:
    cancer = trial("cancer", conditions=("cancer-pain",))
    found = harms(two_armed(cancer, out_of_scope=("cancer-pain",), included=frozenset({cancer.trial})))
    assert reasons(found) == {"cancer": "outside the population of the protocol: cancer-pain"}
    assert found.eligible == 0


def test_the_condition_asked_for_must_be_that_of_all_participants() -> None:
    trials = (
        trial("exact", conditions=("crps",)),
        trial("narrower", conditions=("crps-1",)),
        trial("mixed", conditions=("crps", "fibromyalgia")),
        trial("other", conditions=("fibromyalgia",)),
        trial("silent"),
    )
    found = harms(two_armed(*trials, asked_condition=("crps", "crps-1")))
    assert [c.label for c in found.contrasts] == ["exact", "narrower"]
    assert reasons(found) == {
        "mixed": "mixed population: also fibromyalgia",
        "other": "another condition: fibromyalgia",
        "silent": "its condition was not reported",
    }


def test_the_condition_of_a_stratum_counts_before_that_of_its_trial() -> None:
    whole = trial("strata", conditions=("pain",))
    arms = tuple(
        arm(whole, f"{name}-{stratum}", drug, stratum=stratum, conditions=(condition,))
        for stratum, condition in (("with", "pain-with-ptsd"), ("without", "pain"))
        for name, drug in (("ketamine", KETAMINE), ("placebo", PLACEBO))
    )
    found = harms(trial_set((whole,), arms, tuple(counts(a, 2, 9) for a in arms), asked_condition=("pain-with-ptsd",)))
    assert [c.stratum for c in found.contrasts] == ["with"]


def test_eligibility_holds_on_the_bundled_graph_when_no_condition_is_asked(base: EvidenceBase) -> None:
    words = {"intervention": "magnesium", "comparator": "placebo", "outcome": "pain-intensity"}
    ours, everybody = base.ask(question(**words)), base.ask(question(**words, protocol="none"))
    rows = base.table.rows("trials/included-trials").records()
    included = {r["trial"] for r in rows if r["review"].endswith("cd015373")}
    assert {s.trial for s in ours.studies} <= included
    assert {s.trial for s in everybody.studies} - included
    assert ours.k_eligible < everybody.k_eligible
    assert not {e.trial for e in ours.excluded} & {s.trial for s in ours.studies}
    of_the_class = base.ask(question(**(words | {"intervention": "nmda-receptor-antagonist"})))
    assert any(e.reason.startswith("outside the population") for e in of_the_class.excluded)


def test_a_condition_restricts_the_bundled_answer_and_says_why_for_each(base: EvidenceBase) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "pain-intensity", "band": "immediate-term"}
    whole = base.ask(question(**words))
    crps = base.ask(question(**words, condition="CRPS"))
    assert [s.label for s in crps.studies] == ["Sigtermans 2009"]
    gone = {s.trial for s in whole.studies} - {s.trial for s in crps.studies}
    reason = {e.trial: e.reason for e in crps.excluded}
    assert gone
    assert all("condition" in reason[t] or "mixed population" in reason[t] for t in gone)
