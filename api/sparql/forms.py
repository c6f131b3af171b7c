"""The forms that results of SPARQL are given in, and which of them a request asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from api.negotiation import CSV, JSONLD, NTRIPLES, TURTLE, Form, preferred
from api.problems import Problem

RESULTS_JSON = Form("srj", "application/sparql-results+json", "SPARQL results in JSON")
RESULTS_XML = Form("srx", "application/sparql-results+xml", "SPARQL results in XML")
TSV = Form("tsv", "text/tab-separated-values", "TSV")
RDF_XML = Form("rdf", "application/rdf+xml", "RDF/XML")
TRIG = Form("trig", "application/trig", "TriG")
NQUADS = Form("nq", "application/n-quads", "N-Quads")
_PLAIN_JSON = Form("json", "application/json", "JSON")
_PLAIN_XML = Form("xml", "application/xml", "XML")
_TEXT_XML = Form("xml", "text/xml", "XML")

TABLES: Final = (RESULTS_JSON, RESULTS_XML, CSV, TSV, _PLAIN_JSON, _PLAIN_XML, _TEXT_XML)
"""Of SELECT and ASK."""
GRAPHS: Final = (TURTLE, NTRIPLES, RDF_XML, JSONLD, TRIG, NQUADS)
"""Of CONSTRUCT and DESCRIBE, and of graphs as they are stored."""
_MADE_AS: Final[Mapping[str, str]] = {
    _PLAIN_JSON.media_type: RESULTS_JSON.media_type,
    _PLAIN_XML.media_type: RESULTS_XML.media_type,
    _TEXT_XML.media_type: RESULTS_XML.media_type,
}


def made_as(form: Form) -> str:
    """Return the media type that an engine knows a form by."""
    return _MADE_AS.get(form.media_type, form.media_type)


def accepted(accept: str | None, query: str) -> Form:
    """Return the form for the results of a query of a kind (SELECT, ASK, ...) that an Accept header likes best.

    Raises a problem (406) where none is acceptable.
    """
    return best(accept, TABLES if query in {"SELECT", "ASK"} else GRAPHS)


def best(accept: str | None, offered: Sequence[Form]) -> Form:
    """Return the form that an Accept header likes best, the first of equals.

    Raises a problem (406) where none is acceptable.
    """
    form = preferred(accept, offered)
    if form is None:
        types = [each.media_type for each in offered]
        raise Problem(
            "not-acceptable",
            f"None of the media types accepted is available; available are {', '.join(types)}.",
            more={"available": types},
        )
    return form
