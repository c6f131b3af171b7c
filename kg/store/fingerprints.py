"""The fingerprint of a store, kept beside its table with the lines it is the hash of, so that the next is near.

The file can be made again from the journal: what it says counts only with the hash of a commit of that journal.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kg.store.records import Commit, fingerprint_line

if TYPE_CHECKING:
    from kg.store.journal import Journal

_FORMAT: Final = 1


def present(file: Path | None, journal: Journal, head: Commit) -> str:
    """Return the SHA-256 over the sorted lines of the records live after a commit, and keep it in the file.

    Raises StoreUnavailable.
    """
    kept = _head(file)
    if kept.get("hash") == head.hash:
        return str(kept["fingerprint"])
    lines = _forward(file, journal, head) or sorted(map(fingerprint_line, journal.heads(head.number)))
    value = _hash(lines)
    if file and head.number:
        told = {"format": _FORMAT, "commit": head.number, "hash": head.hash, "fingerprint": value}
        with suppress(OSError):  # a disk that is full or read-only: it is made again when next needed
            _write(file, "".join((json.dumps(told), "\n", *lines)))
    return value


def _head(file: Path | None) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        if file:
            with file.open(encoding="utf-8") as opened:
                return _told(opened.readline())
    return {}


def _told(line: str) -> dict[str, Any]:
    told = json.loads(line)
    whole = isinstance(told, dict) and {"commit", "hash", "fingerprint"} <= told.keys()
    return told if whole and told.get("format") == _FORMAT else {}


def _forward(file: Path | None, journal: Journal, head: Commit) -> list[str]:
    """Return the lines of a commit, from those kept of an earlier one; none where that is not possible."""
    with suppress(OSError, ValueError):
        if file:
            first, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = _told(first)
            if kept and kept["commit"] < head.number and kept["fingerprint"] == _hash(lines):
                if journal.hash_of(kept["commit"]) != kept["hash"]:
                    return []
                known = {line.partition(" ")[0]: line for line in lines}
                for version in journal.moved(kept["commit"], head.number):
                    if version.action == "put":
                        known[version.iri] = fingerprint_line(version)
                    else:
                        known.pop(version.iri, None)
                return sorted(known.values())
    return []


def _hash(lines: list[str]) -> str:
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _write(file: Path, text: str) -> None:
    fresh = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
