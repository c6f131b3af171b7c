"""What the shapes reach around a candidate: what a small graph needs of the store for the verdict of the whole."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import NamedNode, Triple

from kg.catalog import Selects
from kg.iris import BASE, EV, RDF

DEPTH = 3
_CHUNK = 500
_BACK = ("hasArm", "ofTrial", "ofAnalysis")
"""Properties that shapes follow from their object to their subjects."""


def closure(engine: Selects, triples: Iterable[Triple], depth: int = DEPTH) -> set[Triple]:
    """Return the statements of the store about everything that a candidate points to, a few steps far.

    A trial brings its arms and all its results, since rules about a trial look at these together. Of what lies at the
    edge the types are there, since rules ask for them.
    """
    stated = list(triples)
    around: set[Triple] = set()
    seen: set[str] = set()
    frontier = {name for t in stated for name in _ours(t)}
    for _ in range(depth):
        frontier -= seen
        if not frontier:
            break
        seen |= frontier
        found = _about(engine, sorted(frontier))
        around |= found
        frontier = {name for t in found for name in _ours(t)}
    return around | _about(engine, sorted(frontier - seen), f"VALUES ?p {{ <{RDF}type> }} VALUES ?s {{ %s }} ?s ?p ?o")


def _ours(triple: Triple) -> list[str]:
    named = (triple.subject, triple.object)
    return [
        t.value for t in named if isinstance(t, NamedNode) and t.value.startswith(BASE) and not t.value.startswith(EV)
    ]


_WAYS = (
    "VALUES ?s { %s } ?s ?p ?o",
    f"VALUES ?o {{ %s }} VALUES ?p {{ {' '.join(f'<{EV}{name}>' for name in _BACK)} }} ?s ?p ?o",
)


def _about(engine: Selects, names: list[str], *ways: str) -> set[Triple]:
    found: set[Triple] = set()
    for start in range(0, len(names), _CHUNK):
        values = " ".join(f"<{name}>" for name in names[start : start + _CHUNK])
        for way in ways or _WAYS:
            rows = engine.select(f"SELECT ?s ?p ?o WHERE {{ {way % values} }}").rows
            found.update(Triple(s, p, o) for s, p, o in rows)  # type: ignore[arg-type]
    return found
