"""Reviews, their analyses and what they published, and the protocols of reviews."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from pyoxigraph import Triple

from kg.iris import thing
from kg.model import records as r
from kg.triples.statements import measure, node, one_of, outside, ref, says, sourced
from kg.triples.writing import key, triples


def _analysis(identifier: str) -> str:
    return thing("analysis", identifier.lower())


def _side(name: r.Named) -> r.Named:
    """Return what an analysis compares; a slug that begins with ``class:`` is of a class of drugs."""
    if isinstance(name, str) and name.startswith("class:"):
        return r.Ref("drug-class", name.removeprefix("class:"))
    return name


@triples.register
def _(x: r.Review) -> Iterator[Triple]:
    s = thing("review", x.review)
    yield from says(s, "Review", doi=x.doi, pmid=x.pmid)
    yield from outside(s, label=x.label, citation=x.citation)
    yield from sourced(s, x)


@triples.register
def _(x: r.IncludedTrial) -> Iterator[Triple]:
    yield from says(thing("review", x.review), includedTrial=ref("trial", x.trial))


@triples.register
def _(x: r.Analysis) -> Iterator[Triple]:
    s = _analysis(x.analysis)
    yield from says(
        s,
        "Analysis",
        ofReview=ref("review", x.review),
        order=x.order,
        repeats=node(_analysis(x.repeats)) if x.repeats else None,
        subgroupVariable=one_of(x.subgroup_variable),
        intervention=ref("drug", _side(x.intervention)),
        comparator=ref("drug", x.comparator),
        comparatorText=x.comparator_text,
        route=ref("route", x.route),
        outcome=ref("outcome", x.outcome),
        condition=ref("condition", x.condition),
        band=ref("band", x.band),
        instrument=ref("instrument", x.instrument),
        timepointText=x.timepoint_text,
        measure=measure(x.measure),
        method=x.method,
    )
    yield from outside(s, label=x.label, identifier=x.analysis)
    yield from sourced(s, x)


@triples.register
def _(x: r.AnalysedTrial) -> Iterator[Triple]:
    yield from says(_analysis(x.analysis), analysedTrial=ref("trial", x.trial))


@triples.register
def _(x: r.SubgroupLevel) -> Iterator[Triple]:
    part = [hashlib.sha256(x.stratum.encode()).hexdigest()[:8]] if x.stratum else []
    s = thing("subgroup", x.analysis.lower(), x.trial, *part)
    yield from says(
        s,
        "SubgroupAssignment",
        ofAnalysis=node(_analysis(x.analysis)),
        ofTrial=ref("trial", x.trial),
        subgroupVariable=one_of(x.subgroup_variable),
        subgroupLevel=x.subgroup_level,
        ofStratum=x.stratum,
    )
    yield from sourced(s, x)


@triples.register
def _(x: r.PublishedEstimate) -> Iterator[Triple]:
    s = _analysis(x.analysis) + f"/estimate/{x.order}"
    yield from says(
        s,
        "PublishedEstimate",
        ofAnalysis=node(_analysis(x.analysis)),
        order=x.order,
        subgroupLevel=x.subgroup_level,
        estimateBasis=one_of(x.estimate_basis),
        estimate=x.estimate,
        ciLow=x.ci_low,
        ciHigh=x.ci_high,
        rows=x.rows,
        k=x.k,
        participants=x.participants,
        i2=x.i2,
        tau2=x.tau2,
        q=x.q,
        pValue=x.p_value,
    )
    yield from sourced(s, x)


@triples.register
def _(x: r.Certainty) -> Iterator[Triple]:
    s = thing("judgement", x.judged_by, x.analysis.lower(), "certainty")
    yield from says(
        s,
        "CertaintyJudgement",
        ofAnalysis=node(_analysis(x.analysis)),
        tool=x.tool,
        rating=ref("rating", x.rating),
    )
    yield from outside(s, judged_by=ref("review", x.judged_by))
    yield from sourced(s, x)


@triples.register
def _(x: r.ProtocolText) -> Iterator[Triple]:
    s = thing("protocol", x.protocol)
    yield from says(s, "Protocol", protocolText=x.text, isDefault=x.is_default)
    yield from outside(s, label=x.label)


@key.register
def _(x: r.Review | r.IncludedTrial) -> tuple[str, str]:
    return "reviews", x.review


@key.register
def _(x: r.Analysis | r.AnalysedTrial | r.SubgroupLevel | r.PublishedEstimate | r.Certainty) -> tuple[str, str]:
    return "analyses", x.analysis.lower()


@key.register
def _(x: r.ProtocolText) -> tuple[str, str]:
    return "protocols", x.protocol
