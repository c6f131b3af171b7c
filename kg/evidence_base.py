"""An open store with everything that answers need: the library's front, used by the command line and the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pyoxigraph import NamedNode, Triple

from kg import asked, iris, protocol, review
from kg.answer_log import AnswerLog
from kg.asked import Asked
from kg.catalog import Catalog, Query, Rows
from kg.closure import closure
from kg.errors import InputRefused, UnknownTerm
from kg.evidence.answering import Ground, answer
from kg.evidence.published import PublishedAnalysis, analyses
from kg.model.answer import Answer
from kg.protocol import Protocol
from kg.settings import Settings
from kg.store import Store
from kg.table import EvidenceTable, QueriedRows
from kg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from kg.intake import Taken
    from kg.shapes import Report, Shapes

AUTHOR = "kg build"
NO_PROTOCOL = "none"


class EvidenceBase:
    """A store opened with its queries, terms, protocols and evidence table; use it as a context manager."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store

    @classmethod
    def open(cls, settings: Settings, mode: Literal["read", "write"] = "read") -> Self:
        """Open the store of the settings; ``memory:`` holds the bundled evidence, built anew.

        Raises StoreUnavailable.
        """
        in_memory = settings.store == "memory:"
        base = cls(settings, Store.open(settings.store, "write" if in_memory else mode))
        if in_memory:
            base.build()
        return base

    def close(self) -> None:
        """Let go of files and locks."""
        self.store.close()

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

    @cached_property
    def published(self) -> list[PublishedAnalysis]:
        """The analyses of every review in the store."""
        return analyses(self.catalog, self.store, None)

    @cached_property
    def table(self) -> EvidenceTable:
        """The evidence table."""
        return EvidenceTable(self.catalog, self.store)

    @cached_property
    def answers(self) -> AnswerLog:
        """The answers asked before, kept beside the store."""
        scheme, _, path = self.settings.store.partition(":")
        return AnswerLog(Path(path).expanduser() / "answers" if scheme == "oxigraph" else None)

    def ground(self, via: str = "table") -> Ground:
        """Return what answers stand on, its rows from the evidence table or from the queries themselves."""
        return Ground(
            rows=self.table if via == "table" else QueriedRows(self.catalog, self.store),
            vocabulary=self.vocabulary,
            published=self.published,
            digests=self._digests,
            records_by_id=self._records_by_id,
            fingerprint=self.store.fingerprint(),
        )

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {head.iri: head.digest for head in self.store.heads()}

    @cached_property
    def _records_by_id(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for head in self.store.heads():
            found.setdefault(head.id, []).append(head.iri)
        return {record_id: tuple(records) for record_id, records in found.items()}

    @cached_property
    def _protocols(self) -> dict[str, Protocol]:
        query = "SELECT ?protocol ?text ?default WHERE { ?protocol <%s> ?text ; <%s> ?default }"
        rows = self.store.select(query % (iris.EV + "protocolText", iris.EV + "isDefault")).rows
        found = [(iris.local(p.value), t.value, d.value == "true") for p, t, d in rows]  # type: ignore[union-attr]
        ordered = sorted(found, key=lambda item: (not item[2], item[0]))
        return {name: protocol.read(text, f"protocol {name}") for name, text, _ in ordered}

    def protocol(self, name: str | None = None) -> Protocol:
        """Return a protocol by name, or the store's default; ``none`` is no protocol.

        Raises UnknownTerm.
        """
        if name == NO_PROTOCOL or (name is None and not self._protocols):
            return protocol.NONE
        if name is None:
            return next(iter(self._protocols.values()))
        return self._protocols[self.vocabulary.resolve(name, "protocols").slug]

    # What can be done.

    def build(self) -> Taken:
        """Take the bundled evidence into the store: all of it, or nothing.

        Raises InputRefused with the report of the gate.
        """
        from kg import intake  # noqa: PLC0415
        from kg.sources import bundle  # noqa: PLC0415

        for name in [n for n, kept in vars(type(self)).items() if isinstance(kept, cached_property)]:
            self.__dict__.pop(name, None)
        rows = bundle.read(self.settings.data, self.settings.ontology)
        return intake.take(self.store, self.shapes, rows, AUTHOR, "bundled evidence", whole=True)

    def ask(self, question: Asked, via: str = "table") -> Answer:
        """Return the answer to a question, and keep the question beside the store under the id of the answer.

        Raises UnknownTerm, Contradiction, NotPoolable, InputRefused.
        """
        found = self._answer(question, via)
        self.answers.keep(found.id, question)
        return found

    def _answer(self, question: Asked, via: str) -> Answer:
        chosen = self.protocol(question.protocol)
        name = None if chosen is protocol.NONE else chosen.name
        return answer(question.resolved(self.vocabulary, name), chosen, self.ground(via))

    def answered(self, answer_id: str) -> Answer:
        """Return an answer asked before, by its id.

        Raises UnknownTerm where it was never asked here, InputRefused where the evidence has changed since.
        """
        question = self.answers.question(answer_id)
        if question is None:
            found = next((a for a in self._reviewed() if a.id == answer_id), None)
            if found is None:
                raise UnknownTerm(f"no answer {answer_id!r} was asked of this store; ask again with `kg ask`")
            return found
        found = self._answer(question, "table")
        if found.id != answer_id:
            raise InputRefused(
                f"the evidence has changed since answer {answer_id}: the same question now gives {found.id}"
            )
        return found

    def _reviewed(self) -> Iterator[Answer]:
        for found in self._protocols.values():
            if found.review:
                yield from review.answers(found, self.ground())

    def review(self, name: str | None = None) -> tuple[Protocol, list[Answer]]:
        """Return a protocol and the answer to every analysis of its review.

        Raises UnknownTerm, InputRefused.
        """
        chosen = self.protocol(name)
        return chosen, list(review.answers(chosen, self.ground()))

    def query(self, name: str, **values: str) -> Rows:
        """Return the rows of a query of the collection; values are texts, typed by the query's header.

        Raises UnknownTerm, InputRefused.
        """
        return self.run(self.catalog[name], **values)

    def run(self, query: Query, **values: str) -> Rows:
        """Return the rows of a query; values are texts, typed by its header.

        Raises InputRefused for a value that is not of its kind, QueryRefused for a text that is not SPARQL.
        """
        terms = {}
        for key, text in values.items():
            term = query.term(key, text)
            curie = iris.expand(text, self.prefixes) if isinstance(term, NamedNode) and "//" not in text else None
            terms[key] = [NamedNode(curie) if curie else term]
        return query.run(self.store, terms)

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
        from kg import intake  # noqa: PLC0415

        evidence = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o FILTER (?s != <{intake.RULES}>) }}"
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
