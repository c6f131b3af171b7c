"""Drugs and other interventions, the targets that drugs act on, and the identifiers of other systems."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Triple

from kg import iris
from kg.iris import SKOS, thing
from kg.model import records as r
from kg.triples.statements import node, one_of, outside, ref, refs, says, sourced
from kg.triples.writing import key, triples


@triples.register
def _(d: r.Drug) -> Iterator[Triple]:
    s = thing("drug", d.drug)
    yield from says(s, "Drug", narrowerDrugOf=ref("drug", d.narrower_drug_of), inClass=refs("drug-class", d.in_class))
    yield from outside(s, label=d.label, alt_label=d.alt_label)
    yield from sourced(s, d)


@triples.register
def _(x: r.Intervention) -> Iterator[Triple]:
    s = thing("intervention", x.intervention)
    yield from says(s, "Intervention")
    yield from outside(s, label=x.label, alt_label=x.alt_label)
    yield from sourced(s, x)


@triples.register
def _(c: r.DrugClass) -> Iterator[Triple]:
    s = thing("drug-class", c.drug_class)
    yield from says(s, "DrugClass", narrowerClassOf=ref("drug-class", c.narrower_class_of))
    yield from outside(s, label=c.label, alt_label=c.alt_label)
    yield from sourced(s, c)


@triples.register
def _(x: r.Receptor) -> Iterator[Triple]:
    s = thing("receptor", x.receptor)
    yield from says(
        s,
        "Receptor",
        geneSymbol=x.gene_symbol,
        uniprot=x.uniprot,
        hgnc=x.hgnc,
        subunitOf=refs("receptor", x.subunit_of),
    )
    yield from outside(s, label=x.label, alt_label=x.alt_label)
    yield from sourced(s, x)


@triples.register
def _(x: r.DrugAction) -> Iterator[Triple]:
    s = thing("action", x.drug, x.receptor, str(x.number))
    yield from says(
        s,
        "DrugAction",
        drug=ref("drug", x.drug),
        receptor=ref("receptor", x.receptor),
        action=x.action,
        affinityType=one_of(x.affinity_type),
        affinityTypeText=x.affinity_type_text,
        relation=x.relation,
        rangeBound=x.range_bound,
        affinityValue=x.affinity_value,
        unit=x.unit,
        species=x.species,
        assay=x.assay,
    )
    yield from sourced(s, x)


@triples.register
def _(x: r.Identifier) -> Iterator[Triple]:
    return _mapping(thing("mapping", x.kind, x.slug, iris.slug(f"{x.system}-{x.identifier}")), x)


@triples.register
def _(x: r.MappedIdentifier) -> Iterator[Triple]:
    return _mapping(thing("mapping", x.kind, x.slug, x.record_id, iris.slug(f"{x.system}-{x.identifier}")), x)


def _mapping(s: str, x: r.Identifier) -> Iterator[Triple]:
    other, match = node(x.iri), node(SKOS + x.match)
    yield from says(
        s,
        "Mapping",
        subject=ref(x.kind, x.slug),
        predicate=match,
        object=other,
        curie=f"{x.system}:{x.identifier}",
        system=x.system,
    )
    yield from sourced(s, x)
    yield Triple(node(thing(x.kind, x.slug)), match, other)


@key.register
def _(x: r.Drug | r.DrugAction) -> tuple[str, str]:
    return "drugs", x.drug


@key.register
def _(x: r.Intervention) -> tuple[str, str]:
    return "interventions", x.intervention


@key.register
def _(x: r.Identifier) -> tuple[str, str]:
    return x.kind + ("es" if x.kind.endswith("s") else "s"), x.slug


@key.register
def _(x: r.MappedIdentifier) -> tuple[str, str]:
    return "mappings", x.record_id


@key.register
def _(x: r.DrugClass) -> tuple[str, str]:
    return "drug-classes", x.drug_class


@key.register
def _(x: r.Receptor) -> tuple[str, str]:
    return "receptors", x.receptor
