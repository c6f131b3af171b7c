"""Processes that read: what they answer, and that they are ended, replaced and shut in."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import zstandard

from kg.errors import QueryRefused, StoreUnavailable
from kg.store.frames import Ask
from kg.store.readers import ReaderLimits, Readers
from kg.store.stopped import (
    Busy,
    NoGraph,
    NotSupported,
    OutOfMemory,
    OutOfTime,
    QueryStopped,
    ResultTooLarge,
)
from tests.store.reading import ENDLESS, FLOOD, JSON, answer, ask, with_readers

pytestmark = pytest.mark.server
ROWS = 20_000
DOUBLED = " ".join(f"BIND(CONCAT(?x{n},?x{n},?x{n},?x{n}) AS ?x{n + 1})" for n in range(20))
BOMB = f'SELECT * {{ BIND("aaaaaaaaaaaaaaaa" AS ?x0) {DOUBLED} }}'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("read") / "store"
    store = ox.Store(str(folder))
    store.bulk_extend(
        ox.Quad(ox.NamedNode(f"urn:s{n}"), ox.NamedNode(f"urn:p{n % 3}"), ox.Literal(f"value {n}")) for n in range(ROWS)
    )
    store.update("INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1 } }")
    store.flush()
    del store
    return folder


@pytest.fixture
def canary() -> Iterator[tuple[str, list[object]]]:
    """A listener on loopback, and who came."""
    visits: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen() -> None:
            while True:
                try:
                    connection, peer = listening.accept()
                except OSError:
                    return
                visits.append(peer)
                connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", visits


def test_results_are_those_of_the_engine(place: Path) -> None:
    async def work(readers: Readers) -> None:
        store = ox.Store.read_only(str(place))
        for text, form, known in (
            ("SELECT * { ?s ?p ?o } ORDER BY ?s LIMIT 7", JSON, ox.QueryResultsFormat.JSON),
            ("SELECT * { ?s ?p ?o } ORDER BY ?s", "text/csv", ox.QueryResultsFormat.CSV),
            ("ASK {}", "application/sparql-results+xml", ox.QueryResultsFormat.XML),
            ("SELECT ?o { GRAPH ?g { ?s ?p ?o } }", "text/tab-separated-values", ox.QueryResultsFormat.TSV),
        ):
            found = store.query(text)
            assert not isinstance(found, ox.QueryTriples)
            assert await answer(readers, ask(place, text, form)) == found.serialize(format=known)
        graph = await answer(readers, ask(place, "CONSTRUCT WHERE { ?s <urn:p1> ?o }", "application/n-triples"))
        assert graph.count(b"\n") == ROWS // 3 + 1
        named = ask(place, "SELECT * { ?s ?p ?o }", default_graphs=("urn:g",))
        assert len(json.loads(await answer(readers, named))["results"]["bindings"]) == 1
        empty = ask(place, "SELECT * { ?s ?p ?o }", named_graphs=("urn:g",))
        assert json.loads(await answer(readers, empty))["results"]["bindings"] == []

    with_readers(work)


def test_a_graph_is_written_whole_or_not_there(place: Path) -> None:
    async def work(readers: Readers) -> None:
        found = await answer(readers, Ask("graph", str(place), default_graphs=("urn:g",), format="text/turtle"))
        assert [str(quad.triple) for quad in ox.parse(found, ox.RdfFormat.TURTLE)] == [
            '<urn:a> <urn:b> "1"^^<http://www.w3.org/2001/XMLSchema#integer>'
        ]
        default = await answer(readers, Ask("graph", str(place), format="application/n-triples"))
        assert default.count(b"\n") == ROWS
        with pytest.raises(NoGraph, match="urn:none"):
            await answer(readers, Ask("graph", str(place), default_graphs=("urn:none",), format="text/turtle"))

    with_readers(work)


def test_results_stream_and_may_be_packed(place: Path) -> None:
    async def work(readers: Readers) -> None:
        text = "SELECT * { ?s ?p ?o }"
        plain = await answer(readers, ask(place, text))
        for coding in ("", "gzip", "zstd"):
            async with readers.asked(ask(place, text, coding=coding), "tests") as result:
                assert result.coding == coding
                assert result.whole is None
                pieces = [piece async for piece in result.pieces()]
                assert len(pieces) > 3
                packed = b"".join(pieces)
                assert result.facts == {"rows": ROWS, "bytes": len(plain)}
            if coding == "gzip":
                packed = gzip.decompress(packed)
            elif coding == "zstd":
                packed = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
            assert packed == plain
        async with readers.asked(ask(place, "ASK {}", coding="gzip"), "tests") as result:
            assert result.coding == "", "what is tiny is not packed"
            assert json.loads(result.whole or b"")["boolean"] is True
        again = [await answer(readers, ask(place, text, coding="gzip")) for _ in range(2)]
        assert again[0] == again[1], "an entity tag stands for the same bytes"

    with_readers(work)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("SELECT * { ?s ?p", QueryRefused, "not accepted"),
        ("DROP ALL", QueryRefused, "not accepted"),
        ("SELECT * { ?s ?p ?o FILTER(<urn:f>(?o)) }", NotSupported, "urn:f"),
    ],
)
def test_a_text_that_cannot_be_answered_is_refused(place: Path, text: str, error: type[Exception], words: str) -> None:
    async def work(readers: Readers) -> None:
        with pytest.raises(error, match=words):
            await answer(readers, ask(place, text))
        assert await answer(readers, ask(place, "ASK {}"))

    with_readers(work)


def test_a_long_query_is_ended_in_time_and_its_place_is_taken(place: Path) -> None:
    async def work(readers: Readers) -> list[float]:
        await readers.start(str(place))
        late = []
        for text in (ENDLESS, FLOOD, f"{ENDLESS} # again") * 4:
            started = time.monotonic()
            with pytest.raises(OutOfTime, match=r"longer than 0\.5 s"):
                await answer(readers, ask(place, text, seconds=0.5))
            late.append(time.monotonic() - started - 0.5)
            started = time.monotonic()
            assert await answer(readers, ask(place, "ASK {}", seconds=5))
            assert time.monotonic() - started < 1.0
        assert readers.busy == 0
        return late

    assert max(with_readers(work)) < 0.25


def test_a_flood_is_broken_off_after_it_began(place: Path) -> None:
    async def work(readers: Readers) -> None:
        await readers.start(str(place))
        async with readers.asked(ask(place, FLOOD, seconds=5.0), "tests") as result:
            assert result.whole is None
            with pytest.raises(QueryStopped):
                await result.rest()
        with pytest.raises(ResultTooLarge, match="100 rows"):
            await answer(readers, ask(place, "SELECT * { ?s ?p ?o }", most_rows=100))
        assert await answer(readers, ask(place, "SELECT * { ?s ?p ?o } LIMIT 100", most_rows=100))
        with pytest.raises(ResultTooLarge, match="5000 bytes"):
            await answer(readers, ask(place, "SELECT * { ?s ?p ?o }", most_bytes=5000))
        with pytest.raises(ResultTooLarge):
            await answer(readers, ask(place, "CONSTRUCT WHERE { ?s ?p ?o }", "text/turtle", most_bytes=5000))

    with_readers(work)


def test_a_bomb_ends_its_process_alone(place: Path) -> None:
    async def work(readers: Readers) -> None:
        with pytest.raises(OutOfMemory, match="memory"):
            await answer(readers, ask(place, BOMB, seconds=30))
        assert await answer(readers, ask(place, "ASK {}"))

    with_readers(work, ReaderLimits(processes=2, long=1, memory=400 << 20))


@pytest.mark.parametrize("confined", [True, False])
def test_nothing_is_fetched_even_where_no_guard_stands(
    place: Path, canary: tuple[str, list[object]], confined: bool
) -> None:
    """Not confined is what remains where the system lets no process have a network of its own."""
    address, visits = canary

    async def work(readers: Readers) -> None:
        with pytest.raises(StoreUnavailable):
            await answer(readers, ask(place, f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}"))
        silent = await answer(readers, ask(place, f"SELECT * {{ SERVICE SILENT <{address}> {{ ?s ?p ?o }} }}"))
        assert b"urn:" not in silent
        assert len(await answer(readers, ask(place, "SELECT * { ?s ?p ?o }"))) > ROWS
        assert await answer(readers, ask(place, "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"))

    with_readers(work, confined=confined)
    assert visits == []


def test_leaving_early_ends_the_query(place: Path) -> None:
    async def work(readers: Readers) -> None:
        async with readers.asked(ask(place, FLOOD, seconds=60), "tests") as result:
            async for piece in result.pieces():
                assert piece
                break
        assert readers.busy == 0
        task = asyncio.create_task(answer(readers, ask(place, ENDLESS, seconds=60)))
        await asyncio.sleep(0.5)
        assert readers.busy == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert readers.busy == 0
        assert await answer(readers, ask(place, "ASK {}"))

    with_readers(work)


def test_who_takes_slowly_holds_no_process(place: Path) -> None:
    async def work(readers: Readers) -> None:
        async with readers.asked(ask(place, "SELECT * { ?s ?p ?o }", seconds=20), "tests") as result:
            deadline = time.monotonic() + 20
            while readers.busy and time.monotonic() < deadline:
                await asyncio.sleep(0.01)
            assert readers.busy == 0, "the process is free, and nothing was taken yet"
            assert len(await result.rest()) > ROWS

    with_readers(work)


def test_without_room_a_slow_taker_is_waited_for_until_time_is_up(place: Path) -> None:
    async def work(readers: Readers) -> None:
        await readers.start(str(place))
        before = readers.room.left
        async with readers.asked(ask(place, FLOOD, seconds=6), "tests") as result:
            await asyncio.sleep(2)
            assert readers.room.left > before - (4 << 20)
            with pytest.raises(OutOfTime):
                await result.rest()
        assert readers.room.left == before
        assert await answer(readers, ask(place, "SELECT * { ?s ?p ?o }", seconds=20))

    with_readers(work, ReaderLimits(processes=2, long=1, spooled=1 << 20))


def test_short_queries_pass_while_long_ones_wait(place: Path) -> None:
    async def work(readers: Readers) -> tuple[list[float], list[object]]:
        await readers.start(str(place))
        await answer(readers, ask(place, "ASK {}"))
        evil = [
            asyncio.create_task(answer(readers, ask(place, ENDLESS, seconds=1.5), f"evil {n % 3}")) for n in range(12)
        ]
        await asyncio.sleep(0.3)
        seconds = []
        while not all(task.done() for task in evil):
            started = time.monotonic()
            await answer(readers, ask(place, "SELECT * { ?s ?p ?o } LIMIT 3"), "good")
            seconds.append(time.monotonic() - started)
            await asyncio.sleep(0.02)
        return seconds, await asyncio.gather(*evil, return_exceptions=True)

    seconds, evil = with_readers(work, ReaderLimits(processes=4, long=2))
    assert {type(each) for each in evil} <= {OutOfTime, Busy}
    assert sum(isinstance(each, OutOfTime) for each in evil) >= 2
    assert sorted(seconds)[int(len(seconds) * 0.95)] < 0.25


@pytest.mark.skipif(sys.platform != "linux", reason="how much a process has worked is told by Linux alone")
def test_a_query_that_keeps_a_processor_busy_stands_back(place: Path) -> None:
    async def work(readers: Readers) -> None:
        await readers.start(str(place))
        await answer(readers, ask(place, "ASK {}"))
        assert set(priorities()) == {os.getpriority(os.PRIO_PROCESS, 0)}
        busy = asyncio.create_task(answer(readers, ask(place, ENDLESS, seconds=10)))
        while not busy.done() and 10 not in priorities():
            await asyncio.sleep(0.02)
        assert not busy.done()
        busy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await busy
        await answer(readers, ask(place, "ASK {}"))

    with_readers(work)


def priorities() -> list[int]:
    """The priorities of the processes that read for this one."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, rest = int(status.parent.name), status.read_text().rpartition(")")[2].split()
            parents[pid] = int(rest[1])
    nurseries = {pid for pid, parent in parents.items() if parent == os.getpid()}
    found = []
    for pid, parent in parents.items():
        if parent in nurseries:
            with contextlib.suppress(OSError):
                found.append(os.getpriority(os.PRIO_PROCESS, pid))
    return found


def test_a_query_that_was_begun_anew_has_its_whole_result(place: Path) -> None:
    """With one place for long queries, and another in it, a query of half a second waits, and is answered."""

    async def work(readers: Readers) -> None:
        text = "SELECT (COUNT(*) AS ?n) { ?a <urn:p1> ?b . ?c <urn:p2> ?d FILTER(?b < ?d) } # %d"
        first = asyncio.create_task(answer(readers, ask(place, ENDLESS, seconds=2), "first"))
        await asyncio.sleep(0.4)
        with pytest.raises((OutOfTime, Busy)):
            await answer(readers, ask(place, text % 1, seconds=1), "second")
        flood = asyncio.create_task(answer(readers, ask(place, "SELECT * { ?s ?p ?o }", seconds=20), "third"))
        with pytest.raises(OutOfTime):
            await first
        assert (await flood).count(b'"s":{"type"') == ROWS

    with_readers(work, ReaderLimits(processes=3, long=1, short=0.01))


def test_a_query_that_ends_as_it_is_found_to_be_long_gives_its_place_back(place: Path) -> None:
    async def work(readers: Readers) -> None:
        loop = asyncio.get_running_loop()
        for number in range(600):
            loop.call_later(0.0003 * (number % 20), time.sleep, 0.01)  # the loop sees the time-out and the end at once
            with contextlib.suppress(Busy):
                await answer(readers, ask(place, f"SELECT * {{ ?s ?p ?o }} LIMIT {5 * number}"))
        assert readers.busy == 0
        for _ in range(readers.limits.shares.long_each):
            assert readers.lengthen("tests"), "a place for long queries is lost"

    with_readers(work, ReaderLimits(processes=4, long=3, short=0.003, patience=0.2))


def test_another_checkpoint_is_read_when_it_is_asked_for(place: Path, tmp_path: Path) -> None:
    async def work(readers: Readers) -> None:
        other = tmp_path / "other"
        store = ox.Store(str(other))
        store.add(ox.Quad(ox.NamedNode("urn:new"), ox.NamedNode("urn:p"), ox.Literal("1")))
        store.flush()
        del store
        for _ in range(3):
            assert b"urn:new" in await answer(readers, ask(other, "SELECT * { ?s ?p ?o }"))
            assert b"urn:new" not in await answer(readers, ask(place, "SELECT * { ?s ?p ?o } LIMIT 3"))
        with pytest.raises(StoreUnavailable):
            await answer(readers, ask(tmp_path / "none", "ASK {}"))
        assert await answer(readers, ask(place, "ASK {}"))

    with_readers(work)


def test_processes_and_the_one_that_starts_them_may_be_killed(place: Path) -> None:
    async def work(readers: Readers) -> None:
        await readers.start(str(place))
        await answer(readers, ask(place, "ASK {}"))
        process = readers._nursery._process
        assert process is not None
        asked = asyncio.create_task(answer(readers, ask(place, ENDLESS, seconds=20)))
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        with pytest.raises(OutOfMemory):
            await asked
        for _ in range(3):
            assert await answer(readers, ask(place, "ASK {}", seconds=20))

    with_readers(work)


SERVICE = """
import asyncio, sys
from tests.store.reading import ENDLESS, answer, ask, reading
async def main():
    async with reading() as readers:
        await readers.start(sys.argv[1])
        await answer(readers, ask(sys.argv[1], "ASK {}"))
        task = asyncio.create_task(answer(readers, ask(sys.argv[1], ENDLESS, seconds=600)))
        await asyncio.sleep(0.5)
        print(readers._nursery._process.pid, flush=True)
        await task
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a process is ended by the death of its parent on Linux alone")
def test_a_service_that_is_killed_leaves_nobody_behind(place: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(place)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as service:
        assert service.stdout is not None
        nursery = int(service.stdout.readline())
        children = [int(pid) for pid in Path(f"/proc/{nursery}/task/{nursery}/children").read_text().split()]
        assert children
        service.kill()
    deadline = time.monotonic() + 10
    left = [nursery, *children]
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if _lives(pid)]
        time.sleep(0.05)
    assert left == []


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_of_readers_has_nothing_open_of_its_service(place: Path) -> None:
    async def work(readers: Readers) -> None:
        await readers.start(str(place))
        await answer(readers, ask(place, "ASK {}"))
        nursery = readers._nursery._process
        assert nursery is not None
        children = Path(f"/proc/{nursery.pid}/task/{nursery.pid}/children").read_text().split()
        for pid in children:
            opened = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
            assert len([each for each in opened if each.startswith("socket:")]) == 1
            assert all(each.startswith(("socket:", str(place), "/dev/", "anon_inode:")) for each in opened), opened

    if sys.platform == "linux":
        with_readers(work)
