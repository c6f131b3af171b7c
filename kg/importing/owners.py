"""Which record each statement of an RDF file belongs to: by its graph, else by the thing that it is about."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple, parse

from kg.errors import InputRefused
from kg.importing.reserved import OF_ONE_KIND, OF_THE_STORE
from kg.iris import BASE, EV, SLUG
from kg.model.records import Origin, Statements
from kg.sources import rdf
from kg.sources.incoming import Incoming, Unit, Unreadable
from kg.sources.rdf_records import check, record_of
from kg.store import Store
from kg.store.canonical import canonical

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

SOURCE = "rdf"
"""Source of records whose file does not say one."""
_UP: Final = {EV + name for name in ("ofTrial", "ofAnalysis", "drug", "subject", "ofReview")}
_DOWN: Final = {EV + "hasArm"}
OF_SOURCES: Final = ("result", "contrast", "judgement")
"""Kinds of things whose IRIs begin with the source of their record."""
_DEEP: Final = 4
_MOST: Final = 1_000_000
"""Statements without a graph in one file; which record they belong to is known when all are read."""


def records(base: EvidenceBase, path: Path) -> Iterator[Incoming]:
    """Yield the records of an RDF file.

    A named graph is a record. What stands in no graph goes with the trial, drug, review ... that it is about: where it
    speaks of all that an existing record says something of, it is a new version of that record; else it is a record
    of its own beside it.

    Raises InputRefused for a file that does not parse, names a graph that is no record, or has blank nodes.
    """
    loose: dict[str, list[Quad]] = defaultdict(list)
    faults: dict[tuple[str, str], str] = {}
    count = 0
    with closing(sqlite3.connect("")) as disk:  # a database without a name lies in a temporary file
        disk.execute("CREATE TABLE said (number INTEGER PRIMARY KEY, source TEXT, id TEXT, line TEXT)")
        for quad in rdf.quads(path):
            if isinstance(quad.graph_name, DefaultGraph):
                check(quad, path.name)
                count += 1
                if count > _MOST:
                    raise InputRefused(f"{path.name}: more than {_MOST} statements without a graph; split it")
                assert isinstance(quad.subject, NamedNode), "blank nodes were refused"
                loose[quad.subject.value].append(quad)
                continue
            own, _ = record_of(quad, path.name, None)
            try:
                check(quad, path.name)
            except InputRefused as refused:
                faults.setdefault(own, str(refused).removeprefix(f"{path.name}: "))
            disk.execute("INSERT INTO said (source, id, line) VALUES (?, ?, ?)", (*own, f"{quad.triple} ."))
        disk.execute("CREATE INDEX by_record ON said (source, id)")
        order = "SELECT source, id FROM said GROUP BY source, id ORDER BY min(number)"
        for source, name in disk.execute(order).fetchall():
            own = (source, name)
            told = disk.execute("SELECT line FROM said WHERE source = ? AND id = ?", own)
            lines = [line for (line,) in told]
            if (own in faults or own[0] in OF_THE_STORE) and _is_there(base.store, own, lines):
                continue  # an export of all records has those that a store keeps itself
            if own in faults:
                yield Unreadable(str(path), f"record {'/'.join(own)}: {faults[own]}")
            else:
                yield _unit(source, name, lines, path)
    for owner, subjects in by_owner(loose).items():
        source, name = new_record(base.store, owner, subjects)
        yield _unit(source, name, [f"{q.triple} ." for s in subjects for q in loose[s]], path)


def _is_there(store: Store, own: tuple[str, str], lines: list[str]) -> bool:
    """Tell whether a store holds a record exactly as some lines state it."""
    newest = store.latest([own]).get(own)
    if newest is None or newest.action == "retract":
        return False
    try:
        stated = parse("\n".join(lines).encode(), format=RdfFormat.N_TRIPLES)
        return canonical(Triple(q.subject, q.predicate, q.object) for q in stated) == store.content(*own)
    except (InputRefused, SyntaxError, ValueError):
        return False


def _unit(source: str, name: str, lines: list[str], path: Path) -> Unit:
    text = "\n".join(dict.fromkeys(lines)) + "\n"
    row = Statements(origin=Origin(path.name, 0), record_source=source, record_id=name, ntriples=text)
    return Unit(source, name, (row,), str(path))


def by_owner(loose: dict[str, list[Quad]]) -> dict[str, list[str]]:
    """Return the subjects of statements by the thing that they belong to, in the order of the file."""
    up: dict[str, str] = {}
    for subject, said in loose.items():
        for quad in said:
            if isinstance(quad.object, NamedNode):
                if quad.predicate.value in _UP:
                    up.setdefault(subject, quad.object.value)
                elif quad.predicate.value in _DOWN:
                    up[quad.object.value] = subject
    made: dict[str, list[str]] = defaultdict(list)
    for subject in loose:
        owner = subject
        for _ in range(_DEEP):
            above = up.get(owner) or _above(owner)
            if above is None or above == owner:
                break
            owner = above
        made[owner].append(subject)
    return made


def _above(iri: str) -> str | None:
    """Return the trial of an arm, the analysis of an estimate: what an IRI says of where a thing belongs."""
    if not iri.startswith(BASE):
        return None
    kind, *path = iri.removeprefix(BASE).split("/")
    return f"{BASE}{kind}/{path[0]}" if kind in ("trial", "analysis") and len(path) > 1 else None


def new_record(store: Store, owner: str, subjects: list[str]) -> tuple[str, str]:
    """Return the record of a thing: the one that it is a whole version of, one of its own source, one beside."""
    kind, _, slug = owner.removeprefix(BASE).partition("/")
    if not owner.startswith(BASE) or not SLUG.fullmatch(kind) or not SLUG.fullmatch(slug):
        raise InputRefused(f"<{owner[:120]}> is no name of a thing here; use <{BASE}KIND/SLUG>, or put it into a graph")
    stated = set(subjects)
    for version, content in store.stating([owner]):
        known = {line[1 : line.index(">")] for line in content.decode().splitlines()}
        if version.source not in OF_THE_STORE and known <= stated:
            return version.source, version.id
    sources = {
        parts[1]
        for subject in subjects
        if (parts := subject.removeprefix(BASE).split("/"))[0] in OF_SOURCES and len(parts) > 3
    }
    if kind == "trial" and len(sources) == 1 and not sources & (OF_THE_STORE | OF_ONE_KIND):
        own = (sources.pop(), slug)
        newest = store.latest([own]).get(own)
        if newest is None or newest.action == "retract":
            return own
    return SOURCE, f"{kind}-{slug}"
