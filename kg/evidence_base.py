"""An open store with everything that answers need: the library's front, used by the command line and the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self
from typing import Literal as Either

from pyoxigraph import Literal, NamedNode, Triple

from kg import asked, iris, protocol, review
from kg.answer_log import AnswerLog
from kg.asked import Asked
from kg.catalog import Catalog, Query, Rows
from kg.closure import closure
from kg.errors import EvidenceError, InputRefused, UnknownTerm
from kg.evidence.answering import Ground, answer
from kg.evidence.live_records import Digests, RecordsById
from kg.evidence.protocols import Protocols
from kg.evidence.published import PublishedAnalyses, PublishedAnalysis
from kg.evidence.retracted import retracted_trials
from kg.model.answer import Answer, Excluded
from kg.moments import last_day, last_moment
from kg.protocol import Protocol
from kg.settings import Settings
from kg.store import Store
from kg.table import EvidenceTable, Kept, QueriedRows, upkeep
from kg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from kg.formats.context import Terms
    from kg.functions import Pools
    from kg.intake import Taken
    from kg.shapes import Report, Shapes

AUTHOR = "kg build"
NO_PROTOCOL = "none"
_PASTS_KEPT = 2


class EvidenceBase:
    """A store opened with its queries, terms, protocols and evidence table; use it as a context manager."""

    def __init__(self, settings: Settings, store: Store, *, borrowed: bool = False) -> None:
        self.settings, self.store = settings, store
        self._borrowed = borrowed
        self._table: Kept | None = None
        self._pasts: dict[int, Self] = {}
        self._recalling = Lock()

    @classmethod
    def open(cls, settings: Settings, mode: Either["read", "write"] = "read") -> Self:
        """Open the store of the settings; ``memory:`` holds the bundled evidence, built anew.

        Raises StoreUnavailable.
        """
        in_memory = settings.store == "memory:"
        base = cls(settings, Store.open(settings.store, "write" if in_memory else mode, settings.remote))
        if in_memory:
            base.build()
        return base

    def beside(self) -> Self:
        """Return another base on the same open store, which knows nothing yet of what this one has read.

        It sees the newest commit where the store is open for writing; closing it leaves the store open.
        """
        fresh = type(self)(self.settings, self.store, borrowed=True)
        vars(fresh)["answers"] = self.answers
        return fresh

    def on(self, past: Store) -> Self:
        """Return the evidence on a store of the past, which stays open when it is closed."""
        made = type(self)(self.settings, past, borrowed=True)
        vars(made).update(answers=self.answers, catalog=self.catalog, prefixes=self.prefixes)
        return made

    def as_of(self, moment: str) -> Self:
        """Return the evidence as it was known at the end of a day, a month or a year, or at a moment.

        Raises InputRefused where that is no date, or lies before the first commit.
        """
        commit = self.store.known_by(last_moment(moment, "known-by")).number
        if not commit:
            first = self.store.at_first().time
            begins = f"this store begins on {first}; name that day or a later one" if first else "this store is empty"
            raise InputRefused(f"nothing was known by {moment}: {begins}")
        return self.after(commit)

    def after(self, commit: int) -> Self:
        """Return the evidence as it was after a commit; the last few that were asked for are kept in memory.

        Raises StoreUnavailable where there is no such commit.
        """
        if commit == self.store.head().number:
            return self
        with self._recalling:
            past = self._pasts.pop(commit, None) or self.on(self.store.at(commit))
            self._pasts[commit] = past
            while len(self._pasts) > _PASTS_KEPT:
                del self._pasts[next(iter(self._pasts))]
            return past

    def forget(self) -> None:
        """Forget what was read of the store, since it has changed; answers asked before are still known."""
        for name in [n for n, kept in vars(type(self)).items() if isinstance(kept, cached_property) and n != "answers"]:
            self.__dict__.pop(name, None)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be the only one who writes; what another service wrote since the last turn is read anew.

        Raises StoreUnavailable.
        """
        with self.store.turn() as moved:
            if moved:
                self.forget()
            yield

    def close(self) -> None:
        """Let go of files and locks; who writes keeps the evidence table beside the store."""
        if self._borrowed:
            return
        try:
            if self.store.writable:
                self.keep_table()
        finally:
            self.store.close()

    def keep_table(self) -> None:
        """Write the evidence table beside the store, where it is not; those who read then need not make it."""
        with suppress(EvidenceError):  # it is made again by whoever needs it
            upkeep.keep(self.catalog, self.store, self._table)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What the folders hold.

    @cached_property
    def catalog(self) -> Catalog:
        """The query collection."""
        return Catalog(self.settings.queries)

    @cached_property
    def prefixes(self) -> Mapping[str, str]:
        """Prefixes and namespaces, as ``ontology/prefixes.ttl`` lists them."""
        return iris.prefixes(self.settings.ontology)

    @property
    def terms(self) -> Terms:
        """What names stand for in JSON-LD."""
        from kg.formats.context import terms  # noqa: PLC0415

        return terms(self.settings.ontology)

    @cached_property
    def shapes(self) -> Shapes:
        """The shapes of the gate."""
        from kg.shapes import Shapes  # noqa: PLC0415  (the gate is slow to load, and reading needs none)

        return Shapes.load(self.settings.ontology)

    # What the store holds.

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The terms of the store."""
        return Vocabulary(self.catalog, self.store, self.prefixes)

    @property
    def published(self) -> list[PublishedAnalysis]:
        """The analyses of every review in the store."""
        return list(self._published)

    @cached_property
    def _published(self) -> PublishedAnalyses:
        return PublishedAnalyses(self.catalog, self.store)

    @cached_property
    def table(self) -> EvidenceTable:
        """The evidence table, in step with the store."""
        with self._recalling:
            self._table = upkeep.present(self.catalog, self.store, self._table)
        return self._table.table

    @cached_property
    def answers(self) -> AnswerLog:
        """The answers asked before, kept beside the store."""
        return AnswerLog(self.store.answers)

    def ground(self, via: str = "table") -> Ground:
        """Return what answers stand on, its rows from the evidence table or from the queries themselves."""
        return Ground(
            rows=self.table if via == "table" else QueriedRows(self.catalog, self.store),
            vocabulary=self.vocabulary,
            published=self._published,
            digests=self._digests,
            records_by_id=self._records_by_id,
            fingerprint=self.store.fingerprint(),
            retracted=self._retracted,
        )

    @cached_property
    def _digests(self) -> Digests:
        return Digests(self.store)

    @cached_property
    def _records_by_id(self) -> RecordsById:
        return RecordsById(self.store)

    @cached_property
    def _retracted(self) -> Mapping[str, Excluded]:
        return retracted_trials(self.store)

    @cached_property
    def _protocols(self) -> Protocols:
        return Protocols(self.store)

    def protocols(self) -> list[Protocol]:
        """Return the protocols of the store, the default first."""
        return list(self._protocols.values())

    def protocol(self, name: str | None = None) -> Protocol:
        """Return a protocol by name, or the store's default; ``none`` is no protocol.

        One that was made of a review's file (``as_entered``) is for the analyses of that review, never the default.

        Raises UnknownTerm.
        """
        if name == NO_PROTOCOL:
            return protocol.NONE
        if name is None:
            return next((p for p in self._protocols.values() if not p.as_entered), protocol.NONE)
        return self._protocols[self.vocabulary.resolve(name, "protocols").slug]

    # What can be done.

    def build(self) -> Taken:
        """Take the bundled evidence into the store: all of it but what others retracted or changed here, or nothing.

        Raises InputRefused with the report of the gate.
        """
        from kg import building, query_collection  # noqa: PLC0415
        from kg.memory import standing  # noqa: PLC0415
        from kg.sources import bundle  # noqa: PLC0415

        self.forget()
        rows = standing.rows(self.store, bundle.read(self.settings.data, self.settings.ontology), AUTHOR)
        beside = query_collection.changes(self.catalog, self.prefixes)
        return building.build(self.store, self.shapes, rows, AUTHOR, "bundled evidence", beside)

    def ask(self, question: Asked, via: str = "table") -> Answer:
        """Return the answer to a question, and keep the question beside the store under the id of the answer.

        Raises UnknownTerm, Contradiction, NotPoolable, InputRefused.
        """
        base = self.as_of(question.known_by) if question.known_by else self
        try:
            found = base._answer(question, via)
        except UnknownTerm as unknown:
            if base is self:
                raise
            raise UnknownTerm(f"{unknown} (as known by {question.known_by})", unknown.nearest) from unknown
        self.answers.keep(found.id, question, base.store.head().number)
        return found

    def _answer(self, question: Asked, via: str = "table") -> Answer:
        chosen = self.protocol(question.protocol)
        name = None if chosen is protocol.NONE else chosen.name
        return answer(question.resolved(self.vocabulary, name), chosen, self.ground(via))

    def answered(self, answer_id: str) -> Answer:
        """Return an answer asked before, by its id; where the evidence has changed, as it was then, with a warning.

        Raises UnknownTerm where it was never asked here, InputRefused where it cannot be given again.
        """
        return self.standing(answer_id)[1]

    def standing(self, answer_id: str) -> tuple[Self, Answer]:
        """Return an answer asked before with the evidence that it stands on, that of now or of an earlier commit.

        Raises UnknownTerm where it was never asked here, InputRefused where it cannot be given again.
        """
        question, commit = self.answers.question(answer_id), self.answers.commit(answer_id)
        if question is None:
            found = next((a for a in self._reviewed() if a.id == answer_id), None)
            if found is None:
                raise UnknownTerm(f"no answer {answer_id!r} was asked of this store; ask again with `kg ask`")
            return self, found
        try:
            found = self._answer(question)
            now = f"the same question now gives {found.id}"
        except EvidenceError as error:
            found, now = None, f"the same question now gives no answer: {error}"
        if found is not None and found.id == answer_id:
            return self, found
        changed = f"the evidence has changed since answer {answer_id}: {now}"
        if commit is not None and 0 < commit <= self.store.head().number:
            past = self.after(commit)
            again = past._answer(question)
            if again.id == answer_id:
                return past, replace(again, warnings=(*again.warnings, changed))
        raise InputRefused(changed)

    def _reviewed(self) -> Iterator[Answer]:
        for found in self._protocols.values():
            if found.review:
                yield from review.answers(found, self.ground())

    def review(
        self, name: str | None = None, *, published_by: str | None = None, known_by: str | None = None
    ) -> tuple[Protocol, list[Answer]]:
        """Return a protocol and the answer to every analysis of its review, from trials published and known by a day.

        Raises UnknownTerm, InputRefused.
        """
        base = self.as_of(known_by) if known_by else self
        chosen = base.protocol(name)
        until = last_day(published_by, "published-by").isoformat() if published_by else None
        moment = last_moment(known_by, "known-by") if known_by else None
        return chosen, list(review.answers(chosen, base.ground(), until, moment))

    def reviews(
        self, *, published_by: str | None = None, known_by: str | None = None
    ) -> Iterator[tuple[Protocol, list[Answer]]]:
        """Yield every protocol that names a review with the answers to its analyses, one review at a time.

        Raises InputRefused.
        """
        base = self.as_of(known_by) if known_by else self
        until = last_day(published_by, "published-by").isoformat() if published_by else None
        moment = last_moment(known_by, "known-by") if known_by else None
        ground = base.ground()
        for chosen in base._protocols.values():
            if chosen.review:
                yield chosen, list(review.answers(chosen, ground, until, moment))

    def query(self, name: str, **values: str) -> Rows:
        """Return the rows of a query of the collection; values are texts, typed by the query's header.

        Raises UnknownTerm, InputRefused.
        """
        return self.run(self.catalog[name], **values)

    def run(self, query: Query, **values: str) -> Rows:
        """Return the rows of a query; values are texts, typed by its header.

        Raises InputRefused for a value that is not of its kind, QueryRefused for a text that is not SPARQL.
        """
        from kg import functions  # noqa: PLC0415
        from kg.functions.pooling_engine import PoolingEngine  # noqa: PLC0415

        engine = PoolingEngine(self) if functions.used(query.text) else self.store
        return query.run(engine, self._typed(query, values))

    def bound(self, query: Query, **values: str) -> str:
        """Return the text of a query with values in it; these are texts, typed by its header.

        Raises InputRefused for a value that is not of its kind.
        """
        return query.bound(self._typed(query, values))

    def _typed(self, query: Query, values: Mapping[str, str]) -> dict[str, list[NamedNode | Literal]]:
        terms: dict[str, list[NamedNode | Literal]] = {}
        for key, text in values.items():
            term = query.term(key, text)
            curie = iris.expand(text, self.prefixes) if isinstance(term, NamedNode) and "//" not in text else None
            terms[key] = [NamedNode(curie) if curie else term]
        return terms

    def pools(self) -> Pools:
        """Return what pools the rows of queries that call functions for it."""
        from kg.functions import Pools  # noqa: PLC0415

        return Pools(self.ground(), self.protocol)

    def describe(self, iri: str) -> list[Triple]:
        """Return everything said about a thing, and what else the graph needs to read it.

        Raises UnknownTerm where nothing is said about it.
        """
        found = self.store.construct(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?s {{ {NamedNode(iri)} }} ?s ?p ?o }}")
        if not found:
            raise UnknownTerm(f"nothing is known of <{iri}>")
        return found

    def validate(self) -> tuple[Report, list[str]]:
        """Return the report of the gate on everything in the store, and a line for each finding."""
        from kg import building, intake  # noqa: PLC0415

        evidence = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o FILTER (?s != <{building.RULES}>) }}"
        report = self.shapes.validate(self.store.construct(evidence))
        return report, [intake.line(finding, intake.Candidate()) for finding in report.results]

    def validate_path(self, path: Path) -> tuple[Report, list[str]]:
        """Return the report of the gate on an RDF file or a folder of tables, as if it came into this store.

        Raises InputRefused where it cannot be read.
        """
        from kg import intake  # noqa: PLC0415
        from kg.sources import rdf, tables  # noqa: PLC0415

        if path.is_dir():
            made = intake.candidate(tables.read(path))
            stated = [t for unit in made.triples.values() for t in unit]
            around = intake.surroundings(self.store, made.triples)
        else:
            made, stated = intake.Candidate(), list(rdf.read(path))
            around = closure(self.store, stated)
        if not stated:
            raise InputRefused(f"{path}: nothing to validate there; name an RDF file, or a folder laid out like data/")
        report = self.shapes.validate(stated, around)
        return report, [intake.line(finding, made) for finding in report.results]


def question(**words: str | None) -> Asked:
    """Return a question from words given by name."""
    return asked.of(**words)
