"""Changes as they come in, brought into canonical form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from kg import iris
from kg.errors import InputRefused
from kg.store import canonical
from kg.store.records import Change


@dataclass(frozen=True)
class Entry:
    """A change in canonical form, ready to be written; ``content`` is None for a retraction."""

    source: str
    id: str
    content: bytes | None
    reason: str
    origin: str
    licence: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content; empty for a retraction."""
        return "" if self.content is None else canonical.digest(self.content)


def canonical_entries(changes: Iterable[Change | Entry]) -> list[Entry]:
    """Return changes in canonical form; those that have it already stay as they are.

    Raises InputRefused.
    """
    entries: dict[tuple[str, str], Entry] = {}
    for c in changes:
        iri = iris.record(c.source, c.id)
        check_texts(origin=c.origin, licence=c.licence, reason=c.reason)
        if (c.source, c.id) in entries:
            raise InputRefused(f"{iri} is changed twice in one commit; join the two, or make two commits")
        if isinstance(c, Entry):
            entries[c.source, c.id] = c
            continue
        try:
            content = None if c.triples is None else canonical.canonical(c.triples)
        except InputRefused as refusal:
            raise InputRefused(f"{c.origin or iri}: {refusal}") from None
        if content == b"":
            raise InputRefused(f"{iri} states no triple; retract it (triples=None) if that is meant")
        entries[c.source, c.id] = Entry(c.source, c.id, content, c.reason, c.origin, c.licence)
    return list(entries.values())


def check_texts(**texts: str) -> None:
    """Refuse texts with characters that some database cannot keep.

    Raises InputRefused, naming the text.
    """
    for name, text in texts.items():
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise InputRefused(f"{name} {text!r} has a character that no database keeps; remove it")
