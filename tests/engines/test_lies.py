"""An engine that is down, slow or lying is noticed and said; a read is tried again, an update never."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.cli.app import NO_STORE
from kg.errors import StoreUnavailable
from kg.store import Store
from kg.store.remote_faults import EngineDown, EngineNonsense, EngineSlow, MovedOn
from tests.engines import lying
from tests.engines.lying import Liar, Lie
from tests.engines.servers import MOST_ROWS, Engine, free_port
from tests.store.store_support import change, triple

QUERY = "SELECT ?s ?p ?o WHERE { ?s ?p ?o } ORDER BY ?s"


@pytest.fixture(scope="module")
def liar(oxigraph_server: Engine) -> Iterator[Liar]:
    oxigraph_server.empty()
    with lying.lying(oxigraph_server) as server:
        yield server


@pytest.fixture
def store(liar: Liar, data: Path) -> Iterator[Store]:
    """A store with three records, open for reading by way of the liar."""
    liar.behave()
    settings = liar.engine.settings(data, seconds=1.5)
    with Store.open(settings.store, "write", settings.remote) as writer:
        writer.commit([change("one", triple("a", "says", 1), triple("b", "says", 2))], "tester", "first")
    with Store.open(settings.store, "read", settings.remote) as reader:
        yield reader
        liar.behave()


def main_query(text: str) -> bool:
    return text.startswith(("SELECT ?s", "SELECT (1"))


LIES: dict[str, tuple[Lie, type[StoreUnavailable], str]] = {
    "truncated": (lying.truncated, EngineNonsense, "cannot be read"),
    "broken off": (lying.broken_off, EngineNonsense, "broke off"),
    "hung up": (lying.hung_up, EngineDown, "hangs up"),
    "one row missing": (lying.row_missing, EngineNonsense, "gives 1 rows and counts 2"),
    "one row doubled": (lying.row_doubled, EngineNonsense, "gives 3 rows and counts 2"),
    "no rows": (lying.no_rows, EngineNonsense, "gives 0 rows and counts 2"),
    "other columns": (lying.other_columns, EngineNonsense, "columns x where s, p, o"),
    "a number that is none": (lying.bad_number, EngineNonsense, "no integer"),
    "HTML": (lying.html, EngineNonsense, "text/html.*Log in, please"),
    "HTML called JSON": (lying.html_called_json, EngineNonsense, "cannot be read"),
    "nothing": (lying.nothing, EngineNonsense, "cannot be read"),
    "yes": (lying.yes, EngineNonsense, "yes or no"),
    "packed": (lying.packed, EngineNonsense, "packs"),
    "said to be cut": (lying.said_to_be_cut, EngineNonsense, "cut"),
    "partial": (lying.partial, EngineNonsense, "206"),
    "redirect": (lying.elsewhere, EngineNonsense, "not followed"),
    "401": (lying.status(401), EngineDown, "EVIGRAPH_ENGINE_USER"),
    "403": (lying.status(403), EngineDown, "EVIGRAPH_ENGINE_USER"),
    "404": (lying.status(404), EngineNonsense, "correct the address"),
    "500": (lying.status(500, b"\x1b[31mout of cheese"), EngineNonsense, r"500:  ?\[31mout of cheese"),
    "503": (lying.status(503), EngineDown, "not ready"),
    "504": (lying.status(504), EngineSlow, "too long"),
    "late": (lying.late, EngineSlow, "in time"),
    "dripping head": (lying.dripping, EngineSlow, "in time"),
    "dripping body": (lying.dripping_body, EngineSlow, "in time"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_noticed_and_said(name: str, liar: Liar, store: Store) -> None:
    lie, kind, said = LIES[name]
    assert len(store.select(QUERY).rows) == 2
    liar.tell(lie, main_query)
    with pytest.raises(kind, match=said) as fault:
        store.select(QUERY)
    assert liar.address.partition("//")[2] in str(fault.value)
    assert "\x1b" not in str(fault.value)
    liar.behave()
    assert len(store.select(QUERY).rows) == 2


@pytest.mark.parametrize("name", ["truncated", "no rows", "HTML", "late"])
def test_a_lie_about_the_count_is_noticed_too(name: str, liar: Liar, store: Store) -> None:
    lie, kind, _ = LIES[name]
    liar.tell(lie, lambda text: "n__" in text)
    with pytest.raises(kind if name != "no rows" else StoreUnavailable):
        store.select(QUERY)


@pytest.mark.parametrize("name", ["HTML", "redirect", "401", "503", "late", "nothing"])
def test_yes_and_no_and_triples_are_not_taken_from_a_liar_either(name: str, liar: Liar, store: Store) -> None:
    lie, kind, _ = LIES[name]
    liar.tell(lie, lambda text: text.startswith(("SELECT (1", "SELECT ?s")))
    with pytest.raises(kind):
        store.ask("ASK { ?s ?p ?o }")
    with pytest.raises(kind):
        store.construct("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")


@pytest.mark.parametrize("lie", [lying.status(503), lying.status(502), lying.hung_up, lying.broken_off])
def test_a_read_is_tried_again(lie: Lie, liar: Liar, store: Store) -> None:
    liar.tell(lie, main_query, times=2)
    assert len(store.select(QUERY).rows) == 2
    assert liar.seen == 3


UPDATES = {"unavailable": lying.status(503), "gone": lying.hung_up, "late": lying.late, "html": lying.html}


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_is_not_tried_again_and_what_it_did_is_looked_up(name: str, liar: Liar, data: Path) -> None:
    """The commit is safe in the journal; whether the engine has it is seen at the next opening."""
    liar.behave()
    settings = liar.engine.settings(data, seconds=0.3)
    lie = UPDATES[name]
    with Store.open(settings.store, "write", settings.remote) as writer:
        head = writer.head().number
        liar.tell(lie, lambda text: "DATA" not in text and text.startswith("INSERT"), times=1)
        before = len(liar.updates)
        if lie is lying.html:  # what answers an update does not matter, as long as it is done
            writer.commit([change("two", triple("c", "says", 5))], "tester", "second")
        else:
            with pytest.raises(StoreUnavailable, match="safe in the journal"):
                writer.commit([change(name, triple(name, "says", "it"))], "tester", "second")
            tried = [t for t in liar.updates[before:] if "DATA" not in t and t.startswith("INSERT")]
            assert len(tried) == 1
        liar.behave()
        assert writer.head().number > head
        assert writer.verify() == []
    with Store.open(settings.store, "read", settings.remote) as reader:
        assert reader.head().number > head
        assert reader.verify() == []


def test_an_engine_that_keeps_nothing_is_noticed(liar: Liar, data: Path) -> None:
    liar.behave()
    settings = liar.engine.settings(data)

    def forgotten(handler: lying.Handler, _: lying.Passed) -> lying.Passed:
        return lying.Passed(204, {}, b"")

    forgotten.after = False  # type: ignore[attr-defined]
    with Store.open(settings.store, "write", settings.remote) as writer:
        liar.tell(forgotten, lambda text: text.startswith(("INSERT", "DELETE")))
        with pytest.raises(StoreUnavailable, match="does not keep what is written"):
            writer.commit([change("three", triple("d", "says", 3))], "tester", "third")
        liar.behave()
        assert writer.verify() == []


def test_a_store_that_goes_on_while_it_is_read_is_noticed(liar: Liar, store: Store, data: Path) -> None:
    settings = liar.engine.settings(data)
    with Store.open(settings.store, "write", settings.remote) as writer:
        writer.commit([change("four", triple("e", "says", 4))], "tester", "fourth")
    with pytest.raises(MovedOn, match="ask again"):
        store.select(QUERY)
    with Store.open(settings.store, "read", settings.remote) as reader:
        assert len(reader.select(QUERY).rows) > 2


def test_nobody_there_is_said_with_status_3(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kg.cli.app import main

    monkeypatch.setenv("XDG_DATA_HOME", str(data.parent))
    monkeypatch.setenv("EVIGRAPH_STORE", f"sparql+http://127.0.0.1:{free_port()}/query")
    with pytest.raises(SystemExit) as stop:
        main(["build"])
    assert stop.value.code == NO_STORE


@pytest.mark.parametrize("name", ["HTML", "401", "redirect", "late"])
def test_the_command_says_what_is_wrong(
    name: str, liar: Liar, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from kg.cli.app import main

    for key, value in liar.engine.environment(data, seconds="1").items():
        if key.startswith(("EVIGRAPH_", "XDG_")):
            monkeypatch.setenv(key, value)
    liar.tell(LIES[name][0])
    with pytest.raises(SystemExit) as stop:
        main(["stats"])
    liar.behave()
    assert stop.value.code == NO_STORE
    said = capsys.readouterr().err
    assert said.startswith("kg: the engine at ")
    assert "Traceback" not in said


def test_a_cut_that_virtuoso_makes_without_a_word_is_noticed(virtuoso_server: Engine, data: Path) -> None:
    virtuoso_server.empty()
    settings = virtuoso_server.settings(data)
    with Store.open(settings.store, "write", settings.remote) as writer:
        writer.commit([change("many", *(triple(f"t{i}", "says", i) for i in range(300)))], "tester", "many")
        with pytest.raises(EngineNonsense, match=f"(gives {MOST_ROWS} rows and counts 90000|cut)"):
            writer.select("SELECT ?a ?b WHERE { ?a ?p ?x . ?b ?q ?y }")
