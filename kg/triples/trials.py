"""Trials and their arms."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Triple

from kg.errors import InputRefused
from kg.iris import arm, thing
from kg.model import records as r
from kg.triples.statements import address, day, node, one_of, outside, ref, refs, says, sourced
from kg.triples.writing import key, triples

_STUDY_TYPES = ("RandomisedTrial", "Study")


@triples.register
def _(t: r.Trial) -> Iterator[Triple]:
    if t.study_type not in _STUDY_TYPES:
        raise InputRefused(f"study_type is {t.study_type!r}; it is one of {', '.join(_STUDY_TYPES)}")
    s = thing("trial", t.trial)
    yield from says(
        s,
        t.study_type,
        studyLabel=t.study_label,
        year=t.year,
        doi=t.doi,
        pmid=t.pmid,
        registration=t.registration,
        country=t.country,
        design=one_of(t.design),
        blinding=t.blinding,
        condition=refs("condition", t.condition),
        conditionText=t.condition_text,
        randomised=t.randomised,
        followUp=t.follow_up,
        funding=t.funding,
        registeredTitle=t.registered_title,
        status=t.status,
        phase=t.phase,
        allocation=t.allocation,
        purpose=t.purpose,
        startedOn=t.started_on,
        completedOn=t.completed_on,
        resultsPostedOn=t.results_posted_on,
        stoppedWhy=t.stopped_why,
        enrolled=t.enrolled,
        eligibleSex=t.eligible_sex,
        minimumAge=t.minimum_age,
        maximumAge=t.maximum_age,
        healthyVolunteers=t.healthy_volunteers,
        eligibilityText=t.eligibility_text,
        meanAge=t.mean_age,
        female=t.female,
        withdrawn=t.withdrawn,
        eventThreshold=t.event_threshold,
        icc=t.icc,
        meanClusterSize=t.mean_cluster_size,
        analysedAs=one_of(t.analysed_as),
        sharesControlWith=t.shares_control_with,
        url=address(t.url),
    )
    yield from outside(s, label=t.label)
    yield from sourced(s, t)


@triples.register
def _(a: r.Arm) -> Iterator[Triple]:
    s = arm(a.trial, a.arm)
    yield from says(
        s,
        "Arm",
        role=one_of(a.role),
        studied=ref("drug", a.studied),
        background=refs("drug", a.background),
        addOn=refs("drug", a.add_on),
        interventionText=a.intervention_text,
        route=ref("route", a.route),
        dose=a.dose,
        doseValue=a.dose_value,
        doseUnit=a.dose_unit,
        duration=a.duration,
        stratum=a.stratum,
        condition=refs("condition", a.condition),
        combines=[node(arm(a.trial, part)) for part in a.combines],
        randomised=a.randomised,
        analysed=a.analysed,
        started=a.started,
        completed=a.completed,
        female=a.female,
        withdrawn=a.withdrawn,
    )
    yield from outside(s, label=a.arm_label or a.intervention_text)
    yield from sourced(s, a)
    yield from says(thing("trial", a.trial), hasArm=node(s))


@triples.register
def _(t: r.RetractedStudy) -> Iterator[Triple]:
    s = thing("trial", t.trial)
    when = day(t.retracted_on)
    yield from says(s, "RetractedStudy", retractionReason=t.reason, retractedOn=when, doi=t.doi, pmid=t.pmid)
    yield from outside(s, label=t.label)
    yield from sourced(s, t)


@key.register
def _(x: r.Trial | r.Arm) -> tuple[str, str]:
    return x.record_source, x.trial


@key.register
def _(x: r.RetractedStudy) -> tuple[str, str]:
    return "retractions", x.trial
