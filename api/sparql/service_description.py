"""SPARQL 1.1 Service Description, with VoID statistics and DCAT, made from what the store holds.

Its blank nodes have labels that stay, so that one state of the store has one description, byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from fastapi import APIRouter, Request
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, serialize
from starlette.responses import Response

from api.responses import not_modified, represented, unchanged
from api.sparql.endpoint import Endpoint, endpoint_of
from api.sparql.forms import GRAPHS, TABLES, best
from api.sparql.origin import origin
from api.sparql.statistics import Counts, Statistics
from kg import __version__
from kg.iris import BASE, DCTERMS, RDF, XSD

router = APIRouter(include_in_schema=False)
_SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_VOID: Final = "http://rdfs.org/ns/void#"
_DCAT: Final = "http://www.w3.org/ns/dcat#"
_FORMATS: Final = "http://www.w3.org/ns/formats/"
_PREFIXES: Final = {"sd": _SD, "void": _VOID, "dcat": _DCAT, "dcterms": DCTERMS, "xsd": XSD, "formats": _FORMATS}
_UNIQUE_FORMATS: Final[Mapping[str, str]] = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON-LD",
    "application/trig": "TriG",
    "application/n-quads": "N-Quads",
}
_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
_Node = NamedNode | BlankNode


@router.get("/.well-known/void")
async def void(request: Request) -> Response:
    """Give the description of the data set and of the service that answers about it."""
    return await described(request)


async def described(request: Request) -> Response:
    """Return the description of the service, in the form that is asked for.

    Raises a problem (406), QueryStopped, StoreUnavailable.
    """
    form = best(request.headers.get("accept"), GRAPHS)
    endpoint = endpoint_of(request)
    async with endpoint.reading(request) as state:
        tag = state.tag("service description", origin(request), form.media_type)
        if unchanged(request, tag):
            return not_modified(tag)
        found = await endpoint.counted.of(endpoint.readers, state.place)
    writable = endpoint.scratch is not None or request.app.state.writer is not None
    triples = list(_description(endpoint, origin(request), found, _about(request), writable=writable))
    rdf = RdfFormat.from_media_type(form.media_type)
    assert rdf is not None
    prefixes = {} if rdf in {RdfFormat.N_TRIPLES, RdfFormat.N_QUADS} else _PREFIXES
    statements = [Quad(*triple) for triple in triples] if rdf.supports_datasets else triples
    content = serialize(statements, format=rdf, prefixes=prefixes)
    assert content is not None
    return represented(content, form, tag)


def _about(request: Request) -> dict[str, str]:
    """Return what is known of the present state: when it was reached, and what it is called."""
    service = getattr(request.state, "service", None)
    if service is None:
        return {"title": "Scratch store"}
    return {
        "title": "evigraph: evidence from randomised trials",
        "modified": service.commit.time,
        "version": service.fingerprint,
    }


def _description(
    endpoint: Endpoint, address: str, found: Statistics, about: Mapping[str, str], *, writable: bool
) -> Iterator[Triple]:
    service, dataset = (NamedNode(f"{BASE}{name}") for name in ("service", "dataset"))
    if endpoint.scratch is not None:
        service, dataset = (NamedNode(f"{address}/#{name}") for name in ("service", "dataset"))
    yield from _service(service, dataset, address, writable=writable)
    for kind in (_SD + "Dataset", _VOID + "Dataset", _DCAT + "Dataset"):
        yield _typed(dataset, kind)
    yield Triple(dataset, NamedNode(DCTERMS + "title"), Literal(about["title"], language="en"))
    if "modified" in about:
        moment = Literal(about["modified"], datatype=NamedNode(XSD + "dateTime"))
        yield Triple(dataset, NamedNode(DCTERMS + "modified"), moment)
        yield Triple(dataset, NamedNode(_DCAT + "version"), Literal(about["version"]))
        yield Triple(dataset, NamedNode(_VOID + "uriSpace"), Literal(BASE))
    yield Triple(dataset, NamedNode(_VOID + "sparqlEndpoint"), NamedNode(f"{address}/sparql"))
    yield from _counted(dataset, found.default)
    default = BlankNode("default")
    yield Triple(dataset, NamedNode(_SD + "defaultGraph"), default)
    yield from _graph(default)
    yield from _counted(default, found.default)
    yield from _partitions(default, found)
    for number, (name, triples) in enumerate(found.graphs.items(), 1):
        named, graph = BlankNode(f"named{number}"), BlankNode(f"graph{number}")
        yield Triple(dataset, NamedNode(_SD + "namedGraph"), named)
        yield _typed(named, _SD + "NamedGraph")
        yield Triple(named, NamedNode(_SD + "name"), NamedNode(name))
        yield Triple(named, NamedNode(_SD + "graph"), graph)
        yield from _graph(graph)
        yield Triple(graph, NamedNode(_VOID + "triples"), _integer(triples))
    yield from _distributions(dataset, service, address)


def _service(service: NamedNode, dataset: NamedNode, address: str, *, writable: bool) -> Iterator[Triple]:
    place = NamedNode(f"{address}/sparql")
    yield _typed(service, _SD + "Service")
    yield _typed(service, _DCAT + "DataService")
    yield Triple(service, NamedNode(DCTERMS + "title"), Literal(f"evigraph {__version__}", language="en"))
    for name in (_SD + "endpoint", _DCAT + "endpointURL"):
        yield Triple(service, NamedNode(name), place)
    yield Triple(service, NamedNode(_DCAT + "servesDataset"), dataset)
    yield Triple(service, NamedNode(_SD + "defaultDataset"), dataset)
    for language in ("SPARQL11Query", "SPARQL11Update") if writable else ("SPARQL11Query",):
        yield Triple(service, NamedNode(_SD + "supportedLanguage"), NamedNode(_SD + language))
    forms = dict.fromkeys(form.media_type for form in (*TABLES, *GRAPHS) if form.media_type in _UNIQUE_FORMATS)
    for media_type in forms:
        yield Triple(service, NamedNode(_SD + "resultFormat"), NamedNode(_FORMATS + _UNIQUE_FORMATS[media_type]))
    if writable:
        for form in GRAPHS:
            read = NamedNode(_FORMATS + _UNIQUE_FORMATS[form.media_type])
            yield Triple(service, NamedNode(_SD + "inputFormat"), read)


def _graph(graph: BlankNode) -> Iterator[Triple]:
    yield _typed(graph, _SD + "Graph")
    yield _typed(graph, _VOID + "Dataset")


def _counted(node: _Node, counts: Counts) -> Iterator[Triple]:
    for name, count in (
        ("triples", counts.triples),
        ("distinctSubjects", counts.subjects),
        ("distinctObjects", counts.objects),
    ):
        yield Triple(node, NamedNode(_VOID + name), _integer(count))


def _partitions(node: _Node, found: Statistics) -> Iterator[Triple]:
    yield Triple(node, NamedNode(_VOID + "classes"), _integer(len(found.classes)))
    yield Triple(node, NamedNode(_VOID + "properties"), _integer(len(found.properties)))
    for number, (iri, entities) in enumerate(found.classes.items(), 1):
        part = BlankNode(f"class{number}")
        yield Triple(node, NamedNode(_VOID + "classPartition"), part)
        yield Triple(part, NamedNode(_VOID + "class"), NamedNode(iri))
        yield Triple(part, NamedNode(_VOID + "entities"), _integer(entities))
    for number, (iri, counts) in enumerate(found.properties.items(), 1):
        part = BlankNode(f"property{number}")
        yield Triple(node, NamedNode(_VOID + "propertyPartition"), part)
        yield Triple(part, NamedNode(_VOID + "property"), NamedNode(iri))
        yield from _counted(part, counts)


def _distributions(dataset: NamedNode, service: NamedNode, address: str) -> Iterator[Triple]:
    """Say where the default graph is to be had, in each form."""
    for form in GRAPHS:
        given = BlankNode(form.suffix)
        yield Triple(dataset, NamedNode(_DCAT + "distribution"), given)
        yield _typed(given, _DCAT + "Distribution")
        yield Triple(given, NamedNode(_DCAT + "accessURL"), NamedNode(f"{address}/rdf-graph-store?default"))
        yield Triple(given, NamedNode(_DCAT + "accessService"), service)
        yield Triple(given, NamedNode(_DCAT + "mediaType"), NamedNode(_MEDIA_TYPES + form.media_type))


def _typed(node: _Node, kind: str) -> Triple:
    return Triple(node, NamedNode(RDF + "type"), NamedNode(kind))


def _integer(value: int) -> Literal:
    return Literal(str(value), datatype=NamedNode(XSD + "integer"))
