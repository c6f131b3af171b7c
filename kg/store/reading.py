"""Asking a store: its present state by SPARQL, its memory by commit, record and version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import RdfFormat, Triple, parse

from kg.errors import StoreUnavailable, UnknownTerm
from kg.store import audit, canonical, fingerprints, projection
from kg.store.engine import Engine, Solutions, Term
from kg.store.lookups import chunks, subject_key
from kg.store.names import DEFAULT
from kg.store.records import Commit, RecordVersion, fingerprint

if TYPE_CHECKING:
    from kg.store.journal import Journal


class Readable:
    """A journal, up to the commit ``at`` or the newest, and an engine that holds the same."""

    def __init__(self, journal: Journal, at: int | None) -> None:
        self._journal = journal
        self._at = at
        self._fingerprint: tuple[int, str] | None = None

    def _present(self) -> Engine:
        raise NotImplementedError

    # Asking the present state.

    @property
    def engine(self) -> Engine:
        """The engine at the commit that this store sees."""
        return self._present()

    def select(self, query: str) -> Solutions:
        """Return the solutions of a SELECT query.

        Raises QueryRefused, StoreUnavailable.
        """
        return self._present().select(query)

    def stream(self, query: str) -> Iterator[tuple[Term | None, ...]]:
        """Yield the rows of a SELECT query one by one, for more of them than memory should hold.

        Raises QueryRefused, StoreUnavailable.
        """
        return self._present().stream(query)

    def ask(self, query: str) -> bool:
        """Return the answer to an ASK query.

        Raises QueryRefused, StoreUnavailable.
        """
        return self._present().ask(query)

    def construct(self, query: str) -> list[Triple]:
        """Return the triples of a CONSTRUCT or DESCRIBE query.

        Raises QueryRefused, StoreUnavailable.
        """
        return self._present().construct(query)

    # Asking the memory.

    def head(self) -> Commit:
        """Return the newest commit that this store sees; number 0 when there is none."""
        return self._journal.head(self._at)

    def known_by(self, moment: str) -> Commit:
        """Return the newest commit at or before a moment, such as 2026-11-25T23:59:59.999Z; number 0 before the first.

        The moment is in UTC, to the millisecond.
        """
        return self._journal.known_by(moment, self._at)

    def at_first(self) -> Commit:
        """Return the first commit; that of an empty store has number 0."""
        return self._journal.head(1)

    def newest(self) -> int:
        """Return the number of the newest commit of the journal, also where this store sees an earlier one."""
        return self._journal.head().number

    def commits(self, since: int = 0, until: int | None = None) -> list[Commit]:
        """Return the commits after a number up to another, oldest first, with the record versions that each wrote."""
        return self._journal.commits(since, self._at if until is None else until)

    def hash_of(self, commit: int) -> str:
        """Return the hash of a commit, which stands for all before it as well; empty where there is none."""
        return self._journal.hash_of(commit)

    def moved(self, since: int) -> Iterator[Triple]:
        """Yield the statements that came into the present state, or left it, after a commit.

        Raises StoreUnavailable.
        """
        change = projection.delta(self._journal, since, self._at)
        for lines in (change.removed.get(DEFAULT, ()), change.added.get(DEFAULT, ())):
            for quad in parse("\n".join(lines), format=RdfFormat.N_TRIPLES):
                yield quad.triple

    def heads(self, at: int | None = None) -> list[RecordVersion]:
        """Return the version of every record that was live after a commit, the newest without a number.

        They are sorted by source and id.
        """
        return self._journal.heads(self._at if at is None else at)

    def names(self) -> list[tuple[str, str]]:
        """Return source and id of every record that ever was."""
        return self._journal.names(self._at)

    def latest(self, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], RecordVersion]:
        """Return the newest version of each named record that ever was, live or retracted."""
        return self._journal.latest(names, self._at)

    def digests(self, names: Iterable[tuple[str, str]], at: int) -> dict[tuple[str, str], str]:
        """Return the digest of each named record that was live after a commit."""
        return self._journal.digests(names, at)

    def called(self, ids: Iterable[str], at: int) -> list[tuple[str, str]]:
        """Return source and id of the records with one of some ids that were live after a commit, sorted."""
        return self._journal.called(ids, at)

    def stating(self, things: Iterable[str]) -> Iterator[tuple[RecordVersion, bytes]]:
        """Yield the live records that state something of a thing, by IRIs, with their content."""
        wanted = {f"<{thing}>" for thing in things}
        speakers = self._journal.speakers(map(subject_key, wanted))
        for chunk in chunks(speakers):
            for version, content in self._journal.live_among(chunk, self._at):
                if not wanted.isdisjoint(map(canonical.subject, canonical.lines(content))):
                    yield version, content

    def versions(self, source: str, id: str) -> list[RecordVersion]:
        """Return every version of a record, oldest first.

        Raises UnknownTerm.
        """
        return self._journal.versions(source, id, self._at)

    def content_of(self, version: RecordVersion) -> bytes:
        """Return the canonical N-Triples of a version, nothing for a retraction."""
        return self._journal.content(version.digest) if version.digest else b""

    def content(self, source: str, id: str, version: int | None = None) -> bytes:
        """Return the canonical N-Triples of a version of a record, of the newest without a number.

        Raises UnknownTerm: no such record or version, or the version is a retraction.
        """
        known = self.versions(source, id)
        for found in known[-1:] if version is None else known:
            if version in {None, found.version}:
                if found.action == "put":
                    return self._journal.content(found.digest)
                raise UnknownTerm(
                    f"{found.iri} was retracted in version {found.version} ({found.reason}); name an earlier one"
                )
        raise UnknownTerm(f"{known[0].iri} has no version {version}; the newest is {known[-1].version}")

    def fingerprint(self) -> str:
        """Return the SHA-256 over the sorted (record IRI, digest) lines of all live records."""
        head = self.head()
        if self._fingerprint is None or self._fingerprint[0] != head.number:
            self._fingerprint = head.number, fingerprints.present(self._beside(), self._journal, head)
        return self._fingerprint[1]

    def _beside(self) -> Path | None:
        """Return where the fingerprint is kept, if anywhere."""
        return None

    def verify(self) -> list[str]:
        """Return what is wrong with journal and engine; an empty list says that all is well."""
        faults: list[str] = []
        try:
            faults += audit.journal_faults(self._journal)
            faults += audit.engine_faults(self._journal, self._present(), self._at)
            if self.fingerprint() != fingerprint(self.heads()):
                faults.append("the fingerprint kept beside the store is not that of its records; delete its file")
        except StoreUnavailable as unreadable:
            faults.append(str(unreadable))
        return faults
