"""Trial-set selection and a whole question, in process, beside the same queries on rdflib's in-memory engine.

Run with ``make bench``, or ``python -m benchmarks.selection [TRIALS]``. Both engines hold the same triples and give
the same rows; figures are medians of five runs in this process, the ratio is rdflib's over ours.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import rdflib
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from benchmarks import generated
from kg import iris
from kg.evidence.answering import Ground, answer
from kg.evidence_base import EvidenceBase
from kg.model.question import Question, Term
from kg.selection import trial_set
from kg.settings import Settings
from kg.store import Change, Solutions, from_rdflib
from kg.table import QueriedRows
from kg.triples import key, triples

RUNS = 5


class RdflibEngine:
    """The queries of the collection on rdflib's own engine."""

    def __init__(self, graph: rdflib.Graph) -> None:
        self._graph = graph

    def select(self, query: str) -> Solutions:
        """Return the solutions of a SELECT query."""
        result: Any = self._graph.query(query)
        names = tuple(map(str, result.vars))
        return Solutions(names, [tuple(_term(row[name]) for name in names) for row in result])


def _term(term: Any) -> NamedNode | Literal | None:
    if term is None:
        return None
    triple = next(from_rdflib([(rdflib.URIRef("urn:s"), rdflib.URIRef("urn:p"), term)]))
    made = triple.object
    assert isinstance(made, NamedNode | Literal)
    return made


def store(count: int) -> EvidenceBase:
    """Return the bundled evidence with generated trials beside it, in memory."""
    base = EvidenceBase.open(Settings.read("memory:"))
    units: dict[tuple[str, str], set[Triple]] = {}
    for row in generated.trials(count):
        units.setdefault(key(row), set()).update(triples(row))
    drugs = [iris.thing("drug", f"generated-drug-{number}") for number in range(generated.DRUGS)]
    label, kind = NamedNode(iris.RDFS + "label"), NamedNode(iris.RDF + "type")
    units["drugs", "generated"] = {
        t
        for drug in drugs
        for t in (
            Triple(NamedNode(drug), kind, NamedNode(iris.EV + "Drug")),
            Triple(NamedNode(drug), label, Literal(iris.local(drug), language="en")),
        )
    }
    changes = [Change(source, name, statements) for (source, name), statements in units.items() if source != "reviews"]
    included = [t for (source, _), statements in units.items() if source == "reviews" for t in statements]
    changes.append(Change("generated-review", "included", included))
    base.store.commit(changes, "benchmark", "generated trials")
    return EvidenceBase(base.settings, base.store)


def median(run: Callable[[], object]) -> float:
    """Return the median time of a call over the runs, in seconds, after one that is not counted."""
    run()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main(count: int = 1000) -> None:
    """Compare, and print a table."""
    base = store(count)
    peer_graph = rdflib.Graph()
    out = base.store.construct("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    from pyoxigraph import serialize  # noqa: PLC0415

    peer_graph.parse(data=serialize(out, format=RdfFormat.N_TRIPLES) or b"", format="nt")
    peer = QueriedRows(base.catalog, RdflibEngine(peer_graph))
    protocol = base.protocol()
    question = Question(
        intervention=Term(iris.thing("drug", "generated-drug-7"), "generated drug 7"),
        comparator=Term(iris.thing("drug", "placebo"), "placebo"),
        outcome=base.vocabulary.outcome("pain-intensity").term,
        band=base.vocabulary.resolve("short-term", "bands").term,
        protocol=protocol.name,
    )
    ours, theirs = base.ground(), replace(base.ground(), rows=peer)

    def select(ground: Ground) -> object:
        return trial_set(question, protocol, ground.rows, ground.vocabulary)

    assert select(ours) == select(theirs), "both give the same trial set"
    assert answer(question, protocol, ours).id == answer(question, protocol, theirs).id
    print(f"{count} generated trials, {len(out)} triples; medians of {RUNS} runs")
    print(f"{platform.machine()}, Python {platform.python_version()}, " + _versions())
    print(f"{'':28}{'ours':>12}{'rdflib':>12}{'ratio':>9}")
    for name, run in (
        ("select the trial set", select),
        ("answer the whole question", lambda ground: answer(question, protocol, ground)),
    ):
        a, b = median(lambda run=run: run(ours)), median(lambda run=run: run(theirs))  # type: ignore[misc]
        print(f"{name:28}{a * 1000:9.2f} ms{b * 1000:9.1f} ms{b / a:9.0f}")


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in ("rdflib", "pyoxigraph", "numpy", "scipy"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
