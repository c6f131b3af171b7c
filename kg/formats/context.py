"""The JSON-LD context: the prefixes of the project and the terms of its vocabulary, and triples written by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.iris import EV, RDF, RDFS, XSD, prefixes

_OWL = "http://www.w3.org/2002/07/owl#"
_TYPE = RDF + "type"
_STRING = XSD + "string"
_DATATYPES = frozenset(XSD + name for name in ("decimal", "integer", "boolean", "date", "dateTime", "anyURI"))
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LOCAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./~-]*")


class Terms:
    """What names stand for: prefixes, classes and properties, and of which kind the values of a property are."""

    def __init__(self, ontology: Path, spaces: Mapping[str, str]) -> None:
        self.context: dict[str, Any] = {"@version": 1.1}
        self.prefixes = {name: space for name, space in spaces.items() if space.endswith(("/", "#"))}
        for name, space in spaces.items():
            self.context[name] = space if name in self.prefixes else {"@id": space, "@prefix": True}
        self.of: dict[str, str] = {}
        self.kind: dict[str, str] = {}
        kinds, ranges = _declared(ontology)
        for iri, kind in sorted(kinds.items()):
            name = iri.removeprefix(EV)
            if not iri.startswith(EV) or not _NAME.fullmatch(name) or name in self.context:
                continue
            self.of[iri] = name
            said: dict[str, str] | str = f"ev:{name}"
            if kind == "ObjectProperty":
                self.kind[iri] = "@id"
                said = {"@id": f"ev:{name}", "@type": "@id"}
            elif kind == "DatatypeProperty" and ranges.get(iri) in _DATATYPES:
                self.kind[iri] = ranges[iri]
                said = {"@id": f"ev:{name}", "@type": f"xsd:{ranges[iri].removeprefix(XSD)}"}
            self.context[name] = said


@lru_cache(maxsize=4)
def terms(ontology: Path) -> Terms:
    """Return the terms of an ontology folder, the same object for the same folder."""
    return Terms(ontology, prefixes(ontology))


def _declared(ontology: Path) -> tuple[dict[str, str], dict[str, str]]:
    kinds: dict[str, str] = {}
    ranges: dict[str, str] = {}
    for name in ("evidence", "answers"):
        for quad in parse((ontology / f"{name}.ttl").read_bytes(), format=RdfFormat.TURTLE):
            s, p, o = quad.triple
            if not isinstance(s, NamedNode) or not isinstance(o, NamedNode):
                continue
            if p.value == _TYPE and o.value in {_OWL + k for k in ("Class", "ObjectProperty", "DatatypeProperty")}:
                kinds[s.value] = o.value.removeprefix(_OWL)
            elif p.value == RDFS + "range":
                ranges[s.value] = o.value
    return kinds, ranges


def document(known: Terms) -> str:
    """Return the context as a document of its own."""
    return json.dumps({"@context": known.context}, indent=1, ensure_ascii=False) + "\n"


def jsonld(triples: Iterable[Triple], known: Terms) -> str:
    """Return triples as JSON-LD in the words of the context, with that part of it which they need."""
    writer = _Writer(known)
    nodes: dict[str, dict[str, Any]] = {}
    for triple in sorted(set(triples), key=str):
        subject = writer.name(_iri(triple.subject))
        writer.add(nodes.setdefault(subject, {"@id": subject}), triple)
    graph = list(nodes.values())
    used = {name: known.context[name] for name in known.context if name in writer.used or name == "@version"}
    body = {"@context": used, **(graph[0] if len(graph) == 1 else {"@graph": graph})}
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


class _Writer:
    def __init__(self, known: Terms) -> None:
        self._known = known
        self.used: set[str] = set()

    def add(self, node: dict[str, Any], triple: Triple) -> None:
        prop = triple.predicate.value
        if prop == _TYPE and isinstance(triple.object, NamedNode):
            key, value = "@type", self._word(triple.object.value)
        else:
            key, value = self._word(prop), self._value(triple.object, self._known.kind.get(prop))
        node.setdefault(key, []).append(value)

    def _word(self, iri: str) -> str:
        """Return a class or a property as a term, a CURIE or the IRI itself."""
        term = self._known.of.get(iri)
        if term is None:
            return self.name(iri)
        self.used |= {term, "ev"} | ({"xsd"} if self._known.kind.get(iri, "@id") != "@id" else set())
        return term

    def name(self, iri: str) -> str:
        """Return an IRI as a CURIE where it has one that cannot be read in another way."""
        fitting = [(space, prefix) for prefix, space in self._known.prefixes.items() if iri.startswith(space)]
        if fitting:
            space, prefix = max(fitting, key=lambda pair: len(pair[0]))
            if _LOCAL.fullmatch(iri[len(space) :]):
                self.used.add(prefix)
                return f"{prefix}:{iri[len(space) :]}"
        return iri

    def _value(self, term: object, kind: str | None) -> Any:
        if not isinstance(term, Literal):
            name = self.name(_iri(term))
            return name if kind == "@id" else {"@id": name}
        datatype = term.datatype.value
        if term.language:
            return {"@value": term.value, "@language": term.language}
        if datatype == kind:
            return term.value
        if datatype == _STRING:
            return term.value if kind is None else {"@value": term.value}
        return {"@value": term.value, "@type": self.name(datatype)}


def _iri(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)
