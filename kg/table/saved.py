"""The evidence table in files beside a store, each set of them with the commit that it is in step with."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from kg.catalog import Query
from kg.table.segment import Segment
from kg.table.table import EvidenceTable

_FORMAT: Final = 1
_KEPT: Final = 2
_SUFFIX: Final = ".rows"


class Kept(NamedTuple):
    """A table, and the commit that it shows: its number and its hash."""

    table: EvidenceTable
    commit: int
    hash: str


def read(folder: Path, queries: Mapping[str, Query], until: int, hash_of: Callable[[int], str]) -> Kept | None:
    """Return the newest table of a folder that shows a commit of a journal, not after one; nothing where there is none.

    ``hash_of`` tells the hash of each commit of that journal. Files that are damaged or of other queries are passed by.
    """
    for commit, path in _listed(folder):
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(path.read_bytes())
            if (
                commit <= until
                and told["format"] == _FORMAT
                and told["queries"] == _digest(queries)
                and told["hash"] == hash_of(commit)
            ):
                segments = [Segment.read(folder / name) for name in told["segments"]]
                return Kept(EvidenceTable(queries, segments), commit, told["hash"])
    return None


def write(folder: Path, queries: Mapping[str, Query], kept: Kept) -> None:
    """Keep a table in a folder; what only earlier ones need is removed, but for the last.

    Only who writes to the store may. Raises OSError, with the earlier ones left as they are.
    """
    folder.mkdir(exist_ok=True)
    names = []
    for segment in kept.table.segments:
        if segment.path is None:
            path = folder / f"{kept.commit}-{secrets.token_hex(4)}{_SUFFIX}"
            try:
                segment.write(path)
            except OSError:
                path.unlink(missing_ok=True)
                raise
        assert segment.path is not None
        names.append(segment.path.name)
    told = {"format": _FORMAT, "queries": _digest(queries), "hash": kept.hash, "segments": names}
    fresh = folder / "fresh"
    fresh.write_text(json.dumps(told), encoding="utf-8")
    fresh.replace(folder / f"{kept.commit}.json")
    _clear(folder)


def _listed(folder: Path) -> list[tuple[int, Path]]:
    """Return the tables of a folder with the commits that they show, the newest first."""
    found = [(int(path.stem), path) for path in folder.glob("*.json") if path.stem.isdecimal()]
    return sorted(found, reverse=True)


def _clear(folder: Path) -> None:
    listed = _listed(folder)
    used: set[str] = set()
    for number, (_, path) in enumerate(listed):
        if number < _KEPT:
            with suppress(OSError, ValueError, KeyError):
                used.update(json.loads(path.read_bytes())["segments"])
        else:
            path.unlink(missing_ok=True)
    for path in folder.glob(f"*{_SUFFIX}"):
        if path.name not in used:
            path.unlink(missing_ok=True)


def _digest(queries: Mapping[str, Query]) -> str:
    texts: dict[str, Any] = {name: query.text for name, query in queries.items()}
    return sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
