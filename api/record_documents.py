"""A record in each of its forms: its versions for people and programs, its statements as RDF."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api import addresses
from api.documents import represented_thing
from api.facts import RecordPlace, content
from api.negotiation import HTML, JSON, JSONLD, NTRIPLES, TURTLE
from api.responses import alternates, chosen, json_bytes, not_modified, represented, unchanged
from api.service import Service
from api.thing import told_versions
from kg import iris
from kg.formats.context import jsonld
from kg.formats.rdf import ntriples, turtle

FORMS = (JSON, HTML, JSONLD, TURTLE, NTRIPLES)


def represented_record(request: Request, service: Service, source: str, id: str, version: int | None) -> Response:
    """Return a record in the form that Accept asks for; as RDF, what a version says, the newest without a number.

    Raises UnknownTerm where there is no such record or version, and for the statements of one that is retracted.
    """
    form = chosen(request, FORMS)
    iri = iris.record(source, id)
    if form is HTML:
        return represented_thing(request, service, iri, "html")
    place = RecordPlace(source, id, version)
    known = told_versions(service, place)
    tag = service.tag("record", iri, str(version), form.suffix)
    links = [f'<{addresses.uri(iri)}>; rel="describes"', *alternates(addresses.document(iri), (HTML, TURTLE), form)]
    if unchanged(request, tag):
        return not_modified(tag, links)
    retracted = version is None and known[-1].action == "retract"
    said = [] if retracted and form is JSON else content(service, place)
    if form is TURTLE:
        return represented(turtle(said, service.base.prefixes), form, tag, links)
    if form is JSONLD:
        return represented(jsonld(said, service.base.terms), form, tag, links)
    if form is NTRIPLES:
        return represented(ntriples(said), form, tag, links)
    shown = None if retracted else version or known[-1].version
    body = {
        "source": source,
        "id": id,
        "iri": iri,
        "version": shown,
        "versions": [version.model_dump() for version in known],
        "triples": [f"{triple} ." for triple in said],
    }
    return represented(json_bytes(body), form, tag, links)
