"""Triples as text: Turtle and N-Triples, with the project's prefixes; JSON-LD is in ``context.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pyoxigraph import NamedNode, RdfFormat, Triple, serialize


def turtle(triples: Iterable[Triple], prefixes: Mapping[str, str]) -> str:
    """Return triples as Turtle, sorted by subject."""
    return _text(triples, RdfFormat.TURTLE, prefixes)


def ntriples(triples: Iterable[Triple]) -> str:
    """Return triples as N-Triples."""
    return _text(triples, RdfFormat.N_TRIPLES, {})


def _text(triples: Iterable[Triple], form: RdfFormat, prefixes: Mapping[str, str]) -> str:
    ordered = sorted(set(triples), key=str)
    names = {term.value for t in ordered for term in t if isinstance(term, NamedNode)}
    used = {name: space for name, space in prefixes.items() if any(iri.startswith(space) for iri in names)}
    made = serialize(ordered, format=form, prefixes=used)
    return made.decode() if made else ""
