"""Nobody is counted twice: merged arms and parts, several arms, doubled rows, strata, classes of drugs."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from kg.evidence_base import EvidenceBase, question
from kg.iris import BASE
from kg.model.answer import Answer
from tests.conftest import ROOT
from tests.harmonise.trial_sets import (
    KETAMINE,
    MEMANTINE,
    PLACEBO,
    arm,
    counts,
    harms,
    means,
    pain,
    reasons,
    trial,
    trial_set,
)

ONE = trial("one")
LOW, HIGH = arm(ONE, "low", KETAMINE), arm(ONE, "high", KETAMINE)
ALL = arm(ONE, "all", KETAMINE, combines=(LOW, HIGH))
CONTROL = arm(ONE, "placebo", PLACEBO)
ARMS = (LOW, HIGH, ALL, CONTROL)
EVENTS = {LOW: (1, 10), HIGH: (4, 12), ALL: (5, 22), CONTROL: (2, 11)}


@pytest.mark.parametrize(
    ("reporting", "expected"),
    [
        ((ALL,), (5, 22)),
        ((LOW, HIGH), (5, 22)),
        ((LOW,), (1, 10)),
        ((LOW, HIGH, ALL), (5, 22)),
        ((HIGH, ALL), (5, 22)),
    ],
    ids=["merged", "parts", "one part", "both", "merged and a part"],
)
def test_a_merged_arm_or_its_parts_never_both(reporting: tuple[object, ...], expected: tuple[int, int]) -> None:
    results = tuple(counts(a, *EVENTS[a]) for a in ARMS if a in (*reporting, CONTROL))
    side = harms(trial_set((ONE,), ARMS, results)).contrasts[0].experimental
    assert (side.events, side.total) == expected


def test_merged_arms_that_overlap_are_not_both_counted() -> None:
    top = arm(ONE, "top", KETAMINE)
    first, second = arm(ONE, "m-1", KETAMINE, combines=(LOW, HIGH)), arm(ONE, "m-2", KETAMINE, combines=(HIGH, top))
    arms = (LOW, HIGH, top, first, second, CONTROL)
    results = (counts(first, 3, 20), counts(second, 3, 20), counts(top, 1, 8), counts(CONTROL, 1, 10))
    assert harms(trial_set((ONE,), arms, results)).contrasts[0].experimental.total == 28


def test_an_arm_that_merges_a_merged_arm_takes_the_place_of_all_below() -> None:
    outer = arm(ONE, "outer", KETAMINE, combines=(ALL,))
    arms = (*ARMS, outer)
    results = (*(counts(a, 1, 22) for a in (outer, ALL, LOW, HIGH)), counts(CONTROL, 2, 11))
    assert harms(trial_set((ONE,), arms, results)).contrasts[0].experimental.total == 22


def test_an_arm_that_reports_twice_for_one_time_is_counted_once_and_said() -> None:
    low, again = counts(LOW, 1, 10), counts(LOW, 2, 9)
    found = harms(trial_set((ONE,), ARMS, (again, low, counts(CONTROL, 2, 11))))
    side = found.contrasts[0].experimental
    assert (side.events, side.total) == (1, 10)
    assert any("more than once" in step for step in found.contrasts[0].steps)


def test_a_result_that_two_sources_give_is_counted_once() -> None:
    low = counts(LOW, 1, 10)
    twice = (low, replace(low, source="https://example.org/other"))
    results = (*twice, counts(CONTROL, 2, 11))
    assert harms(trial_set((ONE,), ARMS, results)).contrasts[0].experimental.total == 10


@pytest.mark.parametrize("sizes", [(7, 9), (2, 30), (12, 5, 21)])
def test_arms_combined_have_the_mean_and_sd_of_their_people(sizes: tuple[int, ...]) -> None:
    """The sample of all people in one array is the independent formula."""
    rng = np.random.default_rng(sum(sizes))
    samples = [rng.normal(3 * i, 1 + i, size) for i, size in enumerate(sizes)]
    arms = tuple(arm(ONE, f"dose-{i}", KETAMINE) for i, _ in enumerate(sizes))
    results = tuple(means(a, len(x), float(x.mean()), float(x.std(ddof=1))) for a, x in zip(arms, samples, strict=True))
    found = pain(trial_set((ONE,), (*arms, CONTROL), (*results, means(CONTROL, 11, 4.0, 1.5))))
    together, side = np.concatenate(samples), found.contrasts[0].experimental
    assert side.n == together.size
    assert side.mean == pytest.approx(together.mean(), rel=1e-12)
    assert side.sd == pytest.approx(together.std(ddof=1), rel=1e-12)
    assert any("6.5.2.10" in what for what in side.derived)


def test_arms_combined_lack_a_mean_where_one_of_them_lacks_its_spread() -> None:
    results = (means(LOW, 10, 3.0, 1.0), means(HIGH, 10, 3.0), means(CONTROL, 11, 4.0, 1.5))
    side = pain(trial_set((ONE,), ARMS, results)).contrasts[0].experimental
    assert side.mean is None
    assert side.sd is None


def test_a_whole_trial_and_its_strata_are_not_both_counted() -> None:
    strata = {
        name: (arm(ONE, f"k-{name}", KETAMINE, stratum=name), arm(ONE, f"p-{name}", PLACEBO, stratum=name))
        for name in ("with", "without")
    }
    left, right = (tuple(pair[i] for pair in strata.values()) for i in (0, 1))
    whole = arm(ONE, "k", KETAMINE, combines=left), arm(ONE, "p", PLACEBO, combines=right)
    arms = (*left, *right, *whole)
    found = harms(trial_set((ONE,), arms, tuple(counts(a, 2, 40 if a in whole else 20) for a in arms)))
    assert [(c.stratum, c.experimental.total) for c in found.contrasts] == [(None, 40)]
    assert reasons(found) == {
        f"one ({name})": "its participants are counted in one already" for name in ("with", "without")
    }


def test_two_drugs_of_a_class_are_one_side_against_a_control_counted_once() -> None:
    left, other = arm(ONE, "ketamine"), arm(ONE, "memantine")
    results = (counts(left, 3, 20), counts(other, 4, 20), counts(CONTROL, 2, 20))
    found = harms(trial_set((ONE,), (left, other, CONTROL), results, intervention=(KETAMINE, MEMANTINE)))
    assert [(c.experimental.total, c.control.total) for c in found.contrasts] == [(40, 20)]


# On the bundled graph.


def asked(base: EvidenceBase, **words: str) -> Answer:
    return base.ask(question(**{"intervention": "nmda-receptor-antagonist", "comparator": "placebo", **words}))


@pytest.mark.parametrize(
    ("outcome", "protocol"),
    [("pain-intensity", "cd015373"), ("any-adverse-event", "cd015373"), ("any-adverse-event", "none")],
)
def test_the_placebo_arm_of_martin_2019_serves_two_drugs_once(base: EvidenceBase, outcome: str, protocol: str) -> None:
    answer = asked(base, outcome=outcome, protocol=protocol)
    (martin,) = (s for s in answer.studies if s.trial.endswith("/martin-2019"))
    assert (len(martin.experimental.results), len(martin.control.results)) == (2, 1)
    assert (martin.experimental.n, martin.control.n) == (40, 20)


@pytest.mark.parametrize("outcome", ["responder-30", "responder-50", "pain-relief-percent"])
def test_magnesium_against_ketamine_enters_no_pool_against_placebo(base: EvidenceBase, outcome: str) -> None:
    kim = f"{BASE}trial/kim-2015"
    alone = base.ask(question(intervention="magnesium", comparator="ketamine", outcome=outcome, protocol="none"))
    assert [s.trial for s in alone.studies] == [kim]
    answer = asked(base, outcome=outcome, protocol="none")
    assert answer.studies
    assert kim not in {s.trial for s in answer.studies}


@cache
def arm_of() -> dict[str, tuple[str, ...]]:
    """Return the unmerged arms behind each result of the bundled tables."""
    with (ROOT / "data/evidence/arms.csv").open(encoding="utf-8", newline="") as file:
        made_of = {
            (r["trial"], r["arm"]): tuple(p for p in r["combines"].split(";") if p) or (r["arm"],)
            for r in csv.DictReader(file)
        }
    found = {}
    for table in ("dichotomous-results", "continuous-results"):
        with (ROOT / f"data/evidence/{table}.csv").open(encoding="utf-8", newline="") as file:
            for r in csv.DictReader(file):
                iri = f"{BASE}result/{r['record_source']}/{r['trial']}/{r['number']}"
                found[iri] = tuple(f"{r['trial']}/{part}" for part in made_of[r["trial"], r["arm"]])
    return found


def people(answer: Answer) -> Counter[str]:
    results = (r for s in answer.studies for side in (s.experimental, s.control) for r in side.results)
    return Counter(a for r in results for a in arm_of().get(r, ()))


def test_no_arm_is_counted_twice_in_any_pool_of_the_class(base: EvidenceBase) -> None:
    outcomes = {r["outcome"] for r in base.table.rows("trials/arm-results").records()}
    counted = 0
    for outcome in sorted(outcomes):
        for protocol, measure in (("cd015373", ""), ("none", ""), ("none", "RR"), ("none", "MD")):
            words = {"outcome": outcome, "protocol": protocol, **({"measure": measure} if measure else {})}
            try:
                answer = asked(base, **words)
            except ValueError as refused:
                assert "ask for --measure" in str(refused) or "protocol" in str(refused)
                continue
            arms = people(answer)
            assert not [a for a, times in arms.items() if times > 1], (outcome, protocol)
            counted += len(arms)
    assert counted > 300
