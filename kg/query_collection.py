"""The query collection as RDF: each file as a SHACL executable, with its text, prefixes, parameters and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Triple

from kg.catalog import Catalog, Query
from kg.iris import BASE, DCTERMS, RDF, RDFS, XSD
from kg.store import Change

SOURCE = "queries"
"""The source of the records that say this; they stand in ``graph/queries`` alone."""
_SH = "http://www.w3.org/ns/shacl#"
_SCHEMA = "https://schema.org/"
_FORMS = {"SELECT": "Select", "ASK": "Ask", "CONSTRUCT": "Construct"}
_TYPE = RDF + "type"


def changes(catalog: Catalog, prefixes: Mapping[str, str]) -> Iterator[Change]:
    """Yield a record for each query, and one for the prefixes that they use."""
    for name, query in catalog.items():
        yield Change(SOURCE, name.replace("/", "-"), described(query), origin=f"queries/{name}.rq")
    yield Change(SOURCE, "prefixes", _prefixes(prefixes), origin="ontology/prefixes.ttl")


def described(query: Query) -> list[Triple]:
    """Return a query in the words of SHACL and schema.org, as the examples of the SIB endpoints are described."""
    s = f"{BASE}query/{query.name}"
    form = query.form
    said = [
        _to(s, _TYPE, _SH + "SPARQLExecutable"),
        _to(s, _TYPE, f"{_SH}SPARQL{_FORMS[form]}Executable"),
        _to(s, _SH + "prefixes", f"{BASE}query-prefixes"),
        _text(s, RDFS + "label", query.name),
        Triple(NamedNode(s), NamedNode(RDFS + "comment"), Literal(query.summary, language="en")),
        _text(s, _SH + form.lower(), query.text),
        _to(s, _SCHEMA + "target", f"{BASE}sparql"),
        _text(s, DCTERMS + "identifier", query.name),
    ]
    said += [_text(s, _SCHEMA + "keywords", word) for word in _keywords(query)]
    for order, (name, kind) in enumerate(query.params.items()):
        node = f"{s}/parameter/{name}"
        said += [
            _to(s, _SH + "parameter", node),
            _to(node, _TYPE, _SH + "Parameter"),
            _text(node, _SH + "name", name),
            _number(node, _SH + "order", order),
            _to(node, *_kind(kind)),
        ]
    return said


def _keywords(query: Query) -> list[str]:
    folder, _, rest = query.name.partition("/")
    return sorted({folder, *(word for word in rest.split("-") if len(word) > 2)})


def _kind(kind: str) -> tuple[str, str]:
    if kind == "iri":
        return _SH + "nodeKind", _SH + "IRI"
    if kind == "term":
        return _SH + "nodeKind", _SH + "IRIOrLiteral"
    return _SH + "datatype", XSD + {"text": "string"}.get(kind, kind)


def _prefixes(prefixes: Mapping[str, str]) -> list[Triple]:
    whole = f"{BASE}query-prefixes"
    said = [_text(whole, RDFS + "label", "prefixes of the query collection")]
    for prefix, namespace in prefixes.items():
        node = f"{whole}/{prefix}"
        said += [
            _to(whole, _SH + "declare", node),
            _to(node, _TYPE, _SH + "PrefixDeclaration"),
            _text(node, _SH + "prefix", prefix),
            Triple(
                NamedNode(node),
                NamedNode(_SH + "namespace"),
                Literal(namespace, datatype=NamedNode(XSD + "anyURI")),
            ),
        ]
    return said


def _to(subject: str, predicate: str, thing: str) -> Triple:
    return Triple(NamedNode(subject), NamedNode(predicate), NamedNode(thing))


def _text(subject: str, predicate: str, text: str) -> Triple:
    return Triple(NamedNode(subject), NamedNode(predicate), Literal(text))


def _number(subject: str, predicate: str, number: int) -> Triple:
    value = Literal(str(number), datatype=NamedNode(XSD + "integer"))
    return Triple(NamedNode(subject), NamedNode(predicate), value)
