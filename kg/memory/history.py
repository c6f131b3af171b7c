"""The history of a record: each of its versions, who wrote it, when and why, and what it says differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import RdfFormat, Triple, parse

from kg.importing.differences import differences
from kg.importing.report import Difference
from kg.memory.naming import records_named
from kg.store import RecordVersion
from kg.store.canonical import lines

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase


@dataclass(frozen=True)
class VersionStory:
    """A version with the number of its statements, and how it differs from the one before, where there was one."""

    version: RecordVersion
    statements: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class RecordStory:
    """A record with its versions, oldest first."""

    source: str
    id: str
    iri: str
    live: bool
    versions: tuple[VersionStory, ...]


def history(base: EvidenceBase, text: str) -> list[RecordStory]:
    """Return the history of the records that a text names.

    Raises UnknownTerm with the nearest.
    """
    return [_story(base, *name) for name in records_named(base, text)]


def _story(base: EvidenceBase, source: str, record: str) -> RecordStory:
    told: list[VersionStory] = []
    last = b""  # what the newest version said that was not a retraction
    for version in base.store.versions(source, record):
        content = base.store.content_of(version)
        changed = differences(last, _statements(content)) if last and content else ()
        told.append(VersionStory(version, len(lines(content)), changed))
        last = content or last
    newest = told[-1].version
    return RecordStory(source, record, newest.iri, newest.action == "put", tuple(told))


def _statements(content: bytes) -> list[Triple]:
    return [quad.triple for quad in parse(content, format=RdfFormat.N_TRIPLES)]
