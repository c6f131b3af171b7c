"""Asking an endpoint: one request to one checked address, without redirects, within a time and a size."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import Timer
from time import monotonic
from urllib.parse import urlencode, urlsplit

from kg import __version__
from kg.errors import EndpointFailed
from kg.federation.endpoints import Endpoint

NTRIPLES = "application/n-triples"
_PIECE = 1 << 16
_SHOWN = 200


@dataclass(frozen=True)
class Limits:
    """How long an endpoint may take, in seconds, and how many bytes it may say."""

    seconds: float = 30.0
    bytes: int = 16 << 20


LIMITS = Limits()


def asked(endpoint: Endpoint, query: str, limits: Limits = LIMITS) -> bytes:
    """Return what an endpoint answers to a CONSTRUCT query, as N-Triples and whole.

    Raises EndpointFailed: it cannot be reached, has a private address, redirects, is slow, says too much, breaks off,
    or speaks another language.
    """
    address = _address(endpoint)
    until = monotonic() + limits.seconds
    try:
        with _connected(endpoint, address, limits.seconds) as connection:
            target = urlsplit(endpoint.url)
            connection.request(
                "POST",
                (target.path or "/") + (f"?{target.query}" if target.query else ""),
                body=urlencode({"query": query}),
                headers={
                    "Accept": NTRIPLES,
                    "Accept-Encoding": "identity",
                    "Content-Type": "application/x-www-form-urlencoded",
                    "User-Agent": f"evigraph/{__version__}",
                    "Connection": "close",
                },
            )
            response = connection.getresponse()
            _check(endpoint, response)
            found = bytearray()
            while piece := response.read(_PIECE):
                found += piece
                if len(found) > limits.bytes:
                    raise EndpointFailed(f"{endpoint.name} says more than {limits.bytes} bytes; ask it for less")
            if response.length:
                raise EndpointFailed(f"{endpoint.name} broke off before the end of its answer; nothing was written")
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, EndpointFailed):
            raise
        if monotonic() >= until:
            raise EndpointFailed(f"{endpoint.name} did not answer within {limits.seconds:g} s; try again") from error
        raise EndpointFailed(f"{endpoint.name} cannot be asked ({_words(error)}); nothing was written") from error
    if monotonic() >= until:
        raise EndpointFailed(f"{endpoint.name} did not answer within {limits.seconds:g} s; try again")
    return bytes(found)


def _address(endpoint: Endpoint) -> str:
    """Return the one address that is connected to; a name may lead to a public one only.

    Raises EndpointFailed.
    """
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise EndpointFailed(f"{endpoint.name}: {endpoint.host} has no address ({_words(error)})") from error
    addresses = [str(place[4][0]) for place in found]
    for text in addresses:
        if not endpoint.by_number and not ipaddress.ip_address(text.partition("%")[0]).is_global:
            raise EndpointFailed(
                f"{endpoint.name}: {endpoint.host} leads to {text}, which is not public; "
                "where that is meant, write the address itself into EVIGRAPH_ENDPOINTS"
            )
    return addresses[0]


@contextmanager
def _connected(endpoint: Endpoint, address: str, seconds: float) -> Iterator[http.client.HTTPConnection]:
    """Yield a connection to an address, which ends when the time is over, whatever it does then."""
    plain = socket.create_connection((address, endpoint.port), timeout=seconds)

    def end() -> None:
        try:
            plain.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=seconds)
        context = ssl.create_default_context() if endpoint.secure else None
        connection.sock = context.wrap_socket(plain, server_hostname=endpoint.host) if context else plain
        with closing(connection):
            yield connection
    finally:
        timer.cancel()
        plain.close()


def _check(endpoint: Endpoint, response: http.client.HTTPResponse) -> None:
    """Refuse an answer that is none, by its head.

    Raises EndpointFailed.
    """
    if 300 <= response.status < 400:
        place = response.getheader("location", "")[:_SHOWN]
        raise EndpointFailed(
            f"{endpoint.name} redirects to {place!r}, and redirects are not followed; name the address itself"
        )
    if response.status != 200:
        raise EndpointFailed(f"{endpoint.name} answers with status {response.status}; nothing was written")
    media_type = response.headers.get_content_type()
    if media_type != NTRIPLES:
        raise EndpointFailed(f"{endpoint.name} answers in {media_type[:_SHOWN]}, not in {NTRIPLES} as it was asked to")
    if response.getheader("content-encoding", "identity") != "identity":
        raise EndpointFailed(f"{endpoint.name} answers in a coding that it was not asked for")


def _words(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)[:_SHOWN]
