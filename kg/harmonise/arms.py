"""Step 6: arms are matched to the sides of the question by what was studied in them (Handbook 23.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg.harmonise.eligibility import other_condition
from kg.iris import BASE, local
from kg.model.question import Question
from kg.model.trialset import ArmFacts, ArmResult, TrialFacts, TrialSet
from kg.protocol import Protocol

PLACEBO = BASE + "drug/placebo"
NO_TREATMENT = BASE + "intervention/no-treatment"
"""What an arm is compared with that has its background alone, or the usual care."""
SPLIT = "split"


@dataclass(frozen=True)
class Comparison:
    """The arms of one trial and stratum that stand on the two sides of the question.

    ``drug`` is named where each drug of a class is compared on its own.
    """

    trial: TrialFacts
    stratum: str | None
    experimental: tuple[ArmFacts, ...]
    control: tuple[ArmFacts, ...]
    drug: str | None = None

    @property
    def label(self) -> str:
        """The label of the study in tables and plots."""
        parts = [self.stratum.replace("-", " ") if self.stratum else None, local(self.drug) if self.drug else None]
        said = ", ".join(filter(None, parts))
        return f"{self.trial.label} ({said})" if said else self.trial.label


def comparisons(
    trial: TrialFacts, arms: Iterable[ArmFacts], found: TrialSet, question: Question, protocol: Protocol
) -> tuple[list[Comparison], str | None]:
    """Return the comparisons of a trial that fit the question, or why there is none.

    Two arms make a contrast when they differ in the studied component alone: what else they received, their
    background, must be the same. The route is that of the experimental arm. A combination with an add-on matches no
    single drug, and a drug added to what both arms have is compared with nothing added, not with what they have.
    """
    own = list(arms)
    experimental = [arm for arm in own if _is_experimental(arm, found)]
    control = [arm for arm in own if _is_control(arm, found, question, protocol)]
    if not control:
        return [], _not_a_control(own, found)
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
        comparable += _by_drug(trial, stratum, alike, right, protocol)
    return comparable, None if comparable else "; ".join(dict.fromkeys(reasons))


def _by_drug(
    trial: TrialFacts, stratum: str | None, left: list[ArmFacts], right: list[ArmFacts], protocol: Protocol
) -> Iterator[Comparison]:
    """Yield one comparison for all drugs of a class, or one for each where the protocol divides shared controls."""
    drugs = sorted({arm.studied for arm in left if arm.studied})
    apart = protocol.shared_controls == SPLIT and len(drugs) > 1
    for drug in drugs if apart else [None]:
        own = [arm for arm in left if drug is None or arm.studied == drug]
        backgrounds = {arm.background for arm in own}
        yield Comparison(trial, stratum, tuple(own), tuple(c for c in right if c.background in backgrounds), drug)


def _is_experimental(arm: ArmFacts, found: TrialSet) -> bool:
    return arm.studied in found.intervention if found.sides is None else arm.arm in found.sides.experimental


def _is_control(arm: ArmFacts, found: TrialSet, question: Question, protocol: Protocol) -> bool:
    if found.sides is not None:
        return arm.arm in found.sides.control
    if arm.studied in found.intervention:
        return False
    if arm.studied is None:
        return question.comparator.iri == NO_TREATMENT and (bool(arm.background) or arm.role == "usualCare")
    if question.comparator.iri == PLACEBO and arm.role == "activePlacebo":
        return protocol.active_placebo_is_placebo
    return arm.studied in found.comparator


def _not_a_control(own: Iterable[ArmFacts], found: TrialSet) -> str | None:
    """Return why no arm of a trial is the control asked for, where one of them may look like it."""
    arms = list(own)
    both = found.intervention & found.comparator
    members = sorted({arm.studied for arm in arms if arm.studied in both})
    if members and any(arm.studied in found.intervention - both for arm in arms):
        names = ", ".join(map(local, members))
        return f"{names} is one of the drugs asked for, so it cannot be their control; name the other drug alone"
    added_to = sorted({b for arm in arms if arm.studied is None for b in arm.background & found.comparator})
    if added_to:
        names = ", ".join(map(local, added_to))
        return (
            f"the drug is added to {names}, which both arms have: it is compared with nothing added, not with {names}"
        )
    return None


def on_both_sides(question: Question, found: TrialSet) -> list[str]:
    """Return a warning where the comparator is one of the drugs that the intervention stands for."""
    if not found.intervention & found.comparator:
        return []
    names = question.comparator.label, question.intervention.label
    return [
        f"{names[0]} is one of {names[1]}: no arm can stand on both sides; name another drug, or another comparator"
    ]


def without_doubles(results: Iterable[ArmResult], arms: dict[str, ArmFacts]) -> tuple[list[ArmResult], list[str]]:
    """Return results with no participant counted twice: a merged arm, or its parts, never both; and what was done."""
    by_arm: dict[str, list[ArmResult]] = {}
    for result in sorted(set(results), key=_number):
        by_arm.setdefault(result.arm, []).append(result)
    people = {arm: parts(arm, arms) for arm in by_arm}
    kept: list[str] = []
    steps: list[str] = []
    for arm in sorted(by_arm, key=lambda name: (-len(people[name]), name)):
        wider = [other for other in kept if people[other] & people[arm]]
        if wider:
            steps.append(f"arms: {_name(wider[0])} used, not {_name(arm)}: the same people")
            continue
        kept.append(arm)
        if arms[arm].combines:
            steps.append(f"arms: {_name(arm)} merges {', '.join(sorted(map(_name, arms[arm].combines)))}, as reported")
        if len({result.result for result in by_arm[arm]}) > 1:
            steps.append(f"arms: {_name(arm)} is reported more than once for this time; the first used")
    return [by_arm[arm][0] for arm in kept], steps


def parts(arm: str, arms: dict[str, ArmFacts]) -> frozenset[str]:
    """Return the arms that a merged arm is made of in the end, or the arm itself where it merges none."""
    found, open_ = set(), [arm]
    seen: set[str] = set()
    while open_:
        name = open_.pop()
        if name not in seen:
            seen.add(name)
            below = arms[name].combines if name in arms else frozenset()
            open_ += sorted(below)
            found |= set() if below else {name}
    return frozenset(found) or frozenset({arm})


def _number(result: ArmResult) -> tuple[int, str, str, str]:
    number = result.result.rpartition("/")[2]
    return int(number) if number.isdecimal() else 0, result.result, result.source, result.locator


def _name(arm: str) -> str:
    return arm.rpartition("/")[2]
