"""A SPARQL 1.1 service by its addresses: what is sent to it, and whether what comes back can be an answer.

Texts go as form posts, which every service takes; the dataset goes beside the text. Nothing is ever sent elsewhere: a
redirect is not followed. Reads are tried again where the connection failed; updates never are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

import httpcore
import httpx

from kg.errors import QueryRefused, StoreUnavailable
from kg.settings import Remote
from kg.store.deadline import Deadline, DeadlineTransport
from kg.store.remote_faults import EngineDown, EngineNonsense, EngineSlow, quoted

SCHEMES: Final = ("sparql+http", "sparql+https")
JSON: Final = "application/sparql-results+json"
N_TRIPLES: Final = "application/n-triples"
VIRTUOSO: Final = "virtuoso"
_KINDS: Final = (VIRTUOSO, "standard")
_AUTHS: Final = ("basic", "digest", "bearer")
_ALSO: Final = {JSON: ("application/json",), N_TRIPLES: ("text/plain", "text/n3", "text/rdf+n3")}
"""Media types that a service may give the same form another name by."""
_MOST_BYTES: Final = 1 << 30
_CONNECTIONS: Final = 16
_WRITING: Final = 5
"""How many times as long as an answer an update may take."""
_PAUSES: Final = (0.1, 0.4)
_DENIED: Final = frozenset({401, 403, 407})
_ABSENT: Final = frozenset({404, 405, 410})
_LATE: Final = frozenset({408, 504})
_LATER: Final = frozenset({429, 502, 503})
_TOO_LONG: Final = frozenset({413, 414})
_T = TypeVar("_T")


@dataclass(frozen=True)
class Dataset:
    """What a query looks at: the graphs that make its default graph, and those that it can name."""

    default_graphs: Sequence[str] = ()
    named_graphs: Sequence[str] = ()

    @property
    def fields(self) -> dict[str, list[str]]:
        """The parameters of the protocol."""
        return {"default-graph-uri": list(self.default_graphs), "named-graph-uri": list(self.named_graphs)}


class _TryAgain(Exception):
    """A read that failed on its way; ``fault`` is what it comes to if it does so again."""

    def __init__(self, fault: StoreUnavailable) -> None:
        self.fault = fault


class RemoteService:
    """A client of one service; it may be asked from several threads."""

    def __init__(self, url: str, remote: Remote) -> None:
        self.address = address(url)
        self._remote = remote
        self.update_address = _given("EVIGRAPH_ENGINE_UPDATE", remote.update) or _update_beside(self.address)
        self.graph_store = _given("EVIGRAPH_ENGINE_GRAPH_STORE", remote.graph_store)
        if remote.kind and remote.kind not in _KINDS:
            raise StoreUnavailable(f"EVIGRAPH_ENGINE_KIND is {remote.kind!r}; write {' or '.join(_KINDS)}, or nothing")
        self._kind = remote.kind
        self._deadline = Deadline()
        self._client = httpx.Client(
            transport=DeadlineTransport(self._deadline, _CONNECTIONS),
            auth=_auth(remote),
            headers={"Accept-Encoding": "identity", "User-Agent": "evigraph"},
            timeout=httpx.Timeout(None, pool=remote.seconds),  # the deadline bounds everything else
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def kind(self) -> str:
        """``virtuoso`` or ``standard``: by the settings, else by what the service says of itself; empty until asked."""
        return self._kind

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, text: str, form: str, dataset: Dataset, seconds: float | None = None) -> bytes:
        """Return what the service answers to a query, whole, in the form of a media type.

        Raises QueryRefused; EngineDown, EngineSlow, EngineNonsense.
        """

        def asked() -> bytes:
            with self._answered(self.address, {"query": text, **dataset.fields}, form) as pieces:
                return b"".join(pieces)

        return self._read(asked, seconds or self._remote.seconds)

    @contextmanager
    def streamed(self, text: str, form: str, dataset: Dataset, seconds: float) -> Iterator[Iterator[bytes]]:
        """Yield the pieces of an answer as they come.

        Raises as ``ask`` does, also while the pieces are taken.
        """
        fields: dict[str, str | list[str]] = {"query": text, **dataset.fields}
        try:
            with self._deadline.within(seconds), self._answered(self.address, fields, form) as pieces:
                yield pieces
        except _TryAgain as failed:
            raise failed.fault from failed.__cause__

    def update(self, text: str) -> None:
        """Have an update done; it is not tried again where it fails, since it may have been done.

        Raises EngineDown, EngineSlow, EngineNonsense.
        """
        self._written(self.update_address, data={"update": text})

    def load(self, graph: str, triples: bytes) -> None:
        """Add N-Triples to a graph by the Graph Store Protocol.

        Raises EngineDown, EngineSlow, EngineNonsense.
        """
        headers = {"Content-Type": N_TRIPLES}
        self._written(self.graph_store, content=triples, headers=headers, params={"graph": graph})

    def _read(self, asked: Callable[[], _T], seconds: float) -> _T:
        with self._deadline.within(seconds):
            for pause in (*_PAUSES, None):
                try:
                    return asked()
                except _TryAgain as failed:
                    if pause is None:
                        raise failed.fault from failed.__cause__
                    time.sleep(self._deadline.left(pause) or 0)
        raise AssertionError("unreachable")

    @contextmanager
    def _answered(self, place: str, fields: Mapping[str, str | list[str]], form: str) -> Iterator[Iterator[bytes]]:
        with self._sent(place, again=True, data=fields, headers={"Accept": form}) as found:
            self._check(place, found)
            said = found.headers.get("content-type", "").partition(";")[0].strip().lower()
            if said not in (form, *_ALSO.get(form, ())):
                self._nonsense(f"it answers in {said or 'no form'} where {form} was asked for", found)
            if "x-sql-state" in found.headers or "x-sparql-maxrows" in found.headers:
                self._nonsense("it says itself that the answer is cut; raise its limits on rows and time", None)
            yield self._pieces(found)

    @contextmanager
    def _sent(self, place: str, *, again: bool, **sent: Any) -> Iterator[httpx.Response]:
        with self._failing(again=again, begun=False):
            found = self._client.send(self._client.build_request("POST", place, **sent), stream=True)
        try:
            with self._failing(again=again, begun=True):
                yield found
        finally:
            found.close()

    def _pieces(self, found: httpx.Response) -> Iterator[bytes]:
        size = 0
        for piece in found.iter_raw():
            size += len(piece)
            if size > _MOST_BYTES:
                self._nonsense(f"its answer has more than {_MOST_BYTES} bytes", None)
            yield piece

    def _written(self, place: str, **sent: Any) -> None:
        with self._deadline.within(_WRITING * self._remote.seconds), self._sent(place, again=False, **sent) as found:
            self._check(place, found, writing=True)
            for _ in self._pieces(found):
                pass

    @contextmanager
    def _failing(self, *, again: bool, begun: bool) -> Iterator[None]:
        """Turn faults of the line into ours; some of them may be gone when a read is tried again."""
        try:
            yield
        except httpcore.TimeoutException as error:
            raise EngineSlow(
                f"the engine at {self.address} does not answer in time; ask for less, or raise EVIGRAPH_ENGINE_SECONDS"
            ) from error
        except httpcore.ConnectError as error:
            down = EngineDown(f"the engine at {self.address} cannot be reached ({error}); see that it runs")
            raise (_TryAgain(down) if again else down) from error
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            if not begun:
                gone = EngineDown(f"the engine at {self.address} hangs up ({quoted(str(error))}); see that it runs")
                raise (_TryAgain(gone) if again else gone) from error
            broken = EngineNonsense(
                f"the engine at {self.address} broke off its answer ({quoted(str(error))}); see its log"
            )
            raise (_TryAgain(broken) if again else broken) from error
        except (httpcore.UnsupportedProtocol, httpx.HTTPError, httpx.InvalidURL) as error:
            self._nonsense(f"it cannot be spoken to ({quoted(str(error))})", None)

    def _check(self, place: str, found: httpx.Response, *, writing: bool = False) -> None:
        status = found.status_code
        if not self._kind and status < 500:
            self._kind = VIRTUOSO if VIRTUOSO in found.headers.get("server", "").lower() else _KINDS[1]
        if found.headers.get("content-encoding", "identity") != "identity":
            self._nonsense("it packs an answer that was to come unpacked", None)
        if status == 200 or (writing and status in {201, 202, 204}):
            return
        if 300 <= status < 400:
            to = quoted(found.headers.get("location", "nowhere"))
            self._nonsense(f"{place} sends on to {to}, which is not followed; write the right address", None)
        if status in _DENIED:
            raise self._denied(place, str(status))
        if status in _ABSENT:
            self._nonsense(f"nothing takes this at {place} (status {status}); correct the address", found)
        if status in _LATE:
            raise EngineSlow(f"the engine at {place} says that it takes too long (status {status}); ask for less")
        said = quoted(b"".join(self._beginning(found)))
        if "SECURITY" in said and self._kind == VIRTUOSO:
            raise self._denied(place, f"{status}: {said}")
        if status in _LATER:
            down = EngineDown(f"the engine at {place} is not ready (status {status}: {said}); try again")
            raise down if writing else _TryAgain(down)
        if (status == 400 or status in _TOO_LONG) and not writing:
            raise QueryRefused(f"the engine at {place} does not take the query: {said}")
        self._nonsense(f"it fails (status {status}: {said})", None)

    def _denied(self, place: str, status: str) -> EngineDown:
        return EngineDown(
            f"the engine at {place} refuses us (status {status}); set EVIGRAPH_ENGINE_USER and "
            "EVIGRAPH_ENGINE_PASSWORD, or EVIGRAPH_ENGINE_TOKEN, and EVIGRAPH_ENGINE_AUTH"
        )

    def _beginning(self, found: httpx.Response) -> Iterator[bytes]:
        size = 0
        for piece in found.iter_raw():
            yield piece
            size += len(piece)
            if size > 4096:
                return

    def _nonsense(self, what: str, found: httpx.Response | None) -> NoReturn:
        said = quoted(b"".join(self._beginning(found))) if found is not None else ""
        more = f": {said}" if said else ""
        raise EngineNonsense(f"the engine at {self.address} does not speak as a SPARQL service does: {what}{more}")


def address(url: str) -> str:
    """Return the HTTP address of the service that a store stands on.

    Raises StoreUnavailable where the address of the store makes no sense.
    """
    scheme, _, rest = url.partition(":")
    found = _url(f"{scheme.removeprefix('sparql+')}:{rest}")
    if scheme not in SCHEMES or found is None:
        raise StoreUnavailable(
            f"{url!r} is not the address of a store on a SPARQL service; write sparql+http://HOST/PATH"
        )
    if found.userinfo:
        raise StoreUnavailable(
            "the address of a store has no place for a password; set EVIGRAPH_ENGINE_USER and EVIGRAPH_ENGINE_PASSWORD"
        )
    return str(found)


def _given(name: str, text: str) -> str:
    if text and _url(text) is None:
        raise StoreUnavailable(f"{name} is {text!r}, which is no address; write http://HOST/PATH")
    return text


def _url(text: str) -> httpx.URL | None:
    try:
        found = httpx.URL(text)
    except httpx.InvalidURL:
        return None
    return found if found.scheme in {"http", "https"} and found.host and not found.fragment else None


def _update_beside(queries: str) -> str:
    found = httpx.URL(queries)
    folder, _, last = found.path.rpartition("/")
    return str(found.copy_with(path=f"{folder}/update")) if last == "query" else queries


def _auth(remote: Remote) -> httpx.Auth | None:
    kind = remote.auth.lower() or ("basic" if remote.user else "bearer" if remote.token else "")
    if not kind:
        return None
    if kind not in _AUTHS:
        raise StoreUnavailable(f"EVIGRAPH_ENGINE_AUTH is {remote.auth!r}; write {', '.join(_AUTHS)}, or nothing")
    if kind == "bearer":
        if not remote.token:
            raise StoreUnavailable("EVIGRAPH_ENGINE_AUTH is bearer; set EVIGRAPH_ENGINE_TOKEN too")
        return _Bearer(remote.token)
    if not remote.user:
        raise StoreUnavailable(f"EVIGRAPH_ENGINE_AUTH is {kind}; set EVIGRAPH_ENGINE_USER and EVIGRAPH_ENGINE_PASSWORD")
    return (httpx.BasicAuth if kind == "basic" else httpx.DigestAuth)(remote.user, remote.password)


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request
