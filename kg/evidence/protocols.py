"""The protocols of a store by name, each read when it is first needed: a library of reviews has thousands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from pyoxigraph import NamedNode

from kg import protocol
from kg.catalog import Selects
from kg.iris import BASE, EV, local
from kg.protocol import Protocol


class Protocols(Mapping[str, Protocol]):
    """The protocols that an engine holds, the default first, the others by name."""

    def __init__(self, engine: Selects) -> None:
        self._engine = engine
        self._read: dict[str, Protocol] = {}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        query = f"SELECT ?protocol ?default WHERE {{ ?protocol <{EV}protocolText> ?text ; <{EV}isDefault> ?default }}"
        found = [tuple(str(getattr(term, "value", "")) for term in row) for row in self._engine.select(query).rows]
        return tuple(local(name) for name, _ in sorted(found, key=lambda item: (item[1] != "true", local(item[0]))))

    def __getitem__(self, name: str) -> Protocol:
        if name not in self._read:
            place = NamedNode(f"{BASE}protocol/{name}")
            rows = self._engine.select(f"SELECT ?text WHERE {{ {place} <{EV}protocolText> ?text }}").rows
            if not rows:
                raise KeyError(name)
            self._read[name] = protocol.read(str(getattr(rows[0][0], "value", "")), f"protocol {name}")
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
