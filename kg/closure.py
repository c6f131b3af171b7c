"""What the shapes reach around a candidate: what a small graph needs of the store for the verdict of the whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Triple

from kg.catalog import Selects
from kg.iris import BASE, EV, RDF, RDFS, SKOS
from kg.lookalikes import skeletons

DEPTH = 3
_CHUNK = 100
_LABELS = (RDFS + "label", SKOS + "prefLabel", SKOS + "altLabel")
_KNOWN = (f"<{SKOS}inScheme> ?scheme", *(f"a <{EV}{name}>" for name in ("Drug", "DrugClass", "Receptor")))
"""What is said of the terms that people ask for, and not of the many that came with files and wait for a curator."""
_BACK = ("hasArm", "ofTrial", "ofAnalysis")
"""Properties that shapes follow from their object to their subjects."""
_OF_TRIAL = EV + "ofTrial"
_LISTS = (EV + "includedTrial", EV + "analysedTrial")
_TYPE = NamedNode(RDF + "type")
_LISTING = NamedNode(EV + "SubgroupAssignment")
"""What reviews say of trials: no rule asks more of a trial that is only listed than its class."""


def closure(engine: Selects, triples: Iterable[Triple], depth: int = DEPTH) -> set[Triple]:
    """Return the statements of the store about everything that a candidate points to, a few steps far.

    A trial brings its arms and all its results, since rules about a trial look at these together. Of what lies at the
    edge the types are there, since rules ask for them.
    """
    stated = list(triples)
    around: set[Triple] = set()
    seen: set[str] = set()
    frontier, listed = _named(stated)
    for _ in range(depth):
        frontier -= seen
        if not frontier:
            break
        seen |= frontier
        found = _about(engine, sorted(frontier))
        around |= found
        frontier, more = _named(found)
        listed |= more
    around |= _alike(engine, stated)
    edge = sorted((frontier | listed) - seen)
    return around | set(_rows(engine, edge, f"VALUES ?s {{{{ {{names}} }}}} ?s <{RDF}type> ?o", RDF + "type"))


def _named(triples: Collection[Triple]) -> tuple[set[str], set[str]]:
    """Return the things that statements name: those to look at, and those that are only listed."""
    listing = {t.subject for t in triples if t.predicate == _TYPE and t.object == _LISTING}
    followed, listed, seen = set[str](), set[str](), set[object]()
    for t in triples:
        subject, said = t.subject, t.object
        if subject not in seen:
            seen.add(subject)
            followed.update(_ours(subject))
        if not isinstance(said, NamedNode) or (named := _ours(said)) == ():
            continue
        path = t.predicate.value
        only = path in _LISTS or (path == _OF_TRIAL and subject in listing)
        (listed if only else followed).update(named)
    return followed, listed


def _alike(engine: Selects, stated: Iterable[Triple]) -> set[Triple]:
    """Return the labels of known terms that are drawn as labels of a candidate; labels in ASCII alone are no doubt."""
    drawn = {
        form
        for t in stated
        if t.predicate.value in _LABELS and isinstance(t.object, Literal) and not t.object.value.isascii()
        for form in skeletons(t.object.value)
    }
    if not drawn:
        return set()
    rows = [row for kind in _KNOWN for label in _LABELS for row in _labelled(engine, kind, label)]
    return {t for t in rows if isinstance(t.object, Literal) and skeletons(t.object.value) & drawn}


def _labelled(engine: Selects, kind: str, label: str) -> Iterator[Triple]:
    rows = engine.select(f"SELECT ?s ?o WHERE {{ ?s {kind} . ?s <{label}> ?o }}").rows
    return (Triple(s, NamedNode(label), o) for s, o in rows)  # type: ignore[arg-type]


def _ours(term: object) -> tuple[str, ...]:
    own = isinstance(term, NamedNode) and term.value.startswith(BASE) and not term.value.startswith(EV)
    return (term.value,) if own else ()  # type: ignore[attr-defined]


def _about(engine: Selects, names: list[str]) -> set[Triple]:
    """Return what is said of things, and what the properties that shapes follow backwards say with them as object."""
    found = set(_rows(engine, names, "VALUES ?s {{ {names} }} ?s ?p ?o"))
    for path in _BACK:
        found.update(_rows(engine, names, f"VALUES ?o {{{{ {{names}} }}}} ?s <{EV}{path}> ?o", EV + path))
    return found


def _rows(engine: Selects, names: list[str], pattern: str, path: str | None = None) -> Iterator[Triple]:
    """Yield the statements that fit a pattern.

    The pattern has one block of values: with two, the engine looks through every statement of the store.
    """
    for start in range(0, len(names), _CHUNK):
        values = " ".join(f"<{name}>" for name in names[start : start + _CHUNK])
        where = pattern.format(names=values)
        if path is None:
            yield from (Triple(s, p, o) for s, p, o in engine.select(f"SELECT ?s ?p ?o WHERE {{ {where} }}").rows)  # type: ignore[arg-type]
        else:
            rows = engine.select(f"SELECT ?s ?o WHERE {{ {where} }}").rows
            yield from (Triple(s, NamedNode(path), o) for s, o in rows)  # type: ignore[arg-type]
