"""What goes into a store and what it remembers: changes, record versions, commits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pyoxigraph import Triple

from kg import iris
from kg.store.names import version_iri

Action = Literal["put", "retract"]
GENESIS_HASH: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it shall be from now on; ``triples`` is None to retract it.

    ``origin`` is the file or URL it came from; ``reason`` defaults to that of the commit.
    """

    source: str
    id: str
    triples: Iterable[Triple] | None
    origin: str = ""
    licence: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """One version of a record: who put or retracted it, when, why, from where; ``digest`` is empty for a retraction."""

    source: str
    id: str
    version: int
    commit: int
    time: str
    author: str
    action: Action
    digest: str
    reason: str
    origin: str
    licence: str

    @property
    def iri(self) -> str:
        """IRI of the record."""
        return iris.record(self.source, self.id)

    @property
    def graph(self) -> str:
        """IRI of the named graph of this version."""
        return version_iri(self.source, self.id, self.version)


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction of the journal; ``versions`` are the record versions that it wrote."""

    number: int
    time: str
    author: str
    reason: str
    previous_hash: str
    hash: str
    versions: tuple[RecordVersion, ...] = ()


NOTHING: Final = Commit(0, "", "", "", "", GENESIS_HASH)
"""The head of an empty journal."""


def chain_hash(
    number: int, time: str, author: str, reason: str, previous: str, versions: Sequence[RecordVersion]
) -> str:
    """Return the hash of a commit: over its words, its record versions with their digests, and the hash before it."""
    told = [
        [v.source, v.id, v.version, v.action, v.digest, v.reason, v.origin, v.licence]
        for v in sorted(versions, key=lambda v: (v.source, v.id))
    ]
    text = json.dumps([number, time, author, reason, previous, told], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_line(live: RecordVersion) -> str:
    """Return what a live record adds to the fingerprint of its store; times are not in it."""
    return f"{live.iri} {live.digest}\n"


def fingerprint(live: Iterable[RecordVersion]) -> str:
    """Return the SHA-256 over the sorted (record IRI, digest) lines of live records."""
    return hashlib.sha256("".join(sorted(map(fingerprint_line, live))).encode()).hexdigest()
