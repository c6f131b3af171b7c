"""What leaves the store as a file: graphs, records, the evidence table, answers; the suffix says the form."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from pyoxigraph import NamedNode, Quad, RdfFormat, parse, serialize

from kg import revman_export
from kg.errors import EvidenceError, InputRefused, UnknownTerm
from kg.evidence_base import EvidenceBase
from kg.formats import sssom, void
from kg.formats.answer_csv import COLUMNS, answer_csv, answer_rows
from kg.formats.answer_json import answer_json
from kg.formats.answer_rdf import answer_triples
from kg.formats.context import jsonld
from kg.formats.crate import crate_metadata
from kg.formats.rdf import turtle
from kg.formats.rows import rows_csv
from kg.formats.workbook import workbook
from kg.iris import BASE, GRAPH
from kg.model.answer import Answer
from kg.nearest import nearest
from kg.store import plain
from kg.table import FOLDER

_GRAPH_FORMS = {".ttl": RdfFormat.TURTLE, ".nt": RdfFormat.N_TRIPLES, ".jsonld": RdfFormat.JSON_LD}
_NAMED = ("answer", "review", "graph")
_FOLDERS = ("answer", "review")
_DATASET_FORMS = {".trig": RdfFormat.TRIG, ".nq": RdfFormat.N_QUADS}

Forms = dict[str, Callable[[IO[bytes]], object]]
"""What writes each form of a part of the store, by the suffix of a file."""


def export(base: EvidenceBase, what: str, to: Path) -> None:
    """Write a part of the store to a file, whole or not at all; a dump of all of it has its description beside it.

    Raises InputRefused where nothing is known by that name, or the form does not suit it; UnknownTerm for an answer.
    """
    kind, _, name = what.partition(":")
    makers: dict[str, Callable[[], Forms]] = {
        "current": lambda: _current(base),
        "all": lambda: _all(base),
        "graph": lambda: _graph(base, name),
        "records": lambda: _records(base),
        "evidence": lambda: _made(_evidence(base)),
        "mappings": lambda: _made({".tsv": lambda: _mappings(base).encode()}),
        "answer": lambda: _made(_answer(base, base.answered(name))),
        "review": lambda: _made({".zip": lambda: revman_export.packed(revman_export.of_review(base, name))}),
    }
    if kind not in makers or (kind in _NAMED) != bool(name):
        raise InputRefused(
            f"{what!r} cannot be exported; say all, current, graph:NAME, records, evidence, mappings, answer:ID or "
            "review:NAME"
        )
    if kind in _FOLDERS and not to.suffix:
        revman_export.write(revman_export.of(base, kind, name), to)
        return
    forms = makers[kind]()
    if to.suffix not in forms:
        more = ", or a folder of RevMan's tables" if kind in _FOLDERS else ""
        raise InputRefused(f"{what} has no form {to.suffix or to.name!r}; it has {', '.join(forms)}{more}")
    _written(to, forms[to.suffix])
    if kind == "all":
        _written(to.with_name(f"{to.name}.void.ttl"), lambda out: out.write(_described(base, to.name).encode()))


def _written(to: Path, make: Callable[[IO[bytes]], object]) -> None:
    """Write a file as it is made, under another name until it is whole."""
    fresh = to.with_name(f".{to.name}.new")
    try:
        with fresh.open("wb") as out:
            make(out)
        fresh.replace(to)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        if isinstance(error, EvidenceError):
            raise
        raise InputRefused(f"{to} cannot be written ({error.strerror}); name a place that can be written to") from error
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _made(forms: dict[str, Callable[[], bytes]]) -> Forms:
    return {suffix: lambda out, make=make: out.write(make()) for suffix, make in forms.items()}  # type: ignore[misc]


def _dump(base: EvidenceBase, form: RdfFormat, graph: str | None) -> Callable[[IO[bytes]], object]:
    return lambda out: base.store.engine.serialise(out, form, graph)


def _current(base: EvidenceBase) -> Forms:
    everything = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
    return {
        **{suffix: _dump(base, form, "") for suffix, form in {**_GRAPH_FORMS, **_DATASET_FORMS}.items()},
        **_made(
            {
                ".ttl": lambda: turtle(base.store.construct(everything), base.prefixes).encode(),
                ".graphml": lambda: _graphml(base),
            }
        ),
    }


def _all(base: EvidenceBase) -> Forms:
    forms = {**_DATASET_FORMS, ".jsonld": RdfFormat.JSON_LD}
    return {suffix: _dump(base, form, None) for suffix, form in forms.items()}


def _graph(base: EvidenceBase, name: str) -> Forms:
    """Give one graph of the store by the last part of its name.

    Raises UnknownTerm where there is none.
    """
    graphs = {(iri.removeprefix(GRAPH) or "current"): iri for iri in base.store.engine.counts()}
    if name not in graphs:
        raise UnknownTerm(f"there is no graph {name!r}; there are {', '.join(graphs)}", nearest(name, graphs))
    return {suffix: _dump(base, form, graphs[name]) for suffix, form in _GRAPH_FORMS.items()}


def _described(base: EvidenceBase, file: str) -> str:
    used = base.store.select("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p").rows
    properties = {str(plain(p)): int(str(plain(n))) for p, n in used}
    classes = {row["class"]: row["things"] for row in base.query("explore/counts").records()}
    about = {"modified": base.store.head().time, "version": base.store.fingerprint(), "file": file}
    return turtle(void.described(base.store.engine.counts(), classes, properties, about), base.prefixes)


def _mappings(base: EvidenceBase) -> str:
    query = base.catalog["explore/mappings"]
    rows = query.run(base.store, dict.fromkeys(query.params, ()))
    head = base.store.head()
    return sssom.mappings(rows.records(), base.prefixes, base.store.fingerprint(), head.time[:10])


def _records(base: EvidenceBase) -> Forms:
    """Every live record as the named graph of its version."""

    def dump(out: IO[bytes], form: RdfFormat) -> None:
        quads = (
            Quad(q.subject, q.predicate, q.object, NamedNode(head.graph))
            for head in base.store.heads()
            for q in parse(base.store.content(head.source, head.id), format=RdfFormat.N_TRIPLES)
        )
        serialize(quads, out, format=form)

    return {s: lambda out, f=f: dump(out, f) for s, f in _DATASET_FORMS.items()}  # type: ignore[misc]


def _evidence(base: EvidenceBase) -> dict[str, Callable[[], bytes]]:
    """Give the results of arms as CSV, every table as the sheets of a workbook."""
    return {
        ".csv": lambda: rows_csv(base.table.rows(f"{FOLDER}arm-results")).encode(),
        ".xlsx": lambda: workbook(
            {
                name.removeprefix(FOLDER): (base.table.rows(name).columns, base.table.rows(name).rows)
                for name in base.table.names
            }
        ),
    }


def _graphml(base: EvidenceBase) -> bytes:
    import networkx as nx  # noqa: PLC0415

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for row in base.store.select("SELECT ?s ?p ?o WHERE { ?s ?p ?o FILTER (isIRI(?o)) }").rows:
        s, p, o = (str(getattr(t, "value", t)) for t in row)
        graph.add_edge(s, o, predicate=p)
    for node in graph:
        graph.nodes[node]["label"] = base.vocabulary.label(node) if node.startswith(BASE) else node
    return "\n".join(nx.generate_graphml(graph)).encode()


def _answer(base: EvidenceBase, answer: Answer) -> dict[str, Callable[[], bytes]]:
    from kg import charts  # noqa: PLC0415

    rows = [[row.get(name) for name in COLUMNS] for row in answer_rows(answer)]
    forms: dict[str, Callable[[], bytes]] = {
        ".json": lambda: json.dumps(answer_json(answer), indent=2, ensure_ascii=False, allow_nan=False).encode(),
        ".csv": lambda: answer_csv(answer).encode(),
        ".xlsx": lambda: workbook({"answer": (COLUMNS, rows)}),
        ".ttl": lambda: turtle(answer_triples(answer), base.prefixes).encode(),
        ".jsonld": lambda: jsonld(answer_triples(answer), base.terms).encode(),
        ".svg": lambda: charts.svg(charts.forest(answer)).encode(),
        ".png": lambda: charts.png(charts.forest(answer)),
    }
    return {**forms, ".zip": lambda: _crate(base, answer, forms)}


def _crate(base: EvidenceBase, answer: Answer, forms: dict[str, Callable[[], bytes]]) -> bytes:
    """Return an RO-Crate: the answer in every form, the queries that selected it, and what they are."""
    files = {f"answer{suffix}": make() for suffix, make in forms.items()}
    files |= {f"queries/{name}.rq": base.catalog[name].text.encode() for name in answer.provenance.queries}
    files["ro-crate-metadata.json"] = crate_metadata(answer, sorted(files)).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0)), content)
    return out.getvalue()
