"""What the engine must hold, derived from the journal alone: the merged state, the catalogue, the extra graphs.

The same function serves a commit, a replay and a rebuild: each brings an engine from one commit to the newest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pyoxigraph import Literal, NamedNode

from kg.iris import DCTERMS, EV, PROV, RDF, XSD
from kg.store import canonical
from kg.store.lookups import chunks, subject_key
from kg.store.names import CATALOG, graphs_of
from kg.store.records import RecordVersion

if TYPE_CHECKING:
    from kg.store.journal import Journal

_BULK_CHARACTERS: Final = 64_000_000


@dataclass(frozen=True, slots=True)
class Delta:
    """Lines to remove from and to add to each graph."""

    removed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    added: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def delta(journal: Journal, since: int, until: int | None = None) -> Delta:
    """Return what brings an engine that holds commit ``since`` to a later one, the newest without a number.

    A triple goes only when no live record states it any more.

    Raises StoreUnavailable.
    """
    change = Delta()
    for version, content in journal.unchanged_before(since, until):
        _collect(change.removed, version, content)
    for version, content in journal.changed(since, until):
        if version.action == "put":
            _collect(change.added, version, content)
    for graph in change.removed.keys() & change.added.keys():
        kept = change.removed[graph] & change.added[graph]
        change.removed[graph] -= kept
        change.added[graph] -= kept
    _spare_stated(journal, change.removed, until)
    return change


def _spare_stated(journal: Journal, removed: dict[str, set[str]], at: int | None) -> None:
    """Take out of what is to be removed all that a live record still states."""
    speakers = journal.speakers(_subjects(removed))
    for chunk in chunks(speakers):
        subjects = _subjects(removed)
        asked = [record for record in chunk if not speakers[record].isdisjoint(subjects)]
        for version, content in journal.live_among(asked, at):
            stated = set(canonical.lines(content))
            for graph in graphs_of(version.source):
                removed[graph] -= stated


def _subjects(removed: dict[str, set[str]]) -> set[int]:
    return {
        subject_key(canonical.subject(line)) for graph, lines in removed.items() if graph != CATALOG for line in lines
    }


def whole(journal: Journal, at: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield (graph, N-Triples) parts that fill an empty engine with a commit, the newest without a number.

    Raises StoreUnavailable.
    """
    yield from parts_of(journal.live(at))


def parts_of(records: Iterable[tuple[RecordVersion, bytes]]) -> Iterator[tuple[str, str]]:
    """Yield the (graph, N-Triples) parts that live records are in an engine."""
    parts: dict[str, list[str]] = defaultdict(list)
    size = 0
    for version, content in records:
        for graph in graphs_of(version.source):
            parts[graph].append(content.decode())
        parts[CATALOG].append("\n".join(entry(version)) + "\n")
        size += len(content)
        if size > _BULK_CHARACTERS:
            yield from ((graph, "".join(texts)) for graph, texts in parts.items())
            parts.clear()
            size = 0
    yield from ((graph, "".join(texts)) for graph, texts in parts.items())


def entry(version: RecordVersion) -> list[str]:
    """Return the catalogue's lines about a live record."""
    record = NamedNode(version.iri)
    told: list[tuple[str, NamedNode | Literal]] = [
        (RDF + "type", NamedNode(EV + "Record")),
        (EV + "version", Literal(version.version)),
        (EV + "digest", Literal(version.digest)),
        (EV + "graph", NamedNode(version.graph)),
        (PROV + "generatedAtTime", Literal(_canonical(version.time), datatype=NamedNode(XSD + "dateTime"))),
        *((DCTERMS + "source", _iri_or_text(text)) for text in (version.origin,) if text),
        *((DCTERMS + "license", _iri_or_text(text)) for text in (version.licence,) if text),
    ]
    return [f"{record} <{predicate}> {value} ." for predicate, value in told]


def _collect(graphs: dict[str, set[str]], version: RecordVersion, content: bytes) -> None:
    lines = canonical.lines(content)
    for graph in graphs_of(version.source):
        graphs[graph].update(lines)
    graphs[CATALOG].update(entry(version))


def _canonical(time: str) -> str:
    """Return the time of a commit without trailing zeros, as an engine keeps it."""
    seconds, point, fraction = time.removesuffix("Z").partition(".")
    return f"{seconds}{(point + fraction).rstrip('0.')}Z"


def _iri_or_text(text: str) -> NamedNode | Literal:
    if text.startswith(("https://", "http://")):
        try:
            return NamedNode(text)
        except ValueError:
            pass
    return Literal(text)
