"""The endpoints that may be asked: those that the settings name, and nothing else."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from kg.errors import InputRefused, UnknownTerm
from kg.importing.reserved import OF_ONE_KIND, OF_THE_STORE
from kg.iris import SLUG
from kg.nearest import nearest

_FORM = "EVIGRAPH_ENDPOINTS is name=https://host/sparql, several with commas between"


@dataclass(frozen=True)
class Endpoint:
    """A SPARQL endpoint by the name that records of it have as their source."""

    name: str
    url: str

    @property
    def host(self) -> str:
        """The host, as it is written."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port."""
        return urlsplit(self.url).port or (443 if self.secure else 80)

    @property
    def secure(self) -> bool:
        """Whether it is asked over TLS."""
        return urlsplit(self.url).scheme == "https"

    @property
    def by_number(self) -> bool:
        """Whether the host is written as an address: then the operator meant this very machine."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True


def endpoints(setting: str | None) -> Mapping[str, Endpoint]:
    """Return the endpoints of a setting, by name.

    Raises InputRefused for a setting that is not well formed, and for a name that other records have as their source.
    """
    found: dict[str, Endpoint] = {}
    for part in filter(None, (item.strip() for item in (setting or "").split(","))):
        name, equals, url = part.partition("=")
        if not equals or not SLUG.fullmatch(name):
            raise InputRefused(f"{part[:100]!r} names no endpoint; {_FORM}")
        if name in OF_THE_STORE | OF_ONE_KIND | {"reports", "rdf"} or name in found:
            raise InputRefused(f"endpoint {name!r} has a name that is taken; give it another")
        try:
            parts = urlsplit(url)
            good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.username or parts.password or parts.fragment or not url.isascii() or " " in url:
            raise InputRefused(f"endpoint {name}: {url[:100]!r} is no address to ask; {_FORM}")
        found[name] = Endpoint(name, url)
    return found


def endpoint(setting: str | None, name: str) -> Endpoint:
    """Return the endpoint of a name.

    Raises UnknownTerm for one that the settings do not name, InputRefused for a setting that is not well formed.
    """
    known = endpoints(setting)
    if name not in known:
        named = ", ".join(known) or "none"
        raise UnknownTerm(
            f"no endpoint {name[:100]!r}: only those of EVIGRAPH_ENDPOINTS are asked, which names {named}",
            nearest(name, known),
        )
    return known[name]
