"""A dump described in the words of VoID: what it holds, counted by graph, by class and by property."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from kg.iris import BASE, DCTERMS, RDF, XSD

_VOID = "http://rdfs.org/ns/void#"
_SD = "http://www.w3.org/ns/sparql-service-description#"
_DATASET = f"{BASE}dataset"


def described(
    graphs: Mapping[str, int],
    classes: Mapping[str, int],
    properties: Mapping[str, int],
    about: Mapping[str, str],
) -> Iterator[Triple]:
    """Yield what a data set holds: triples of each graph (the default graph has no name), things, uses of properties.

    ``about`` has ``modified``, ``version`` and the ``file`` of the dump.
    """
    yield _to(_DATASET, RDF + "type", _VOID + "Dataset")
    yield Triple(NamedNode(_DATASET), NamedNode(DCTERMS + "title"), Literal("evigraph: trials as RDF", language="en"))
    moment = Literal(about["modified"], datatype=NamedNode(XSD + "dateTime"))
    yield Triple(NamedNode(_DATASET), NamedNode(DCTERMS + "modified"), moment)
    yield Triple(NamedNode(_DATASET), NamedNode(DCTERMS + "identifier"), Literal(about["version"]))
    yield Triple(NamedNode(_DATASET), NamedNode(_VOID + "uriSpace"), Literal(BASE))
    yield _to(_DATASET, _VOID + "vocabulary", f"{BASE}ns")
    yield _to(_DATASET, _VOID + "dataDump", f"{BASE}dump/{quote(about['file'])}")
    yield _count(_DATASET, "triples", sum(graphs.values()))
    for name, triples in graphs.items():
        part = f"{_DATASET}/{name.removeprefix(BASE) or 'graph/current'}"
        yield _to(_DATASET, _VOID + "subset", part)
        yield _to(part, RDF + "type", _VOID + "Dataset")
        if name:
            yield _to(part, _SD + "name", name)
        yield _count(part, "triples", triples)
    current = f"{_DATASET}/graph/current"
    for number, (iri, things) in enumerate(sorted(classes.items()), 1):
        part = f"{current}/class/{number}"
        yield _to(current, _VOID + "classPartition", part)
        yield _to(part, _VOID + "class", iri)
        yield _count(part, "entities", things)
    for number, (iri, triples) in enumerate(sorted(properties.items()), 1):
        part = f"{current}/property/{number}"
        yield _to(current, _VOID + "propertyPartition", part)
        yield _to(part, _VOID + "property", iri)
        yield _count(part, "triples", triples)


def _to(subject: str, predicate: str, thing: str) -> Triple:
    return Triple(NamedNode(subject), NamedNode(predicate), NamedNode(thing))


def _count(subject: str, what: str, number: int) -> Triple:
    value = Literal(str(number), datatype=NamedNode(XSD + "integer"))
    return Triple(NamedNode(subject), NamedNode(_VOID + what), value)
