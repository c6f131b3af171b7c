"""Records for the tests of the store, and a writer that runs until it is killed."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple

from kg.store import Change, Store

THINGS = "https://w3id.org/evigraph/thing/"


def iri(name: str) -> NamedNode:
    return NamedNode(THINGS + name)


def triple(subject: str, predicate: str, value: str | int) -> Triple:
    return Triple(iri(subject), iri(predicate), Literal(value))


def change(id: str, *triples: Triple, source: str = "tests", origin: str = "") -> Change:
    return Change(source, id, triples, origin=origin)


def retraction(id: str, source: str = "tests") -> Change:
    return Change(source, id, None)


def triples(name: str, count: int) -> list[Triple]:
    return [triple(f"{name}/{i // 10}", f"p{i % 10}", f"{name} {i}") for i in range(count)]


def graph_lines(store: Store, graph: str = "") -> list[str]:
    """The sorted triples of a graph of the engine, the default graph without a name."""
    output = BytesIO()
    store.engine.serialise(output, RdfFormat.N_TRIPLES, graph)
    return sorted(output.getvalue().decode().splitlines())


def stated(store: Store) -> list[str]:
    """The sorted union of what the live records state, by the journal."""
    return sorted({line for v in store.heads() for line in store.content(v.source, v.id).decode().splitlines()})


def checkpoints(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "checkpoints").iterdir())


def numbered_changes(number: int) -> list[Change]:
    """The changes of one commit of a history in which every commit changes something."""
    slot = number % 7
    changes = [
        change(
            f"slot-{slot}",
            triple("shared", "says", slot % 3),
            triple(f"slot-{slot}", "number", number),
            *triples(f"slot-{slot}-{number % 2}", 30),
        ),
        change("counter", triple("counter", "number", number), triple("shared", "says", 0)),
    ]
    if number % 5 == 0 and number > 7:
        changes.append(retraction(f"slot-{(number - 1) % 7}"))
    return changes


def replayed(store: Store, until: int) -> Store:
    """Bring a store that follows the numbered history up to a commit."""
    for number in range(store.head().number + 1, until + 1):
        store.commit(numbered_changes(number), "tester", f"commit {number}")
    return store


def write_until_killed(url: str, acknowledged: Connection) -> None:
    with Store.open(url, "write") as store:
        while True:
            number = store.head().number + 1
            done = store.commit(numbered_changes(number), "tester", f"commit {number}")
            acknowledged.send(done.number)


def hold_lock(url: str, told: Connection, changes: Iterable[Change]) -> None:
    """Open for writing, commit, and hold the store until told to end."""
    with Store.open(url, "write") as store:
        store.commit(changes, "tester", "held")
        told.send("ready")
        told.recv()


def die_after_journal(url: str, number: int) -> None:
    """Write a commit to the journal and die before the engine hears of it."""
    import os

    from kg.store import upkeep

    def die(*_: object) -> None:
        os._exit(9)

    store = Store.open(url, "write")
    upkeep.catch_up = die  # type: ignore[assignment]
    store.commit(numbered_changes(number), "tester", f"commit {number}")
