"""Step 6: arms are matched to the sides of the question by what was studied in them (Handbook 23.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.harmonise.eligibility import other_condition
from kg.iris import BASE, local
from kg.model.question import Question
from kg.model.trialset import ArmFacts, ArmResult, TrialFacts, TrialSet
from kg.protocol import Protocol

PLACEBO = BASE + "drug/placebo"


@dataclass(frozen=True)
class Comparison:
    """The arms of one trial and stratum that stand on the two sides of the question."""

    trial: TrialFacts
    stratum: str | None
    experimental: tuple[ArmFacts, ...]
    control: tuple[ArmFacts, ...]


def comparisons(
    trial: TrialFacts, arms: Iterable[ArmFacts], found: TrialSet, question: Question, protocol: Protocol
) -> tuple[list[Comparison], str | None]:
    """Return the comparisons of a trial that fit the question, or why there is none.

    Two arms make a contrast when they differ in the studied component alone: what else they received, their
    background, must be the same. The route is that of the experimental arm. A combination with an add-on matches no
    single drug.
    """
    own = list(arms)
    experimental = [arm for arm in own if arm.studied in found.intervention]
    control = [arm for arm in own if _is_control(arm, found, question, protocol)]
    if not control:
        return [], None
    single = [arm for arm in experimental if not arm.add_on]
    if not single:
        return [], "the drug was given in a combination only"
    routed = [arm for arm in single if question.route is None or arm.route == question.route.iri]
    if not routed:
        routes = sorted({local(arm.route) if arm.route else "not reported" for arm in single})
        return [], f"another route: {', '.join(routes)}"
    reasons: list[str] = []
    comparable: list[Comparison] = []
    for stratum in sorted({arm.stratum for arm in routed}, key=str):
        left = [arm for arm in routed if arm.stratum == stratum]
        right = [arm for arm in control if arm.stratum == stratum and not arm.add_on]
        alike = [a for a in left if any(a.background == c.background for c in right)]
        if not alike:
            reasons.append("the arms differ in more than the drug studied")
            continue
        reason = next((r for a in alike if (r := other_condition(trial, a, found))), None)
        if reason:
            reasons.append(reason)
            continue
        backgrounds = {a.background for a in alike}
        comparable.append(
            Comparison(trial, stratum, tuple(alike), tuple(c for c in right if c.background in backgrounds))
        )
    return comparable, None if comparable else "; ".join(dict.fromkeys(reasons))


def _is_control(arm: ArmFacts, found: TrialSet, question: Question, protocol: Protocol) -> bool:
    if arm.studied in found.intervention:
        return False
    if arm.studied is None:
        return bool(arm.background & found.comparator)
    if question.comparator.iri == PLACEBO and arm.role == "activePlacebo":
        return protocol.active_placebo_is_placebo
    return arm.studied in found.comparator


def without_doubles(results: Iterable[ArmResult], arms: dict[str, ArmFacts]) -> tuple[list[ArmResult], list[str]]:
    """Return results with no participant counted twice: a merged arm, or its parts, never both; and what was done."""
    kept = list(results)
    present = {result.arm for result in kept}
    steps: list[str] = []
    for arm in sorted(present):
        parts = arms[arm].combines & present
        if parts:
            kept = [result for result in kept if result.arm not in parts]
            steps.append(f"arms: the merged arm {local(arm)} used, not its parts")
        elif arms[arm].combines:
            steps.append(f"arms: {_name(arm)} merges {', '.join(sorted(map(_name, arms[arm].combines)))}, as reported")
    return kept, steps


def _name(arm: str) -> str:
    return arm.rpartition("/")[2]
