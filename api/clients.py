"""Who asks: the address of the peer, or what a proxy that is trusted says it is."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

from fastapi import Request
from starlette.types import Scope

_NETWORK: Final = 64
"""Bits of an IPv6 address that tell one customer from another."""
_UNKNOWN: Final = "unknown"


def client_of(request: Request) -> str:
    """Return the client of a request."""
    return client(request.scope)


def client(scope: Scope) -> str:
    """Return the client of a request: an IPv4 address, or the network of an IPv6 one.

    What proxies say is believed of those alone that the settings name.
    """
    peer = str((scope.get("client") or (_UNKNOWN, 0))[0])
    if peer in getattr(scope["app"].state, "proxies", ()):
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        last = b",".join(forwarded).rsplit(b",", 1)[-1].strip().decode("ascii", "replace")
        return _network(last) or peer
    return _network(peer) or peer


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    """Return the address, or the network that an IPv6 one is of; nothing where it is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network(f"{found}/{_NETWORK}", strict=False))
