"""Signing in to an engine: basic and bearer, digest with Virtuoso itself; no credential is shown or sent elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.settings import Remote, Settings
from kg.store import Store
from kg.store.remote_faults import EngineDown, EngineNonsense
from tests.engines import lying
from tests.engines.lying import Handler, Liar, Passed
from tests.engines.servers import Engine
from tests.store.store_support import change, triple

SECRET = "pa:ss wörd"


@pytest.fixture(scope="module")
def guarded(oxigraph_server: Engine) -> Iterator[Liar]:
    """Oxigraph behind a server that lets those in alone who send what it wants."""
    oxigraph_server.empty()
    with lying.lying(oxigraph_server) as server:
        yield server


def wanting(header: str) -> object:
    def gate(handler: Handler) -> Passed | None:
        if handler.headers.get("Authorization") == header:
            return None
        return Passed(401, {"WWW-Authenticate": 'Basic realm="here"'}, b"who are you?")

    return gate


def write(settings: Settings) -> None:
    with Store.open(settings.store, "write", settings.remote) as store:
        store.commit([change("one", triple("a", "says", 1))], "tester", "first")
        assert store.select("SELECT ?o WHERE { ?s ?p ?o }").rows


@pytest.mark.parametrize("auth", ["", "basic"])
def test_basic(auth: str, guarded: Liar, tmp_path: Path) -> None:
    encoded = base64.b64encode(f"me:{SECRET}".encode()).decode()
    guarded.gate = wanting(f"Basic {encoded}")  # type: ignore[assignment]
    guarded.behind.empty()
    write(guarded.engine.settings(tmp_path, auth=auth, user="me", password=SECRET))


@pytest.mark.parametrize("auth", ["", "bearer"])
def test_bearer(auth: str, guarded: Liar, tmp_path: Path) -> None:
    guarded.gate = wanting("Bearer a-token")  # type: ignore[assignment]
    guarded.behind.empty()
    write(guarded.engine.settings(tmp_path, auth=auth, token="a-token"))


@pytest.mark.parametrize(
    "wrong", [{}, {"user": "me", "password": "wrong-one"}, {"token": "wrong-one"}], ids=["nobody", "password", "token"]
)
def test_who_is_not_let_in_is_told_so_without_the_secret(wrong: dict[str, str], guarded: Liar, tmp_path: Path) -> None:
    guarded.gate = wanting("Bearer a-token")  # type: ignore[assignment]
    settings = guarded.engine.settings(tmp_path, **wrong)
    with pytest.raises(EngineDown, match="EVIGRAPH_ENGINE_USER") as fault:
        Store.open(settings.store, "write", settings.remote)
    assert "wrong-one" not in str(fault.value)
    assert "wrong-one" not in repr(settings)


def test_credentials_are_not_sent_on_by_a_redirect(guarded: Liar, oxigraph_server: Engine, tmp_path: Path) -> None:
    with lying.lying(oxigraph_server) as other:
        asked: list[str] = []

        def gate(handler: Handler) -> Passed:
            asked.append(str(handler.headers.get("Authorization")))
            return Passed(200, {}, b"")

        other.gate = gate
        guarded.gate = lambda handler: Passed(307, {"Location": f"{other.address}/query"}, b"")
        settings = guarded.engine.settings(tmp_path, token="a-token")
        with pytest.raises(EngineNonsense, match="not followed"):
            Store.open(settings.store, "write", settings.remote)
        assert asked == []


def test_digest_with_virtuoso(virtuoso_server: Engine, tmp_path: Path) -> None:
    """All of it, reading and writing, by the address that lets nobody in without."""
    virtuoso_server.empty()
    url = virtuoso_server.remote.update
    settings = Settings.read(f"sparql+{url}")
    good = virtuoso_server.remote
    remote = Remote(auth="digest", user=good.user, password=good.password, data=tmp_path)
    with Store.open(settings.store, "write", remote) as store:
        store.commit([change("one", triple("a", "says", 1))], "tester", "first")
        assert store.verify() == []
    for wrong in (Remote(auth="digest", user="dba", password="no", data=tmp_path), Remote(data=tmp_path)):
        with pytest.raises(EngineDown, match="refuses us"):
            Store.open(settings.store, "write", wrong)


def test_virtuoso_lets_nobody_write_without(virtuoso_server: Engine, tmp_path: Path) -> None:
    virtuoso_server.empty()
    with pytest.raises(StoreUnavailable, match=r"SPARQL_UPDATE|refuses us|denied"):
        Store.open(virtuoso_server.url, "write", Remote(data=tmp_path))


@pytest.mark.parametrize(
    ("url", "remote", "said"),
    [
        ("sparql+http://me:secret@127.0.0.1/query", Remote(), "no place for a password"),
        ("sparql+http:///query", Remote(), "not the address"),
        ("sparql+http://127.0.0.1/query#here", Remote(), "not the address"),
        ("sparql+http://127.0.0.1/query", Remote(update="file:///etc/passwd"), "EVIGRAPH_ENGINE_UPDATE"),
        ("sparql+http://127.0.0.1/query", Remote(graph_store="here"), "EVIGRAPH_ENGINE_GRAPH_STORE"),
        ("sparql+http://127.0.0.1/query", Remote(auth="kerberos", user="me"), "EVIGRAPH_ENGINE_AUTH"),
        ("sparql+http://127.0.0.1/query", Remote(auth="digest"), "EVIGRAPH_ENGINE_USER"),
        ("sparql+http://127.0.0.1/query", Remote(auth="bearer", user="me"), "EVIGRAPH_ENGINE_TOKEN"),
        ("sparql+http://127.0.0.1/query", Remote(kind="fuseki"), "EVIGRAPH_ENGINE_KIND"),
    ],
)
def test_settings_that_make_no_sense_are_refused(url: str, remote: Remote, said: str, tmp_path: Path) -> None:
    from dataclasses import replace

    with pytest.raises(StoreUnavailable, match=said) as fault:
        Store.open(url, "write", replace(remote, data=tmp_path))
    assert "secret" not in str(fault.value)
