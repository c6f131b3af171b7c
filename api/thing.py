"""A thing of the graph as a page and a body show it: its properties in words, its identifiers, where it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from pyoxigraph import Literal, NamedNode, Triple

from api import addresses
from api.actions import actions
from api.facts import RecordPlace, content, facts, record_place, versions
from api.schemas import Property, Thing, Usage, Value, Version
from api.service import Service
from api.trial_tables import arms, results
from kg import iris
from kg.errors import UnknownTerm
from kg.iris import EV, RDF, RDFS, SKOS

_MOST_USES = 12
_TYPE = RDF + "type"
_LABELS = (RDFS + "label", SKOS + "prefLabel")
_ALSO = (SKOS + "altLabel", EV + "studyLabel")
_MATCHES = tuple(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"))
_ORIGIN = tuple(EV + name for name in ("source", "locator", "sourceKind", "basis", "doubt", "warning", "note"))
_ACTING = (EV + "drug", EV + "receptor")
_DEFINITIONS = (SKOS + "definition", RDFS + "comment")
_ADDRESS_OF = {EV + "doi": "https://doi.org/", EV + "pmid": "https://pubmed.ncbi.nlm.nih.gov/"}
_HIDDEN_KINDS = (SKOS + "Concept", "http://www.w3.org/2002/07/owl#NamedIndividual")


def thing(service: Service, iri: str) -> Thing:
    """Return a thing with everything said about it.

    Raises UnknownTerm where nothing is said about it.
    """
    said = facts(service, iri)
    place = record_place(iri)
    about = [t for t in said if place is None or place.version is None]
    around = list(service.base.query("explore/neighbours", thing=iri).records())
    named = {row["neighbour"]: row["label"] for row in around if row["label"]}
    by_property: dict[str, list[Value]] = {}
    for triple in sorted(about, key=_order):
        by_property.setdefault(triple.predicate.value, []).append(_value(service, triple, named))
    kinds = [t.object.value for t in about if t.predicate.value == _TYPE and isinstance(t.object, NamedNode)]
    is_trial = EV + "RandomisedTrial" in kinds
    acting = sorted({r["neighbour"] for r in around if r["direction"] == "in" and r["property"] in _ACTING})
    shown = {*_LABELS, *_ALSO, *_MATCHES, *_ORIGIN, *_DEFINITIONS, _TYPE} | ({EV + "hasArm"} if is_trial else set())

    def properties(names: Iterable[str]) -> list[Property]:
        return [Property(iri=n, label=service.names.label(n), values=by_property[n]) for n in names if n in by_property]

    def texts(names: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(value.text for n in names for value in by_property.get(n, ())))

    def named_property(name: str) -> str:
        return service.names.label(name).casefold()

    label = next(iter(texts(_LABELS)), service.names.title(iri))
    return Thing(
        iri=iri,
        slug=iris.local(iri),
        label=label,
        title=label if is_trial else service.names.title(iri, next(iter(texts(_LABELS)), None)),
        kinds=[service.names.label(kind) for kind in kinds if kind not in _HIDDEN_KINDS],
        alternatives=[text for text in texts(_ALSO) if text != label],
        definition=next(iter(texts(_DEFINITIONS)), None),
        properties=properties(
            sorted((n for n in by_property if n not in shown), key=lambda n: service.names.label(n).casefold())
        ),
        identifiers=properties(_MATCHES),
        origin=properties(_ORIGIN),
        used=_used(service, around, {*_ACTING, EV + "subject"} | ({EV + "ofTrial"} if is_trial else set())),
        arms=arms(service, iri) if is_trial else None,
        results=results(service, iri) if is_trial else None,
        actions=actions(service, acting) if acting else None,
        versions=told_versions(service, place) if place else None,
        states=_states(service, place) if place else None,
    )


def told_versions(service: Service, place: RecordPlace) -> list[Version]:
    """Return the versions of a record as bodies tell them, oldest first.

    Raises UnknownTerm where there is no such record.
    """
    return [
        Version(
            graph=v.graph,
            version=v.version,
            time=v.time,
            action=v.action,
            author=v.author,
            reason=v.reason,
            digest=v.digest,
            rows=v.origin,
        )
        for v in versions(service, place)
    ]


def _states(service: Service, place: RecordPlace) -> list[Value]:
    """Return the things of which a record speaks."""
    try:
        said = content(service, place)
    except UnknownTerm:  # retracted
        return []
    subjects = sorted({t.subject.value for t in said if isinstance(t.subject, NamedNode)})
    return [_linked(service, iri, None) for iri in subjects]


def _order(triple: Triple) -> tuple[str, str]:
    return triple.predicate.value, str(triple.object)


def _value(service: Service, triple: Triple, named: dict[str, str]) -> Value:
    term, prop = triple.object, triple.predicate.value
    if isinstance(term, NamedNode):
        return _linked(service, term.value, named.get(term.value))
    text = term.value if isinstance(term, Literal) else str(term)
    if prop == EV + "registration":
        return Value(text=text, iri=None, href=addresses.registered(text))
    prefix = _ADDRESS_OF.get(prop)
    return Value(text=text, iri=None, href=addresses.outside(f"{prefix}{text}" if prefix else text))


def _linked(service: Service, iri: str, label: str | None) -> Value:
    if service.names.known(iri):
        return Value(text=label or service.names.label(iri), iri=iri, href=None)
    ours = iri.startswith(iris.BASE)
    text = service.names.title(iri, label) if ours else label or iris.shorten(iri, service.base.prefixes)
    return Value(text=text, iri=iri, href=addresses.page(iri) or addresses.outside(iri))


def _naturally(value: Value) -> list[tuple[int, str]]:
    """Return a key by which 1.2 comes before 1.10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", value.text.casefold())
    ]


def _used(service: Service, around: Iterable[dict[str, str | None]], left_out: set[str]) -> list[Usage]:
    """Return the things that point here, by property, those that can be read first; long lists are cut."""
    seen: dict[tuple[str, str], str | None] = {}
    for row in around:
        prop, neighbour = row["property"], row["neighbour"]
        if row["direction"] == "in" and prop and neighbour and prop not in left_out:
            seen.setdefault((prop, neighbour), row["label"])
    made = []
    for prop, pairs in groupby(sorted(seen), key=lambda pair: pair[0]):
        values = [_linked(service, iri, seen[prop, iri]) for _, iri in pairs if "/node/" not in iri]
        if values:
            values.sort(key=_naturally)
            made.append(
                Usage(property=prop, label=service.names.label(prop), total=len(values), items=values[:_MOST_USES])
            )
    return made
