"""The live records of a store as answers look them up: by IRI and by id, a few of however many there are."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from kg import iris
from kg.store import Store

_RECORD = f"{iris.BASE}record/"
_T = TypeVar("_T")


class _LookedUp(Mapping[str, _T]):
    """What the journal says after a commit; what was looked up is known from then on."""

    def __init__(self, store: Store) -> None:
        self._store, self._at = store, store.head().number
        self._known: dict[str, _T | None] = {}

    def look_up(self, keys: Iterable[str]) -> None:
        """Read many at once."""
        fresh = [key for key in dict.fromkeys(keys) if key not in self._known]
        if fresh:
            self._known |= {**dict.fromkeys(fresh), **self._found(fresh)}

    @abstractmethod
    def _found(self, keys: list[str]) -> dict[str, _T]:
        """Return those of some keys that there are."""

    def __getitem__(self, key: str) -> _T:
        self.look_up([key])
        found = self._known[key]
        if found is None:
            raise KeyError(key)
        return found

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Digests(_LookedUp[str]):
    """The digests of live records, by the IRI of the record."""

    def _found(self, keys: list[str]) -> dict[str, str]:
        named = {key: _name(key) for key in keys}
        found = self._store.digests(filter(None, named.values()), self._at)
        return {key: found[name] for key, name in named.items() if name in found}

    def __iter__(self) -> Iterator[str]:
        return (head.iri for head in self._store.heads(self._at))


class RecordsById(_LookedUp[tuple[str, ...]]):
    """The IRIs of live records, by their id within their sources."""

    def _found(self, keys: list[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for source, name in self._store.called(keys, self._at):
            found.setdefault(name, []).append(iris.record(source, name))
        return {name: tuple(records) for name, records in found.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(head.id for head in self._store.heads(self._at)))


def among(known: Mapping[str, _T], keys: Iterable[str]) -> dict[str, _T]:
    """Return what is known of some keys, looked up in one go where it is not known yet."""
    wanted = list(keys)
    if isinstance(known, _LookedUp):
        known.look_up(wanted)
    return {key: known[key] for key in wanted if key in known}


def _name(record: str) -> tuple[str, str] | None:
    """Return source and id of the IRI of a record."""
    source, slash, name = record.removeprefix(_RECORD).partition("/")
    return (source, name) if record.startswith(_RECORD) and slash else None
