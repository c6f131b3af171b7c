"""An engine that was left in the middle of a commit is brought to its end, and nothing that comes late undoes it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.settings import Settings
from kg.store import Store
from tests.engines import lying
from tests.engines.lying import Handler, Liar, Passed
from tests.engines.servers import Engine
from tests.store.store_support import change, graph_lines, numbered_changes, retraction, stated, triples


@pytest.fixture(scope="module")
def liar(engine: Engine) -> Iterator[Liar]:
    with lying.lying(engine) as server:
        yield server


def write(settings: Settings, first: int, last: int) -> None:
    with Store.open(settings.store, "write", settings.remote) as store:
        for number in range(first, last):
            large = [change("large", *triples(f"large-{number}", 450))]
            store.commit([*numbered_changes(number), *large], "tester", f"commit {number}")


def test_a_writer_that_is_killed_at_any_update_leaves_nothing_behind(liar: Liar, data: Path) -> None:
    settings = liar.engine.settings(data / "kills")
    liar.behave()
    write(settings, 1, 3)
    spawn = multiprocessing.get_context("spawn")
    for kill in range(5):
        writer = spawn.Process(target=write, args=(settings, 3 + 2 * kill, 5 + 2 * kill))
        stopped = threading.Event()

        def killed(handler: Handler, true: Passed, writer=writer, stopped=stopped) -> None:  # type: ignore[no-untyped-def]
            os.kill(writer.pid, signal.SIGKILL)
            stopped.set()

        killed.after = kill % 2 == 0  # type: ignore[attr-defined]
        writer.start()
        liar.tell(killed, lambda text: text.startswith(("INSERT", "DELETE")), first=1 + kill, times=1)
        writer.join(60)
        liar.behave()
        assert stopped.is_set(), "it was never killed"
        with Store.open(settings.store, "write" if kill % 3 else "read", settings.remote) as store:
            assert store.verify() == [], f"after kill {kill}"
            assert graph_lines(store) == stated(store)


def test_an_update_that_comes_late_does_no_harm(liar: Liar, data: Path, engine: Engine) -> None:
    """The engine takes its time for a part of a commit, until after the same part was sent again and then retracted."""
    engine.empty()
    settings = liar.engine.settings(data / "late", seconds=0.5)
    kept: list[tuple[bytes, dict[str, str]]] = []

    def delayed(handler: Handler, true: Passed) -> Passed:
        kept.append((handler.body, dict(handler.headers)))
        return Passed(503, {}, b"")

    delayed.after = False  # type: ignore[attr-defined]
    with Store.open(settings.store, "write", settings.remote) as store:
        store.commit([change("first", *triples("first", 20))], "tester", "first")
        liar.tell(delayed, lambda text: text.startswith("INSERT {"), times=1)
        with pytest.raises(StoreUnavailable, match="safe in the journal"):
            store.commit([change("second", *triples("second", 20))], "tester", "second")
        liar.behave()
        store.commit([retraction("second")], "tester", "third")
        assert store.verify() == []
        assert len(kept) == 1
        import httpx

        body, headers = kept[0]
        done = httpx.post(f"{liar.address}/update", content=body, headers={"Content-Type": headers["Content-Type"]})
        assert done.status_code in {200, 204}
        assert store.verify() == []


def test_an_engine_that_was_emptied_is_filled_again_by_whoever_comes(engine: Engine, data: Path) -> None:
    engine.empty()
    settings = engine.settings(data / "emptied")
    write(settings, 1, 4)
    engine.empty()
    with Store.open(settings.store, "read", settings.remote) as store:
        assert store.verify() == []
        assert store.head().number == 3


def test_an_engine_of_another_journal_is_left_alone_until_a_rebuild(engine: Engine, data: Path) -> None:
    engine.empty()
    mine, other = engine.settings(data / "mine"), engine.settings(data / "other")
    write(mine, 1, 3)
    with pytest.raises(StoreUnavailable, match="another journal"):
        Store.open(other.store, "write", other.remote)
    with (
        Store.open(other.store, "write", other.remote, anew=True) as store,
        pytest.raises(StoreUnavailable, match="empty"),
    ):
        store.rebuild()
    with Store.open(mine.store, "read", mine.remote) as store:
        assert store.verify() == []
    engine.empty()
    write(other, 7, 9)
    with pytest.raises(StoreUnavailable, match="another journal"):
        Store.open(mine.store, "read", mine.remote)
    with Store.open(mine.store, "write", mine.remote, anew=True) as store:
        store.rebuild()
        assert store.verify() == []
    with Store.open(mine.store, "read", mine.remote) as store:
        assert store.verify() == []


def test_triples_of_nobody_knows_whom_are_not_overwritten(engine: Engine, data: Path) -> None:
    from kg.store.remote import CURRENT
    from kg.store.remote_service import RemoteService

    engine.empty()
    service = RemoteService(engine.url, engine.remote)
    service.update(f"INSERT DATA {{ GRAPH <{CURRENT}> {{ <http://e.org/a> <http://e.org/b> 1 }} }}")
    service.close()
    settings = engine.settings(data / "foreign")
    with pytest.raises(StoreUnavailable, match="no note of whose they are"):
        Store.open(settings.store, "write", settings.remote)
    engine.empty()


def test_a_past_commit_is_read_from_the_journal(engine: Engine, data: Path) -> None:
    engine.empty()
    settings = engine.settings(data / "past")
    write(settings, 1, 6)
    with Store.open(settings.store, "read", settings.remote) as store:
        past = store.at(2)
        assert past.verify() == []
        assert graph_lines(past) != graph_lines(store)


def test_a_second_writer_is_told_who_writes(engine: Engine, data: Path) -> None:
    engine.empty()
    settings = engine.settings(data / "second")
    with Store.open(settings.store, "write", settings.remote) as store:
        store.commit(numbered_changes(1), "tester", "first")
        with pytest.raises(StoreUnavailable, match=str(os.getpid())):
            Store.open(settings.store, "write", settings.remote)
        with Store.open(settings.store, "read", settings.remote) as reader:
            assert reader.head().number == 1
        store.share()
        with Store.open(settings.store, "write", settings.remote) as other:
            other.commit(numbered_changes(2), "tester", "second")
        with pytest.raises(StoreUnavailable, match="another service has written"):
            store.commit(numbered_changes(3), "tester", "third")
        with store.turn() as moved:
            assert not moved
            store.commit(numbered_changes(3), "tester", "third")
        assert store.verify() == []
