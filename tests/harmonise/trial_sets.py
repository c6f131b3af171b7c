"""Small trial sets made by hand: trials, arms and results with every field that a test does not name left plain."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from kg.evidence.effects import Effect, effects
from kg.harmonise.contrasts import Harmonised, harmonise
from kg.iris import BASE, EV
from kg.model.question import Question, Term
from kg.model.trialset import ArmFacts, ArmResult, InstrumentFacts, ReportedContrast, TrialFacts, TrialSet
from kg.protocol import NONE, Protocol

_numbers = count(1)

KETAMINE, MEMANTINE, PLACEBO = (f"{BASE}drug/{name}" for name in ("ketamine", "memantine", "placebo"))
PAIN, HARM = f"{BASE}outcome/pain-intensity", f"{BASE}outcome/any-adverse-event"
NRS = InstrumentFacts(f"{BASE}instrument/nrs", "NRS", 0.0, 10.0, True, False)
VAS = InstrumentFacts(f"{BASE}instrument/vas", "VAS", 0.0, 100.0, True, False)
RELIEF = InstrumentFacts(f"{BASE}instrument/relief", "relief scale", 0.0, 10.0, False, False)
UNKNOWN = InstrumentFacts(f"{BASE}instrument/unknown", "unknown scale", None, None, None, False)
INSTRUMENTS = {i.instrument: i for i in (NRS, VAS, RELIEF, UNKNOWN)}


def term(iri: str) -> Term:
    return Term(iri, iri.rpartition("/")[2])


def band(name: str) -> str:
    return f"{BASE}band/{name}"


QUESTION = Question(term(KETAMINE), term(PLACEBO), term(PAIN))


def trial(
    name: str,
    *,
    design: str = "parallel",
    kind: str = "RandomisedTrial",
    conditions: tuple[str, ...] = (),
    label: str | None = None,
    **facts: Any,
) -> TrialFacts:
    iri = f"{BASE}trial/{name}"
    made = TrialFacts(iri, EV + kind, label or name, 2020, EV + design, frozenset(map(condition, conditions)))
    return replace(made, **facts)


def condition(name: str) -> str:
    return f"{BASE}condition/{name}"


def arm(
    of: TrialFacts,
    name: str,
    studied: str | None = None,
    *,
    role: str | None = None,
    background: tuple[str, ...] = (),
    add_on: tuple[str, ...] = (),
    combines: tuple[ArmFacts, ...] = (),
    stratum: str | None = None,
    route: str | None = None,
    conditions: tuple[str, ...] = (),
    **facts: Any,
) -> ArmFacts:
    drug = studied or f"{BASE}drug/{name}"
    made = ArmFacts(
        trial=of.trial,
        arm=f"{of.trial}/arm/{name}",
        label=name,
        role=role or ("placebo" if drug == PLACEBO else "experimental"),
        studied=drug,
        route=f"{BASE}route/{route}" if route else None,
        stratum=stratum,
        background=frozenset(f"{BASE}drug/{b}" for b in background),
        add_on=frozenset(f"{BASE}drug/{a}" for a in add_on),
        combines=frozenset(a.arm for a in combines),
        conditions=frozenset(map(condition, conditions)),
    )
    return replace(made, **facts)


_PLAIN = ArmResult(
    trial="",
    outcome=PAIN,
    result="",
    arm="",
    instrument=None,
    band=None,
    timepoint=None,
    days=None,
    period=None,
    value_kind=None,
    events=None,
    total=None,
    n=None,
    mean=None,
    sd=None,
    se=None,
    ci_low=None,
    ci_high=None,
    median=None,
    q1=None,
    q3=None,
    source="https://example.org/report",
    locator="table 1",
    source_kind=EV + "primary",
)


def _result(of: ArmFacts, source: str, kind: str) -> ArmResult:
    slug = of.trial.rpartition("/")[2]
    iri = f"{BASE}result/{source}/{slug}/{next(_numbers)}"
    return replace(_PLAIN, trial=of.trial, arm=of.arm, result=iri, source_kind=EV + kind)


def counts(
    of: ArmFacts,
    events: int | None,
    total: int | None,
    *,
    source: str = "reports",
    kind: str = "primary",
    outcome: str = HARM,
    in_band: str | None = None,
    timepoint: str | None = None,
    period: str | None = None,
    **figures: Any,
) -> ArmResult:
    return replace(
        _result(of, source, kind),
        outcome=outcome,
        events=events,
        total=total,
        band=band(in_band) if in_band else None,
        timepoint=timepoint,
        period=EV + period if period else None,
        **figures,
    )


def means(
    of: ArmFacts,
    n: int | None,
    mean: float | None,
    sd: float | None = None,
    *,
    instrument: InstrumentFacts = NRS,
    source: str = "reports",
    kind: str = "primary",
    change: bool = False,
    in_band: str | None = None,
    days: float | None = None,
    se: float | None = None,
    ci: tuple[float, float] | None = None,
    period: str | None = None,
    **figures: Any,
) -> ArmResult:
    return replace(
        _result(of, source, kind),
        instrument=instrument.instrument,
        value_kind=EV + ("change" if change else "final"),
        n=n,
        mean=mean,
        sd=sd,
        se=se,
        ci_low=ci[0] if ci else None,
        ci_high=ci[1] if ci else None,
        band=band(in_band) if in_band else None,
        days=days,
        period=EV + period if period else None,
        **figures,
    )


def reported(
    experimental: ArmFacts,
    control: ArmFacts,
    measure: str | None,
    estimate: float | None,
    *,
    ci: tuple[float, float] | None = None,
    p: str | None = None,
    outcome: str = PAIN,
    **more: Any,
) -> ReportedContrast:
    slug = experimental.trial.rpartition("/")[2]
    made = ReportedContrast(
        trial=experimental.trial,
        outcome=outcome,
        contrast=f"{BASE}contrast/reports/{slug}/{next(_numbers)}",
        experimental=experimental.arm,
        control=control.arm,
        measure=f"{BASE}measure/{measure}" if measure else None,
        band=None,
        timepoint=None,
        estimate=estimate,
        se=None,
        ci_low=ci[0] if ci else None,
        ci_high=ci[1] if ci else None,
        p_text=p,
        source="https://example.org/report",
        locator="abstract",
        source_kind=EV + "primary",
    )
    return replace(made, **more)


def effects_of(found: Harmonised, protocol: Protocol = NONE) -> list[Effect]:
    """Return the effects of what was harmonised."""
    return effects(found.contrasts, found.measure, protocol)


def trial_set(
    trials: tuple[TrialFacts, ...],
    arms: tuple[ArmFacts, ...],
    results: tuple[ArmResult, ...] = (),
    contrasts: tuple[ReportedContrast, ...] = (),
    *,
    intervention: tuple[str, ...] = (KETAMINE,),
    comparator: tuple[str, ...] = (PLACEBO,),
    outcomes: tuple[str, ...] = (PAIN,),
    included: frozenset[str] | None = None,
    out_of_scope: tuple[str, ...] = (),
    asked_condition: tuple[str, ...] | None = None,
    lower_is_better: bool | None = True,
) -> TrialSet:
    return TrialSet(
        trials={t.trial: t for t in trials},
        arms={a.arm: a for a in arms},
        results=results,
        contrasts=contrasts,
        instruments=INSTRUMENTS,
        doubts={},
        included=included,
        out_of_scope=frozenset(map(condition, out_of_scope)),
        intervention=frozenset(intervention),
        comparator=frozenset(comparator),
        outcomes=outcomes,
        condition=None if asked_condition is None else frozenset(map(condition, asked_condition)),
        lower_is_better=lower_is_better,
    )


def harms(found: TrialSet, protocol: Protocol = NONE, question: Question = QUESTION) -> Harmonised:
    """Harmonise a trial set for a question about harms."""
    return harmonise(replace(question, outcome=term(HARM)), replace(found, outcomes=(HARM,)), protocol)


def pain(found: TrialSet, protocol: Protocol = NONE, question: Question = QUESTION) -> Harmonised:
    """Harmonise a trial set for a question about pain."""
    return harmonise(question, found, protocol)


def reasons(found: Harmonised) -> dict[str, str]:
    """Return why each trial was left out, by its label."""
    return {left.label: left.reason for left in found.excluded}


def warned(found: Harmonised) -> dict[str, tuple[str, ...]]:
    """Return what is doubtful of each study, by its label."""
    return {c.label: c.warnings for c in found.contrasts}
