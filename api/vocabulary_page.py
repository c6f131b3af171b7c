"""The documents of the vocabulary: terms and shapes under ``ns``, functions under ``fn``; the context of JSON-LD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse
from starlette.responses import Response

from api import addresses, signposting
from api.dependencies import ServiceDep
from api.negotiation import HTML, JSONLD, NTRIPLES, TURTLE, Form
from api.responses import alternates, chosen, not_modified, represented, unchanged
from api.service import Service
from api.templating import page
from kg.formats import context
from kg.formats.rdf import ntriples, turtle
from kg.iris import BASE, RDF, RDFS, SKOS

router = APIRouter(include_in_schema=False)
FORMS: Final = (HTML, TURTLE, JSONLD, NTRIPLES)
DOCUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "ns": ("evidence.ttl", "answers.ttl", "shapes/*.ttl"),
    "fn": ("functions.ttl",),
}
"""The documents by name, each with the files of the ontology folder that it is made of."""
_TITLES = {"ns": "Vocabulary and shapes", "fn": "Functions of queries"}
_LABELS = (RDFS + "label", SKOS + "prefLabel")
_TOLD = (SKOS + "definition", "http://www.w3.org/ns/shacl#message", RDFS + "comment")


@dataclass(frozen=True)
class Told:
    """A term as the page shows it: the fragment of its IRI, its label, kinds and definition."""

    fragment: str
    label: str
    kinds: tuple[str, ...]
    definition: str


@router.get("/context.jsonld")
def read_context(request: Request, service: ServiceDep) -> Response:
    """Give the context that JSON-LD of the service is written by."""
    tag = service.tag("context")
    links = [signposting.LICENCE]
    if unchanged(request, tag):
        return not_modified(tag, links)
    return represented(context.document(service.base.terms), JSONLD, tag, links)


def is_vocabulary(path: str) -> bool:
    """Tell whether a path below the base names a document of the vocabulary."""
    return path in DOCUMENTS


def represented_vocabulary(request: Request, service: Service, name: str, suffix: str | None) -> Response:
    """Return a document of the vocabulary in the form of a suffix, or in the one that Accept asks for."""
    form: Form = chosen(request, FORMS, suffix)
    iri, place = BASE + name, f"/doc/{name}"
    links = [
        f'<{addresses.uri(iri)}>; rel="describes"',
        signposting.LICENCE,
        *signposting.links(iri, place, FORMS, form),
        *alternates(place, FORMS, form),
    ]
    tag = service.tag("vocabulary", name, form.suffix)
    if unchanged(request, tag):
        return not_modified(tag, links)
    said = stated(service.base.settings.ontology, name)
    if form is TURTLE:
        return represented(turtle(said, service.base.prefixes), form, tag, links)
    if form is JSONLD:
        return represented(context.jsonld(said, service.base.terms), form, tag, links)
    if form is NTRIPLES:
        return represented(ntriples(said), form, tag, links)
    downloads = [(f.name, f"{place}.{f.suffix}") for f in FORMS if f is not HTML]
    terms = _told(said, iri)
    made = page("vocabulary.html", request, title=_TITLES[name], terms=terms, iri=iri, downloads=downloads)
    return represented(made, form, tag, links)


@lru_cache(maxsize=4)
def stated(ontology: Path, name: str) -> tuple[Triple, ...]:
    """Return what the files of a document state; blank nodes of different files stay apart."""
    found: list[Triple] = []
    for pattern in DOCUMENTS[name]:
        for path in sorted(ontology.glob(pattern)):
            parsed = parse(path.read_bytes(), format=RdfFormat.TURTLE, base_iri=BASE, rename_blank_nodes=True)
            found += [quad.triple for quad in parsed]
    return tuple(found)


def _told(said: tuple[Triple, ...], iri: str) -> list[Told]:
    texts: dict[tuple[str, str], str] = {}
    kinds: dict[str, list[str]] = {}
    for triple in said:
        if not isinstance(triple.subject, NamedNode) or not triple.subject.value.startswith(iri + "#"):
            continue
        s, p, o = triple.subject.value, triple.predicate.value, triple.object
        if isinstance(o, Literal):
            texts.setdefault((s, p), o.value)
        elif p == RDF + "type" and isinstance(o, NamedNode):
            kinds.setdefault(s, []).append(o.value)
    named = {s for s, _ in texts} | set(kinds)
    return [
        Told(
            fragment=s.removeprefix(iri + "#"),
            label=next((texts[s, p] for p in _LABELS if (s, p) in texts), s.removeprefix(iri + "#")),
            kinds=tuple(kind.rpartition("#")[2] for kind in kinds.get(s, ())),
            definition=next((texts[s, p] for p in _TOLD if (s, p) in texts), ""),
        )
        for s in sorted(named, key=str.casefold)
    ]
