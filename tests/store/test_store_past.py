"""The store as it was after an earlier commit: made from the journal, and moved forward by what changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.store import Store
from kg.store.names import CATALOG
from tests.store.store_support import graph_lines, replayed

COMMITS = 16


@pytest.fixture(scope="module", params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with a history of corrections and retractions."""
    url = "memory:" if request.param == "memory" else f"oxigraph:{tmp_path_factory.mktemp('past') / 'store'}"
    with Store.open(url, "write") as opened:
        yield replayed(opened, COMMITS)


def seen(store: Store) -> tuple[object, ...]:
    return graph_lines(store), graph_lines(store, CATALOG), store.heads(), store.fingerprint(), store.head()


def followed(store: Store, number: int) -> list[object]:
    """What a store that had stopped at a commit would show, the times left out."""
    with Store.open("memory:") as other:
        replayed(other, number)
        return [graph_lines(other), other.fingerprint(), [(v.iri, v.version, v.digest) for v in other.heads()]]


@pytest.mark.parametrize("number", [1, 7, 11, COMMITS])
def test_the_past_is_as_it_was(store: Store, number: int) -> None:
    past = store.at(number)
    assert [graph_lines(past), past.fingerprint(), [(v.iri, v.version, v.digest) for v in past.heads()]] == followed(
        store, number
    )
    assert past.head().number == number
    assert len(past.versions("tests", "counter")) == number
    assert past.known_by("2999-01-01T00:00:00.000Z").number == number
    assert past.verify() == []


def test_going_forward_shows_the_same_as_making_it_anew(store: Store) -> None:
    moving = store.at(1)
    for number in (2, 3, 9, 10, 15, COMMITS):
        moving.forward(number)
        assert seen(moving) == seen(store.at(number))
        assert moving.verify() == []


def test_the_past_cannot_be_written_and_ends_without_the_present(store: Store) -> None:
    past = store.at(3)
    with pytest.raises(StoreUnavailable, match="open for reading"):
        past.commit([], "me", "reason")
    past.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        past.select("SELECT * { ?s ?p ?o }")
    assert store.head().number == COMMITS
    assert store.select("SELECT * { ?s ?p ?o }").rows
    assert store.at(3).head().number == 3


@pytest.mark.parametrize("number", [-1, 0, COMMITS + 1])
def test_there_is_no_past_before_the_first_commit_and_after_the_newest(store: Store, number: int) -> None:
    with pytest.raises(StoreUnavailable, match=f"no commit {number}; the newest is {COMMITS}"):
        store.at(number)


def test_only_the_past_goes_forward(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="only a store of the past"):
        store.forward(COMMITS)
    past = store.at(9)
    with pytest.raises(StoreUnavailable, match="commit 8 is not ahead"):
        past.forward(8)


def test_a_reader_sees_no_past_later_than_its_own_commit(tmp_path: Path) -> None:
    url = f"oxigraph:{tmp_path / 'store'}"
    with Store.open(url, "write") as writer:
        replayed(writer, 4)
        with Store.open(url) as reader:
            replayed(writer, 6)
            assert reader.at(4).head().number == 4
            with pytest.raises(StoreUnavailable, match="no commit 5; the newest is 4"):
                reader.at(5)
