"""Large commits of new records are loaded, not written statement by statement: what the engine holds is the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.store import Change, Store
from kg.store import store as storing
from kg.store.embedded import EmbeddedEngine
from tests.store.store_support import change, graph_lines, retraction, stated, triple, triples

CATALOG = "https://w3id.org/evigraph/graph/catalog"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Let every commit of new records be loaded; the number of each that was."""
    seen: list[int] = []
    load = Store._load

    def counted(self: Store, *given: object) -> bool:
        done = load(self, *given)  # type: ignore[arg-type]
        if done:
            seen.append(self.head().number)
        return done

    monkeypatch.setattr(storing, "_LOADED_BYTES", 0)
    monkeypatch.setattr(Store, "_load", counted)
    yield seen


def several(first: int) -> list[Change]:
    return [change(f"r{n}", triple("shared", "says", 1), *triples(f"r{n}", 30)) for n in range(first, first + 5)]


def test_the_engine_holds_what_a_rebuild_would_make(place: Path, loads: list[int]) -> None:
    with Store.open(f"oxigraph:{place}", "write") as store:
        store.commit(several(0), "a test", "first")
        store.commit(several(5), "a test", "second")
        store.commit([change("r1", triple("r1", "p", 1)), *several(20)], "a test", "one of them is known")
        store.commit([retraction("r2")], "a test", "gone")
        store.commit(several(40), "a test", "third")
        held = graph_lines(store), graph_lines(store, CATALOG)
        assert held[0] == stated(store)
        assert not store.verify()
        store.rebuild()
        assert (graph_lines(store), graph_lines(store, CATALOG)) == held
    assert loads == [1, 2, 5]


def test_a_load_that_breaks_off_is_made_good(place: Path, loads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The statements are there, the note of the commit is not: the engine follows the journal when it is opened."""

    def broken(*_: object) -> None:
        raise StoreUnavailable("the power fails")

    with Store.open(f"oxigraph:{place}", "write") as store:
        store.commit(several(0), "a test", "first")
        with monkeypatch.context() as patched:
            patched.setattr(EmbeddedEngine, "apply", broken)
            with pytest.raises(StoreUnavailable, match="commit 2 is safe in the journal"):
                store.commit(several(5), "a test", "second")
        assert graph_lines(store) == stated(store)
        assert not store.verify()
        store.commit([retraction("r6")], "a test", "gone")
        assert graph_lines(store) == stated(store)
    assert loads == [1]
