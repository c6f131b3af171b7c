"""The document of a thing in each of its forms."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import Response

from api import addresses, markup, signposting
from api.facts import facts
from api.negotiation import HTML, JSON, JSONLD, THING_FORMS, TURTLE, Form
from api.responses import alternates, chosen, json_bytes, not_modified, represented, unchanged
from api.service import Service
from api.templating import page
from api.thing import thing
from kg.formats.context import jsonld
from kg.formats.rdf import ntriples, turtle


def represented_thing(
    request: Request, service: Service, iri: str, suffix: str | None, offered: Sequence[Form] = THING_FORMS
) -> Response:
    """Return a thing in the form of a suffix, or in the one that Accept asks for.

    Raises UnknownTerm where nothing is said about it.
    """
    form = chosen(request, offered, suffix)
    place = addresses.document(iri)
    links = [
        f'<{addresses.page(iri) or place}>; rel="canonical"',
        f'<{addresses.uri(iri)}>; rel="describes"',
        *signposting.links(iri, place, THING_FORMS, form),
        *alternates(place, THING_FORMS, form),
    ]
    tag = service.tag("thing", iri, form.suffix)
    said = facts(service, iri)
    if unchanged(request, tag):
        return not_modified(tag, links)
    if form is TURTLE:
        return represented(turtle(said, service.base.prefixes), form, tag, links)
    if form is JSONLD:
        return represented(jsonld(said, service.base.terms), form, tag, links)
    if form not in (HTML, JSON):
        return represented(ntriples(said), form, tag, links)
    found = thing(service, iri)
    if form is JSON:
        return represented(json_bytes(found.model_dump()), form, tag, links)
    downloads = [(f.name, f"{place}.{f.suffix}") for f in THING_FORMS if f is not HTML]
    return represented(
        page("thing.html", request, thing=found, downloads=downloads, markup=markup.thing(found)), form, tag, links
    )
