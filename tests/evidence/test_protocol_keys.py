"""Every key of a protocol's file, switched in the file, changes the answer in the way that docs/harmonising.md says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kg import protocol as protocols
from kg.errors import NotPoolable
from kg.evidence.answering import answer
from kg.evidence.effects import effects
from kg.evidence.pooling import options, pooled
from kg.evidence.wording import important_difference
from kg.evidence_base import EvidenceBase, question
from kg.harmonise.contrasts import Harmonised
from kg.iris import EV
from kg.model.answer import Pool
from kg.protocol import OutcomeRule, Protocol
from tests.conftest import ROOT
from tests.harmonise.trial_sets import (
    KETAMINE,
    MEMANTINE,
    PLACEBO,
    QUESTION,
    RELIEF,
    VAS,
    arm,
    counts,
    harms,
    means,
    pain,
    reasons,
    term,
    trial,
    trial_set,
    warned,
)

Ask = Callable[[Protocol], object]
HEAD = 'name = "mine"\nlabel = "Mine"\n'
ONE, TWO, SIX = trial("one"), trial("two"), tuple(trial(f"t{i}") for i in range(6))
CROSSED, CLASSES = trial("crossed", design="crossover"), trial("classes", design="cluster", mean_cluster_size=11.0)
K, P = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)
K2, P2 = arm(TWO, "ketamine"), arm(TWO, "placebo", PLACEBO)


def read(text: str) -> Protocol:
    return protocols.read(HEAD + text, "mine.toml")


def of_one(*results: Any, arms: Any = (K, P)) -> Any:
    return trial_set((ONE,), arms, results)


def pool_of(found: Harmonised, protocol: Protocol, measure: str | None = None) -> Pool:
    measure = measure or found.measure
    asked = replace(QUESTION, measure=measure)
    return pooled(effects(found.contrasts, measure, protocol), measure, options(asked, protocol, measure), protocol)[0]


def several(protocol: Protocol) -> Harmonised:
    """Six trials that differ among themselves."""
    arms = [(arm(t, "ketamine"), arm(t, "placebo", PLACEBO)) for t in SIX]
    rows = [
        r for (k, p), e in zip(arms, (1, 9, 3, 14, 2, 7), strict=True) for r in (counts(k, e, 30), counts(p, 8, 31))
    ]
    return harms(trial_set(SIX, tuple(a for pair in arms for a in pair), tuple(rows)), protocol)


def total(results: Any, of: Any = (ONE, K, P)) -> Ask:
    """Return what asks for the figures of the experimental side of one trial."""

    def asked(protocol: Protocol) -> object:
        found = trial_set(of[:1], of[1:], results)
        made = (pain if results[0].continuous else harms)(found, protocol)
        side = made.contrasts[0].experimental if made.contrasts else None
        return None if side is None else (side.mean if results[0].continuous else side.total)

    return asked


def at_times(**days: Any) -> Any:
    return tuple(
        means(a, 10, float(n), 1.0, in_band=b, days=d) for n, (b, d) in enumerate(days.values()) for a in (K, P)
    )


def why_not(*results: Any, of: Any = (ONE, K, P)) -> Ask:
    def asked(protocol: Protocol) -> object:
        found = harms(trial_set(of[:1], of[1:], results), protocol)
        return reasons(found) or [e.why_not for e in effects(found.contrasts, found.measure, protocol)]

    return asked


def variance(results: Any, of: Any, measure: str = "RR") -> Ask:
    def asked(protocol: Protocol) -> object:
        found = (pain if measure in ("MD", "SMD") else harms)(trial_set(of[:1], of[1:], results), protocol)
        made = effects(found.contrasts, measure, protocol)
        return None if not made or made[0].vi is None else round(made[0].vi, 6)

    return asked


def measure_of(*results: Any) -> Ask:
    def asked(protocol: Protocol) -> object:
        try:
            return (pain if results[0].continuous else harms)(
                trial_set((ONE, TWO), (K, P, K2, P2), results), protocol
            ).measure
        except NotPoolable as refused:
            return str(refused).partition(";")[0]

    return asked


def of_class(protocol: Protocol) -> object:
    m = arm(ONE, "memantine")
    rows = (counts(K, 3, 20), counts(m, 4, 21), counts(P, 5, 21))
    found = harms(trial_set((ONE,), (K, m, P), rows, intervention=(KETAMINE, MEMANTINE)), protocol)
    return [c.control.total for c in found.contrasts]


def active_placebo(protocol: Protocol) -> object:
    a = arm(ONE, "midazolam", f"{PLACEBO}-active", role="activePlacebo")
    found = trial_set((ONE,), (K, a), (counts(K, 3, 20), counts(a, 5, 21)), comparator=(PLACEBO, f"{PLACEBO}-active"))
    return len(harms(found, protocol).contrasts)


def crossover_arms(period: str) -> Any:
    left, right = arm(CROSSED, "ketamine"), arm(CROSSED, "placebo", PLACEBO)
    return (means(left, 10, 7.0, 2.38, period=period), means(right, 10, 6.5, 2.21, period=period)), (
        CROSSED,
        left,
        right,
    )


def clusters() -> Any:
    left, right = arm(CLASSES, "ketamine"), arm(CLASSES, "placebo", PLACEBO)
    return (counts(left, 63, 295), counts(right, 84, 330)), (CLASSES, left, right)


ALL, CROSSED_ARMS = crossover_arms("allPeriods")
CLUSTERED, CLUSTER_ARMS = clusters()
G = (1 - 3 / (4 * 40 - 9)) * -2 / ((1 + 1.5**2) / 2) ** 0.5
"""Hedges' g of RevMan's correction."""
METAFOR = 0.1295574277035475
"""escalc of SMD in metafor 3.8-1."""
PLAIN = 1 / 63 - 1 / 295 + 1 / 84 - 1 / 330
SHARES = counts(K, None, 57, percentage=7.0), counts(P, 3, 40)
MEDIANS = means(K, 40, None, median=42.0, q1=30.0, q3=55.0), means(P, 40, 50.0, 18.0)
DENOMINATORS = tuple(
    counts(a, 3, n, denominator=EV + name)
    for name, n in (("safetyPopulation", 28), ("randomisedParticipants", 30))
    for a in (K, P)
)
SOURCES = tuple(
    counts(a, 3, n, source=s, kind=k) for s, k, n in (("a", "primary", 20), ("b", "secondary", 30)) for a in (K, P)
)
TIMES = at_times(a=("short-term", 30), b=("short-term", 60), c=("immediate-term", 2))
UNBANDED = at_times(a=(None, 30), b=(None, 3))
TWO_SCALES = (
    means(K, 20, 3.0, 1.0),
    means(P, 20, 5.0, 1.0),
    means(K2, 20, 30.0, 9.0, instrument=VAS),
    means(P2, 20, 50.0, 9.0, instrument=VAS),
)
BOTH_KINDS = (
    means(K, 20, 3.0, 1.0),
    means(P, 20, 5.0, 1.0),
    means(K2, 20, -3.0, 1.0, change=True),
    means(P2, 20, -1.0, 1.0, change=True),
)
NOBODY, EVERYBODY = (counts(K, 0, 20), counts(P, 4, 20)), (counts(K, 20, 20), counts(P, 21, 21))
TWO_INSTRUMENTS = tuple(means(a, 20, m, 1.0, instrument=i) for i, m in ((VAS, 30.0), (RELIEF, 3.0)) for a in (K, P))
SAYS_NOTHING = "an event in everybody: it says nothing of a ratio, by the protocol"
SEVERAL = "2 trials report pain-intensity on several instruments or scales (NRS, VAS)"
NOT_POOLED = "final values and changes from baseline of pain-intensity are not pooled without a protocol that allows it"
HALF_AND_ONE = round(2 - 1 / 21 + 1 / 4.5 - 1 / 21, 6), round(1 - 1 / 22 + 1 / 5 - 1 / 22, 6)
STANDARDISED = means(K, 20, 3.0, 1.0), means(P, 20, 5.0, 1.5)
METAFOR_LS = round(METAFOR, 6)
REVMANS_SMD = round(40 / 400 + G**2 / (2 * (40 - 3.94)), 6)


def _left_out(protocol: Protocol) -> bool:
    return bool(reasons(harms(trial_set(CLUSTER_ARMS[:1], CLUSTER_ARMS[1:], CLUSTERED), protocol)))


def _matters(protocol: Protocol) -> float | None:
    return important_difference(QUESTION, pain(of_one(*STANDARDISED), protocol), protocol)


def _no_prediction(protocol: Protocol) -> bool:
    return pool_of(several(protocol), protocol).prediction_interval is None


def _mean_difference(protocol: Protocol) -> object:
    """Ask for a mean difference of trials on two instruments."""
    found = trial_set((ONE, TWO), (K, P, K2, P2), TWO_SCALES)
    try:
        return pain(found, protocol, replace(QUESTION, measure="MD")).measure
    except NotPoolable as refused:
        return "on several instruments" if "on several instruments" in str(refused) else str(refused)


def _heterogeneity(protocol: Protocol) -> bool:
    found = pool_of(several(protocol), protocol).heterogeneity
    return found is not None and found.tau2 is not None


def _definition(protocol: Protocol) -> str | None:
    found = pool_of(several(protocol), protocol).heterogeneity
    return found.i2_definition if found else None


def _difference(protocol: Protocol) -> float | None:
    (effect,) = effects(harms(of_one(*NOBODY), protocol).contrasts, "RD", protocol)
    return effect.yi


def _everybody(protocol: Protocol) -> str | None:
    (effect,) = effects(harms(of_one(*EVERYBODY), protocol).contrasts, "RR", protocol)
    return effect.why_not


SWITCHED: dict[str, tuple[str, Ask, object, object]] = {
    "comparators.active_placebo_is_placebo": ("true", active_placebo, 0, 1),
    "sources.precedence": ("['b', 'a']", total(SOURCES), 20, 30),
    "sources.denominators": ("['safetyPopulation']", total(DENOMINATORS), 30, 28),
    "timepoints.bands": ("['immediate-term']", total(TIMES), 1, 2),
    "timepoints.within_band": ("'earliest'", total(TIMES), 1, 0),
    "timepoints.band_limits": ("{short-term = [8, 85], immediate-term = [0, 8]}", total(UNBANDED), 0, 0),
    "arms.shared_controls": ("'split'", of_class, [21], [11, 10]),
    "crossover.periods": ("['allPeriods']", total(ALL, CROSSED_ARMS), None, 7.0),
    "crossover.correlation": (
        "0.68",
        variance(ALL, CROSSED_ARMS, "MD"),
        None,
        round((2.38**2 + 2.21**2 - 2 * 0.68 * 2.38 * 2.21) / 10, 6),
    ),
    "cluster.cluster_rule": ("'exclude'", _left_out, False, True),
    "cluster.icc": (
        "0.02\ncluster_rule = 'design-effect'",
        variance(CLUSTERED, CLUSTER_ARMS),
        round(PLAIN, 6),
        round(PLAIN * 1.2, 6),
    ),
    "derived.percentages": (
        "false",
        why_not(*SHARES),
        [None],
        ["a percentage is reported, and the protocol derives no counts from percentages"],
    ),
    "derived.medians": ("false", lambda p: pain(of_one(*MEDIANS), p).contrasts[0].why_not is None, True, False),
    "rows.as_entered": ("true", _mean_difference, "on several instruments", "MD"),
    "measures.dichotomous": ("'OR'", measure_of(counts(K, 3, 20), counts(P, 5, 21)), "RR", "OR"),
    "measures.continuous": ("'SMD'", measure_of(means(K, 20, 3.0, 1.0), means(P, 20, 5.0, 1.0)), "MD", "SMD"),
    "measures.continuous_on_several_instruments": (
        "'MD'",
        measure_of(*TWO_SCALES),
        "SMD",
        SEVERAL,
    ),
    "pooling.method": ("'EE'", _heterogeneity, True, False),
    "pooling.ci": ("'wald'", lambda p: pool_of(several(p), p).alternatives[0].ci_method, "wald", "hk"),
    "pooling.smd_variance": ("'REVMAN'", variance(STANDARDISED, (ONE, K, P), "SMD"), METAFOR_LS, REVMANS_SMD),
    "pooling.counts_variance": ("'REVMAN'", _difference, -4 / 21, -4 / 20),
    "pooling.double_zero": ("'either'", _everybody, None, SAYS_NOTHING),
    "pooling.zero_cells": ("1.0", variance(NOBODY, (ONE, K, P)), *HALF_AND_ONE),
    "pooling.i2_definition": ("'Q'", _definition, "tau2", "Q"),
    "pooling.minimum_for_prediction_interval": ("7", _no_prediction, False, True),
    "pooling.final_and_change_in_md": (
        "true",
        measure_of(*BOTH_KINDS),
        NOT_POOLED,
        "MD",
    ),
    "outcomes.pain-intensity.scale": ("[0, 100]", total(TWO_SCALES[:2]), 3.0, 30.0),
    "outcomes.pain-intensity.instruments": ("['relief']", total(TWO_INSTRUMENTS), 30.0, 3.0),
    "outcomes.pain-intensity.minimally_important_difference": (
        "10",
        _matters,
        None,
        10.0,
    ),
}
IN_THE_STORE = {"population.included_by", "population.out_of_scope", "outcomes.psychotomimetic.components"}


@pytest.mark.parametrize("key", SWITCHED)
def test_a_key_switched_in_the_file_changes_what_it_says(key: str) -> None:
    value, ask, before, after = SWITCHED[key]
    section, _, name = key.rpartition(".")
    without, switched = read(""), read(f"[{section}]\n{name} = {value}\n")
    assert ask(without) == (pytest.approx(before) if isinstance(before, float) else before)
    assert ask(switched) == (pytest.approx(after) if isinstance(after, float) else after)


def test_band_limits_say_the_band_of_a_result_whose_source_states_none() -> None:
    limits = read("[timepoints]\nband_limits = {short-term = [8, 85], immediate-term = [0, 8]}\n")
    asked = replace(QUESTION, band=term("https://w3id.org/evigraph/band/immediate-term"))
    assert pain(of_one(*UNBANDED), read(""), asked).contrasts == ()
    assert pain(of_one(*UNBANDED), limits, asked).contrasts[0].experimental.mean == 1


def test_every_key_that_a_protocol_may_have_is_switched() -> None:
    known = {f"{section}.{key}" for section, keys in protocols._SECTIONS.items() for key in keys}
    told = {key for key in (*SWITCHED, *IN_THE_STORE) if not key.startswith("outcomes.")}
    assert told == known
    rules = {key.rpartition(".")[2] for key in (*SWITCHED, *IN_THE_STORE) if key.startswith("outcomes.")}
    assert rules == set(OutcomeRule.__dataclass_fields__)


def test_every_key_is_told_in_the_documentation() -> None:
    text = (ROOT / "docs/harmonising.md").read_text(encoding="utf-8")
    missing = {
        key
        for key in (*SWITCHED, *IN_THE_STORE)
        if not key.startswith(("measures.", "pooling.")) and key.rpartition(".")[2] not in text
    }
    assert missing == set()


def test_the_population_is_that_of_the_protocol(base: EvidenceBase) -> None:
    asked = question(intervention="ketamine", comparator="placebo", outcome="nausea")

    def eligible(text: str) -> int:
        found = asked.resolved(base.vocabulary, None)
        return answer(found, read(text), base.ground()).k_eligible

    everything = eligible("")
    included = eligible("[population]\nincluded_by = 'cd015373'\n")
    scope = eligible("[population]\nout_of_scope = ['complex-regional-pain-syndrome']\n")
    assert 0 < included < everything
    assert 0 < scope < everything


def test_a_component_stands_for_an_outcome_that_is_not_reported(base: EvidenceBase) -> None:
    asked = question(intervention="ketamine", comparator="placebo", outcome="psychotomimetic")

    def studies(text: str) -> set[str]:
        found = answer(asked.resolved(base.vocabulary, None), read(text), base.ground())
        return {s.label for s in found.studies}

    alone = studies("")
    assert alone < studies("[outcomes.psychotomimetic]\ncomponents = ['dissociative', 'hallucination']\n")


def test_a_rule_for_clusters_that_does_not_adjust_warns() -> None:
    found = harms(trial_set(CLUSTER_ARMS[:1], CLUSTER_ARMS[1:], CLUSTERED), read("[cluster]\ncluster_rule = 'warn'\n"))
    assert any("its interval is too narrow" in text for text in warned(found)["classes"])
