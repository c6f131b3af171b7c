"""A journal in PostgreSQL: several services on one engine, none of whose commits is lost or runs into another's."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import IntegrityError

from kg.errors import InputRefused, StoreUnavailable
from kg.evidence_base import EvidenceBase, question
from kg.settings import Settings
from kg.store import Store
from kg.store.journal import Journal
from tests.engines.servers import Engine
from tests.store.store_support import change, graph_lines, stated, triple, triples


@pytest.fixture
def settings(oxigraph_server: Engine, database: str, data: Path) -> Iterator[Settings]:
    """A store on Oxigraph and PostgreSQL, both empty."""
    oxigraph_server.empty()
    own = f"test_{os.urandom(4).hex()}"
    url = make_url(database)
    sql = create_engine(url.set(drivername="postgresql+pg8000"), isolation_level="AUTOCOMMIT")
    with sql.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {own} LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0"))
    sql.dispose()
    yield oxigraph_server.settings(data, journal=url.set(database=own).render_as_string(hide_password=False))


def opened(settings: Settings, mode: str = "read") -> Store:
    return Store.open(settings.store, mode, settings.remote)  # type: ignore[arg-type]


def write_in_turns(settings: Settings, who: str, count: int) -> None:
    """Commit as a service does: nothing is held between two turns."""
    with opened(settings, "write") as store:
        store.share()
        for number in range(count):
            with store.turn():
                seen = len(store.select("SELECT ?s WHERE { ?s ?p ?o }").rows)
                store.commit([change(f"{who}-{number}", triple(f"{who}-{number}", "saw", seen))], who, f"{number}")


def test_the_evidence_is_the_same_on_it(settings: Settings, base: EvidenceBase) -> None:
    with EvidenceBase.open(settings, "write") as mine:
        mine.build()
        assert mine.store.fingerprint() == base.store.fingerprint()
        assert [v.iri for v in mine.store.heads()] == [v.iri for v in base.store.heads()]
        assert mine.store.verify() == []
        asked = question(intervention="ketamine", comparator="placebo", outcome="nausea")
        assert mine.ask(asked).id == base.ask(asked).id
        first = mine.store.head()
        assert mine.store.known_by(first.time).number == first.number


def test_writers_take_turns_and_no_commit_is_lost(settings: Settings) -> None:
    """What each saw when it wrote is all that was written before: nobody wrote in between."""
    opened(settings, "write").close()
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_in_turns, args=(settings, who, 8)) for who in ("one", "two", "three")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    with opened(settings) as store:
        commits = store.commits()
        assert [c.number for c in commits] == list(range(1, 25))
        assert {c.author for c in commits} == {"one", "two", "three"}
        saw = [int(store.content_of(c.versions[0]).split(b'"')[1]) for c in commits]
        assert saw == list(range(24))
        assert store.verify() == []
        assert graph_lines(store) == stated(store)


def test_a_killed_writer_lets_the_others_go_on(settings: Settings) -> None:
    opened(settings, "write").close()
    spawn = multiprocessing.get_context("spawn")
    writer = spawn.Process(target=write_in_turns, args=(settings, "one", 1000))
    writer.start()
    try:
        with _when_begun(settings) as store:
            assert store.head().number
    finally:
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
    with opened(settings, "write") as store:
        store.commit([change("after", triple("after", "says", 1))], "two", "after")
        assert store.verify() == []


def _when_begun(settings: Settings) -> Store:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            return opened(settings)
        except StoreUnavailable:
            time.sleep(0.2)
    raise AssertionError("nobody began to write")


def test_a_reader_sees_what_another_service_commits_when_it_looks_again(settings: Settings) -> None:
    with opened(settings, "write") as store:
        store.share()
        store.commit([change("a", *triples("a", 30))], "one", "first")
        with opened(settings) as reader, opened(settings, "write") as other:
            other.commit([change("b", *triples("b", 30))], "two", "second")
            assert reader.newest() == 2
            assert reader.head().number == 1
        with opened(settings) as reader:
            assert reader.head().number == 2
            assert reader.verify() == []


def test_what_was_judged_before_another_wrote_is_not_committed(settings: Settings) -> None:
    with opened(settings, "write") as one:
        one.share()
        with opened(settings, "write") as two:
            two.commit([change("b", *triples("b", 3))], "two", "first")
        with pytest.raises(StoreUnavailable, match="another service has written"):
            one.commit([change("a", *triples("a", 3))], "one", "too late")
        assert one.newest() == 1
        with one.turn():
            one.commit([change("a", *triples("a", 3))], "one", "again")
        assert one.verify() == []


def test_two_who_would_write_the_same_number_cannot(settings: Settings) -> None:
    """The lock aside, the database itself lets one of them in."""
    with opened(settings, "write") as store:
        store.commit([change("a", *triples("a", 3))], "one", "first")
    sql = create_engine(make_url(settings.remote.journal).set(drivername="postgresql+pg8000"))
    with sql.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(
            text("INSERT INTO commits SELECT number, time, author, reason, previous_hash, 'x' FROM commits")
        )
    sql.dispose()


def test_a_long_turn_of_another_is_waited_for_and_then_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg.store import remote_store

    monkeypatch.setattr(remote_store, "_TURN", 0.2)
    with opened(settings, "write") as one:
        with pytest.raises(StoreUnavailable, match="another service writes"):
            opened(settings, "write")
        one.share()
        with opened(settings, "write"), pytest.raises(StoreUnavailable, match="another service writes"):
            one.commit([change("a", *triples("a", 3))], "one", "busy")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "wrong"}, "user and password"),
        ({"database": "nothing_here"}, "nothing_here"),
        ({"port": 1}, "see that the database runs"),
    ],
)
def test_a_journal_that_cannot_be_opened_says_why_and_no_password(
    wrong: dict[str, str], said: str, settings: Settings
) -> None:
    url = make_url(settings.remote.journal).set(**wrong)  # type: ignore[arg-type]
    remote = replace(settings.remote, journal=url.render_as_string(hide_password=False))
    for mode in ("read", "write"):
        with pytest.raises(StoreUnavailable, match=said) as fault:
            Store.open(settings.store, mode, remote)
        assert "secret" not in str(fault.value)
        assert "wrong@" not in str(fault.value)


def test_a_reader_of_an_empty_database_is_told_to_build(settings: Settings) -> None:
    with pytest.raises(StoreUnavailable, match="kg build"):
        opened(settings)


@pytest.mark.parametrize("journal", ["mysql://a/b", "nonsense", "postgresql://host", "sqlite://"])
def test_an_address_that_is_no_journal_is_refused(journal: str, settings: Settings) -> None:
    with pytest.raises(StoreUnavailable, match="EVIGRAPH_JOURNAL"):
        opened(replace(settings, remote=replace(settings.remote, journal=journal)))


def test_a_text_that_no_database_keeps_is_refused_beforehand(settings: Settings) -> None:
    with opened(settings, "write") as store, pytest.raises(InputRefused, match="no database keeps"):
        store.commit([change("a", *triples("a", 3))], "one", "a\0b")


def test_a_commit_whose_acknowledgement_is_lost_is_known_to_be_written(settings: Settings) -> None:
    """The connection ends after the database has committed and before it says so."""
    from sqlalchemy import event
    from sqlalchemy.exc import OperationalError

    with opened(settings, "write") as store:
        journal: Journal = store._journal

        @event.listens_for(journal.sql, "commit", once=True)
        def lost(connection: object) -> None:
            connection.connection.commit()  # type: ignore[attr-defined]
            raise OperationalError("COMMIT", {}, Exception("the line is dead"))

        commit = store.commit([change("a", *triples("a", 3))], "one", "first")
        assert (commit.number, store.head().hash) == (1, commit.hash)
        assert store.verify() == []
