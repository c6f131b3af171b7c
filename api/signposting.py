"""FAIR Signposting: typed links from any document to the name, facts, kind and list of what it is about."""

from __future__ import annotations

from collections.abc import Sequence

from api import addresses
from api.negotiation import HTML, Form
from kg.iris import BASE

LICENCE = '<https://spdx.org/licenses/Apache-2.0>; rel="license"'
"""Of what the project wrote itself; evidence has the licence of its sources, which their records name."""
_SCHEMA = "https://schema.org/"
_KINDS = {
    "trial": "MedicalTrial",
    "drug": "Drug",
    "drug-class": "DefinedTerm",
    "condition": "MedicalCondition",
    "adverse-effect": "MedicalSignOrSymptom",
    "receptor": "BioChemEntity",
    "review": "MedicalScholarlyArticle",
    "answer": "Dataset",
    "query": "SoftwareSourceCode",
}
_LISTS = {kind: f"/{noun}" for noun, kind in addresses.NOUNS.items()} | {"query": "/queries"}


def schema_type(iri: str) -> str:
    """Return the class of schema.org that a thing is one of."""
    return _KINDS.get(_kind(iri), "DefinedTerm") if "/" not in _rest(iri) else "Thing"


def links(iri: str, place: str, offered: Sequence[Form], shown: Form) -> list[str]:
    """Return the links of a document about a thing: to its name, its kind and list, and, of a page, to its facts."""
    made = [f'<{addresses.uri(iri)}>; rel="cite-as"', f'<{_SCHEMA}{schema_type(iri)}>; rel="type"']
    if shown is HTML:
        made.append(f'<{_SCHEMA}AboutPage>; rel="type"')
        made += [
            f'<{place}.{form.suffix}>; rel="describedby"; type="{form.media_type}"'
            for form in offered
            if form is not HTML and form.media_type not in {"image/svg+xml", "image/png", "text/csv"}
        ]
    if "/" not in _rest(iri) and _kind(iri) in _LISTS:
        made.append(f'<{_LISTS[_kind(iri)]}>; rel="collection"')
    return made


def items(places: Sequence[str]) -> list[str]:
    """Return the links of a list to the things on it."""
    return [f'<{place}>; rel="item"' for place in places]


def _kind(iri: str) -> str:
    return iri.removeprefix(BASE).partition("/")[0]


def _rest(iri: str) -> str:
    rest = iri.removeprefix(BASE).partition("/")[2]
    return "" if _kind(iri) == "query" else rest
