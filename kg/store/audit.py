"""Checks of a store against itself: the hash chain, the digests, and the engine against the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from pyoxigraph import RdfFormat

from kg.store import canonical, projection
from kg.store.engine import Engine
from kg.store.records import NOTHING, chain_hash

if TYPE_CHECKING:
    from kg.store.journal import Journal


def journal_faults(journal: Journal) -> Iterator[str]:
    """Yield what is wrong with a journal: pages, chain, digests, numbering, index of subjects.

    Raises StoreUnavailable where the file cannot be read at all.
    """
    yield from journal.page_faults()
    before = NOTHING
    numbers: dict[tuple[str, str], int] = defaultdict(int)
    for commit in journal.commits():
        told = (commit.number, commit.time, commit.author, commit.reason, commit.previous_hash, commit.versions)
        if (
            commit.number != before.number + 1
            or commit.previous_hash != before.hash
            or chain_hash(*told) != commit.hash
        ):
            yield f"commit {commit.number} does not follow from commit {before.number}: it was changed or moved"
        for version in commit.versions:
            numbers[version.source, version.id] += 1
            if version.version != numbers[version.source, version.id]:
                yield f"{version.iri} has version {version.version} where {numbers[version.source, version.id]} is due"
        before = commit
    for digest in journal.damaged_contents():
        yield f"the content with digest {digest} is not what was written"
    for iri in journal.unindexed():
        yield f"{iri} says something of a subject that the index does not know"


def engine_faults(journal: Journal, engine: Engine, at: int | None) -> Iterator[str]:
    """Yield where an engine differs from what the journal says that it holds at a commit.

    Raises StoreUnavailable.
    """
    due: dict[str, set[str]] = defaultdict(set)
    for graph, text in projection.whole(journal, at):
        due[graph].update(canonical.lines(text.encode()))
    held = {graph: _lines(engine, graph) for graph in engine.counts()}
    for graph in sorted(due.keys() | held.keys()):
        lacking, foreign = len(due[graph] - held.get(graph, set())), len(held.get(graph, set()) - due[graph])
        if lacking or foreign:
            name = f"graph {graph}" if graph else "the default graph"
            yield f"{name} of the engine lacks {lacking} triples and has {foreign} too many; run `kg rebuild`"


def _lines(engine: Engine, graph: str) -> set[str]:
    output = BytesIO()
    engine.serialise(output, RdfFormat.N_TRIPLES, graph)
    return set(canonical.lines(output.getvalue()))
