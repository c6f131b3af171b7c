"""Records to triples: the only writer of our vocabulary; reading it is reading the data model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import singledispatch

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from kg import iris
from kg.errors import InputRefused
from kg.iris import BASE, DCTERMS, EV, PROV, RDF, RDFS, SKOS, XSD, arm, thing
from kg.model import records as r

_Term = NamedNode | BlankNode | Literal | Triple
Value = str | int | Decimal | bool | NamedNode | Literal | None

_TYPE = NamedNode(RDF + "type")
_INTEGER, _DECIMAL, _BOOLEAN = (NamedNode(XSD + name) for name in ("integer", "decimal", "boolean"))
_COLUMNS = {
    "hasArm": "trial",
    "ofArm": "arm",
    "ofTrial": "trial",
    "ofAnalysis": "analysis",
    "ofReview": "review",
    "includedTrial": "trial",
    "analysedTrial": "trial",
    "forOutcome": "outcome",
    "wasAttributedTo": "judged_by",
    "bibliographicCitation": "citation",
    "prefLabel": "label",
}


@singledispatch
def triples(record: r.Row) -> Iterator[Triple]:
    """Write one record as triples of our vocabulary."""
    raise TypeError(f"no triples are defined for {type(record).__name__}")


@singledispatch
def key(record: r.Row) -> tuple[str, str]:
    """Return source and id of the unit in which this record is kept, changed and retracted."""
    raise TypeError(f"no key is defined for {type(record).__name__}")


def column(path: str | None) -> str | None:
    """Return the table column that a property is read from, for messages."""
    if path is None:
        return None
    name = re.split(r"[/#]", path)[-1]
    return _COLUMNS.get(name) or re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), name)


def _node(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise InputRefused(f"{iri!r} is not an IRI; check it for spaces and quotes") from error


def _term(value: Value) -> NamedNode | Literal | None:
    match value:
        case None | NamedNode() | Literal():
            return value
        case bool():
            return Literal("true" if value else "false", datatype=_BOOLEAN)
        case int():
            return Literal(str(value), datatype=_INTEGER)
        case Decimal():
            return Literal(format(value, "f"), datatype=_DECIMAL)
        case str():
            return Literal(value)


def _says(thing_iri: str, /, *types: str, **facts: Value | Iterable[Value]) -> Iterator[Triple]:
    """Write the types and the properties given by keyword; absent values write nothing, several values several."""
    s = _node(thing_iri)
    for name in types:
        yield Triple(s, _TYPE, NamedNode(EV + name))
    for name, given in facts.items():
        values = given if isinstance(given, tuple | list) else (given,)
        for value in values:
            term = _term(value)
            if term is not None:
                yield Triple(s, NamedNode(EV + name), term)


def _outside(thing_iri: str, /, **facts: Value | Iterable[Value]) -> Iterator[Triple]:
    """Write properties of outside vocabularies, by the names used here for them."""
    names = {
        "label": RDFS + "label",
        "alt_label": SKOS + "altLabel",
        "identifier": DCTERMS + "identifier",
        "citation": DCTERMS + "bibliographicCitation",
        "judged_by": PROV + "wasAttributedTo",
    }
    s = _node(thing_iri)
    for name, given in facts.items():
        for value in given if isinstance(given, tuple | list) else (given,):
            text = isinstance(value, str) and name in ("label", "alt_label")
            term = Literal(str(value), language="en") if text else _term(value)
            if term is not None:
                yield Triple(s, NamedNode(names[name]), term)


def _ref(kind: str, slug: str | None) -> NamedNode | None:
    return _node(thing(kind, slug)) if slug else None


def _refs(kind: str, slugs: Iterable[str]) -> list[Value]:
    return [_ref(kind, slug) for slug in slugs]


def _one_of(name: str | None) -> NamedNode | None:
    return _node(EV + name) if name else None


def _sourced(subject: str, record: r.Sourced) -> Iterator[Triple]:
    """Write where a thing was read and what is doubtful in it."""
    yield from _says(
        subject,
        source=_node(record.source) if re.match(r"https?://", record.source) else record.source,
        locator=record.locator,
        sourceKind=_one_of(record.source_kind),
        basis=record.basis,
        doubt=record.doubt,
        note=record.note,
        notReported=[_node(EV + _camel(name)) for name in record.not_reported],
    )


def _camel(column_name: str) -> str:
    head, *rest = column_name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _analysis(identifier: str) -> str:
    return thing("analysis", identifier.lower())


@triples.register
def _(t: r.Trial) -> Iterator[Triple]:
    s = thing("trial", t.trial)
    yield from _says(
        s,
        "RandomisedTrial",
        studyLabel=t.study_label,
        year=t.year,
        doi=t.doi,
        pmid=t.pmid,
        registration=t.registration,
        country=t.country,
        design=_one_of(t.design),
        blinding=t.blinding,
        condition=_refs("condition", t.condition),
        conditionText=t.condition_text,
        randomised=t.randomised,
        followUp=t.follow_up,
        funding=t.funding,
    )
    yield from _outside(s, label=t.label)
    yield from _sourced(s, t)


@triples.register
def _(a: r.Arm) -> Iterator[Triple]:
    s = arm(a.trial, a.arm)
    yield from _says(
        s,
        "Arm",
        role=_one_of(a.role),
        studied=_ref("drug", a.studied),
        background=_refs("drug", a.background),
        addOn=_refs("drug", a.add_on),
        interventionText=a.intervention_text,
        route=_ref("route", a.route),
        dose=a.dose,
        duration=a.duration,
        stratum=a.stratum,
        condition=_refs("condition", a.condition),
        combines=[_node(arm(a.trial, part)) for part in a.combines],
        randomised=a.randomised,
        analysed=a.analysed,
    )
    yield from _outside(s, label=a.intervention_text)
    yield from _sourced(s, a)
    yield from _says(thing("trial", a.trial), hasArm=_node(s))


def _result(s: str, x: r.Result, kind: str) -> Iterator[Triple]:
    yield from _says(
        s,
        kind,
        ofTrial=_ref("trial", x.trial),
        ofArm=_node(arm(x.trial, x.arm)),
        outcome=_ref("outcome", x.outcome),
        outcomeText=x.outcome_text,
        timepointText=x.timepoint_text,
        band=_ref("band", x.band),
        period=_one_of(x.period),
        denominator=_one_of(x.denominator),
        reportedText=x.reported_text or None,
    )
    yield from _sourced(s, x)


@triples.register
def _(x: r.DichotomousResult) -> Iterator[Triple]:
    s = thing("result", x.record_source, x.trial, str(x.number))
    yield from _result(s, x, "DichotomousResult")
    yield from _says(s, events=x.events, total=x.total)


@triples.register
def _(x: r.ContinuousResult) -> Iterator[Triple]:
    s = thing("result", x.record_source, x.trial, str(x.number))
    yield from _result(s, x, "ContinuousResult")
    yield from _says(
        s,
        instrument=_ref("instrument", x.instrument),
        instrumentText=x.instrument_text,
        timepointDays=x.timepoint_days,
        valueKind=_one_of(x.value_kind),
        n=x.n,
        mean=x.mean,
        sd=x.sd,
        se=x.se,
        ciLow=x.ci_low,
        ciHigh=x.ci_high,
        median=x.median,
        q1=x.q1,
        q3=x.q3,
    )


@triples.register
def _(x: r.ContrastResult) -> Iterator[Triple]:
    s = thing("contrast", x.record_source, x.trial, str(x.number))
    yield from _says(
        s,
        "ContrastResult",
        ofTrial=_ref("trial", x.trial),
        experimentalArm=_node(arm(x.trial, x.experimental_arm)),
        controlArm=_node(arm(x.trial, x.control_arm)),
        outcome=_ref("outcome", x.outcome),
        outcomeText=x.outcome_text,
        timepointText=x.timepoint_text,
        measure=_node(BASE + "measure/" + x.measure) if x.measure else None,
        estimate=x.estimate,
        se=x.se,
        ciLow=x.ci_low,
        ciHigh=x.ci_high,
        pRelation=x.p_relation,
        pValue=x.p_value,
        pText=x.p_text,
    )
    yield from _sourced(s, x)


@triples.register
def _(x: r.RiskOfBias) -> Iterator[Triple]:
    s = thing("judgement", x.record_source, x.trial, x.domain, *([x.outcome] if x.outcome else []))
    yield from _says(
        s,
        "RiskOfBiasJudgement",
        ofTrial=_ref("trial", x.trial),
        forOutcome=_ref("outcome", x.outcome),
        tool=x.tool,
        domain=_ref("domain", x.domain),
        rating=_ref("rating", x.rating),
    )
    yield from _outside(s, judged_by=_ref("review", x.judged_by))
    yield from _sourced(s, x)


@triples.register
def _(d: r.Drug) -> Iterator[Triple]:
    s = thing("drug", d.drug)
    yield from _says(
        s, "Drug", narrowerDrugOf=_ref("drug", d.narrower_drug_of), inClass=_refs("drug-class", d.in_class)
    )
    yield from _outside(s, label=d.label, alt_label=d.alt_label)
    yield from _sourced(s, d)


@triples.register
def _(c: r.DrugClass) -> Iterator[Triple]:
    s = thing("drug-class", c.drug_class)
    yield from _says(s, "DrugClass", narrowerClassOf=_ref("drug-class", c.narrower_class_of))
    yield from _outside(s, label=c.label, alt_label=c.alt_label)
    yield from _sourced(s, c)


@triples.register
def _(x: r.Receptor) -> Iterator[Triple]:
    s = thing("receptor", x.receptor)
    yield from _says(
        s,
        "Receptor",
        geneSymbol=x.gene_symbol,
        uniprot=x.uniprot,
        hgnc=x.hgnc,
        subunitOf=_refs("receptor", x.subunit_of),
    )
    yield from _outside(s, label=x.label, alt_label=x.alt_label)
    yield from _sourced(s, x)


@triples.register
def _(x: r.DrugAction) -> Iterator[Triple]:
    s = thing("action", x.drug, x.receptor, str(x.number))
    yield from _says(
        s,
        "DrugAction",
        drug=_ref("drug", x.drug),
        receptor=_ref("receptor", x.receptor),
        action=x.action,
        affinityType=_one_of(x.affinity_type),
        affinityTypeText=x.affinity_type_text,
        relation=x.relation,
        rangeBound=x.range_bound,
        affinityValue=x.affinity_value,
        unit=x.unit,
        species=x.species,
        assay=x.assay,
    )
    yield from _sourced(s, x)


@triples.register
def _(x: r.Identifier) -> Iterator[Triple]:
    s = thing("mapping", x.kind, x.slug, iris.slug(f"{x.system}-{x.identifier}"))
    curie = f"{x.system}:{x.identifier}"
    outside, match = _node(x.iri), _node(SKOS + x.match)
    yield from _says(
        s,
        "Mapping",
        subject=_ref(x.kind, x.slug),
        predicate=match,
        object=outside,
        curie=curie,
        system=x.system,
    )
    yield from _sourced(s, x)
    yield Triple(_node(thing(x.kind, x.slug)), match, outside)


@triples.register
def _(x: r.Review) -> Iterator[Triple]:
    s = thing("review", x.review)
    yield from _says(s, "Review", doi=x.doi, pmid=x.pmid)
    yield from _outside(s, label=x.label, citation=x.citation)
    yield from _sourced(s, x)


@triples.register
def _(x: r.IncludedTrial) -> Iterator[Triple]:
    yield from _says(thing("review", x.review), includedTrial=_ref("trial", x.trial))


@triples.register
def _(x: r.Analysis) -> Iterator[Triple]:
    s = _analysis(x.analysis)
    kind = "drug-class" if x.intervention.startswith("class:") else "drug"
    yield from _says(
        s,
        "Analysis",
        ofReview=_ref("review", x.review),
        order=x.order,
        repeats=_node(_analysis(x.repeats)) if x.repeats else None,
        subgroupVariable=_one_of(x.subgroup_variable),
        intervention=_ref(kind, x.intervention.removeprefix("class:")),
        comparator=_ref("drug", x.comparator),
        comparatorText=x.comparator_text,
        route=_ref("route", x.route),
        outcome=_ref("outcome", x.outcome),
        condition=_ref("condition", x.condition),
        band=_ref("band", x.band),
        instrument=_ref("instrument", x.instrument),
        timepointText=x.timepoint_text,
        measure=_node(BASE + "measure/" + x.measure),
        method=x.method,
    )
    yield from _outside(s, label=x.label, identifier=x.analysis)
    yield from _sourced(s, x)


@triples.register
def _(x: r.AnalysedTrial) -> Iterator[Triple]:
    yield from _says(_analysis(x.analysis), analysedTrial=_ref("trial", x.trial))


@triples.register
def _(x: r.SubgroupLevel) -> Iterator[Triple]:
    s = thing("subgroup", x.analysis.lower(), x.trial)
    yield from _says(
        s,
        "SubgroupAssignment",
        ofAnalysis=_node(_analysis(x.analysis)),
        ofTrial=_ref("trial", x.trial),
        subgroupVariable=_one_of(x.subgroup_variable),
        subgroupLevel=x.subgroup_level,
    )
    yield from _sourced(s, x)


@triples.register
def _(x: r.PublishedEstimate) -> Iterator[Triple]:
    s = _analysis(x.analysis) + f"/estimate/{x.order}"
    yield from _says(
        s,
        "PublishedEstimate",
        ofAnalysis=_node(_analysis(x.analysis)),
        order=x.order,
        subgroupLevel=x.subgroup_level,
        estimateBasis=_one_of(x.estimate_basis),
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
    yield from _sourced(s, x)


@triples.register
def _(x: r.Certainty) -> Iterator[Triple]:
    s = thing("judgement", x.judged_by, x.analysis.lower(), "certainty")
    yield from _says(
        s,
        "CertaintyJudgement",
        ofAnalysis=_node(_analysis(x.analysis)),
        tool=x.tool,
        rating=_ref("rating", x.rating),
    )
    yield from _outside(s, judged_by=_ref("review", x.judged_by))
    yield from _sourced(s, x)


@triples.register
def _(x: r.ProtocolText) -> Iterator[Triple]:
    s = thing("protocol", x.protocol)
    yield from _says(s, "Protocol", protocolText=x.text, isDefault=x.is_default)
    yield from _outside(s, label=x.label)


@triples.register
def _(x: r.Vocabulary) -> Iterator[Triple]:
    named: dict[str, NamedNode] = {}

    def plain(term: _Term) -> _Term:
        """Name a blank node by its place in the file: records hold none."""
        if not isinstance(term, BlankNode):
            return term
        return named.setdefault(term.value, _node(f"{BASE}{x.source}/{x.name}/node/{len(named) + 1}"))

    try:
        for quad in parse(x.turtle.encode(), format=RdfFormat.TURTLE, base_iri=BASE):
            yield Triple(plain(quad.subject), quad.predicate, plain(quad.object))  # type: ignore[arg-type]
    except (SyntaxError, ValueError) as error:
        raise InputRefused(f"{x.origin}: not Turtle ({error}); mend the file") from error


@key.register
def _(
    x: r.Trial | r.Arm | r.DichotomousResult | r.ContinuousResult | r.ContrastResult | r.RiskOfBias,
) -> tuple[str, str]:
    return x.record_source, x.trial


@key.register
def _(x: r.Drug | r.DrugAction) -> tuple[str, str]:
    return "drugs", x.drug


@key.register
def _(x: r.Identifier) -> tuple[str, str]:
    return x.kind + ("es" if x.kind.endswith("s") else "s"), x.slug


@key.register
def _(x: r.DrugClass) -> tuple[str, str]:
    return "drug-classes", x.drug_class


@key.register
def _(x: r.Receptor) -> tuple[str, str]:
    return "receptors", x.receptor


@key.register
def _(x: r.Review | r.IncludedTrial) -> tuple[str, str]:
    return "reviews", x.review


@key.register
def _(x: r.Analysis | r.AnalysedTrial | r.SubgroupLevel | r.PublishedEstimate | r.Certainty) -> tuple[str, str]:
    return "analyses", x.analysis.lower()


@key.register
def _(x: r.ProtocolText) -> tuple[str, str]:
    return "protocols", x.protocol


@key.register
def _(x: r.Vocabulary) -> tuple[str, str]:
    return x.source, x.name
