"""The remote engine: any SPARQL 1.1 service, which holds the merged present state in a named graph.

Nothing of it is taken on trust. Each table is counted by the engine in a second query, which also says what commit it
holds; a cut or a contradictory answer is refused. What was written in part is noted before it begins and after it ends,
so that it is finished at the next opening.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Final, NamedTuple

import pyoxigraph as ox

from kg.errors import InputRefused, QueryRefused
from kg.iris import BASE, EV, GRAPH
from kg.store.engine import Mark, Patch, Solutions, Term
from kg.store.literals import exact, returned
from kg.store.names import APART, CATALOG, DEFAULT, EXTRA_GRAPHS, STATE
from kg.store.paths import resolved
from kg.store.prologue import expanded, selected, without_dataset
from kg.store.records import NOTHING
from kg.store.remote_faults import EngineNonsense, MovedOn, quoted
from kg.store.remote_service import JSON, N_TRIPLES, VIRTUOSO, Dataset, RemoteService

CURRENT: Final = GRAPH + "current"
"""The graph that is the default graph of queries: not every service has one that can be written to."""
NOTHING_GRAPH: Final = GRAPH + "nothing"
"""A graph that nothing is ever in: without any, some services take all that they have."""
HELD: Final = (CURRENT, CATALOG, *EXTRA_GRAPHS.values(), *APART.values())
DATASET: Final = Dataset([CURRENT], [*HELD[1:], STATE])
_STORE: Final = f"<{BASE}store>"
_REACHED, _REACHING = f"<{EV}reached>", f"<{EV}reaching>"
_NOTES: Final = f"GRAPH <{STATE}> {{ {_STORE} ?note__ ?value__ }}"
_SPO: Final = re.compile(
    r"CONSTRUCT\s*\{\s*(\?\w+)\s+(\?\w+)\s+(\?\w+)\s*\.?\s*\}\s*(?:WHERE\s*)?(?=\{)", re.IGNORECASE
)
_GUARDED: Final = 200
"""Triples of a guarded update: an engine makes code of each."""
_PLAIN: Final = 1000
_TEXT: Final = 200_000
"""Characters of an update."""
_LOADED: Final = 50_000


class Notes(NamedTuple):
    """What an engine holds, by its own note: the commit reached, and one that somebody has begun to bring it to."""

    reached: Mark
    reaching: int | None
    noted: bool


class RemoteEngine:
    """A store's engine behind a SPARQL service; one object may be asked from several threads."""

    def __init__(self, service: RemoteService, expected: Mark | None = None) -> None:
        self._service = service
        self._expected = expected

    def select(self, query: str) -> Solutions:
        """Return the solutions of a SELECT query, each term in canonical form.

        Raises QueryRefused; EngineDown, EngineSlow, EngineNonsense; MovedOn.
        """
        text, asked = self._asked(query, "SELECT")
        columns, rows = self._table(text, asked)
        wanted = selected(text)
        if wanted is not None and wanted != columns:
            raise self.nonsense(
                f"it answers with columns {', '.join(columns)} where {', '.join(wanted)} were asked for"
            )
        self.check(text, len(rows), asked)
        return Solutions(columns, rows)

    def stream(self, query: str) -> Iterator[tuple[Term | None, ...]]:
        """Yield the rows of a SELECT query, which are counted before.

        Raises as ``select`` does.
        """
        yield from self.select(query).rows

    def ask(self, query: str) -> bool:
        """Return the answer to an ASK query.

        Raises as ``select`` does.
        """
        text, asked = self._asked(query, "ASK")
        found = self.holds(text, asked)
        self.check(text)
        return found

    def holds(self, text: str, asked: Dataset) -> bool:
        """Return the answer to an ASK query without prologue; it goes as a table, since Virtuoso answers it with one.

        Raises as ``select`` does.
        """
        group = text[len("ASK") :]
        return bool(self._table(f"SELECT (1 AS ?yes__) WHERE {{ {{ SELECT * {group} }} }} LIMIT 1", asked)[1])

    def construct(self, query: str) -> list[ox.Triple]:
        """Return the triples of a CONSTRUCT or DESCRIBE query, each once, their terms in canonical form.

        Raises as ``select`` does.
        """
        text, asked = self._asked(query, "CONSTRUCT", "DESCRIBE")
        if asked == DATASET and (template := _SPO.match(text)):  # as a table, it can be counted
            found = self.select(f"SELECT {' '.join(template.groups())} WHERE {text[template.end() :]}")
            return list(dict.fromkeys(triples(found.rows)))
        content = self._service.ask(text, N_TRIPLES, asked)
        try:
            quads = list(ox.parse(content, ox.RdfFormat.N_TRIPLES))
        except SyntaxError as error:
            raise self.nonsense(f"its triples cannot be read: {quoted(str(error.msg))}") from error
        self.check(text)
        return list(dict.fromkeys(triples((q.subject, q.predicate, q.object) for q in quads)))

    def sent(self, text: str, *forms: str) -> str:
        """Return a query of one of some forms, without prologue, as this engine is asked it.

        Raises QueryRefused where it is of another form, or cannot be brought into one that the engine answers rightly.
        """
        form = text[:9].partition(" ")[0].partition("{")[0].upper()
        if form not in forms:
            raise QueryRefused(f"the query is not a {' or '.join(forms)}; this place needs one")
        return resolved(text, self._steps) if self._service.kind == VIRTUOSO else text

    # Writing.

    def notes(self, seconds: float | None = None) -> Notes:
        """Return what the engine holds, by its own note.

        Raises EngineDown, EngineSlow, EngineNonsense.
        """
        _, rows = self._table(f"SELECT ?note__ ?value__ WHERE {{ {_NOTES} }}", seconds=seconds)
        return _notes(rows)

    def applied(self) -> Mark:
        """Return the commit reached, and hold what is read from now on against it.

        Raises EngineDown, EngineSlow, EngineNonsense.
        """
        self._expected = self.notes().reached
        return self._expected

    def apply(self, removed: Patch, added: Patch, mark: Mark) -> None:
        """Remove, then add, in parts, between a note of what is begun and a note of what is reached.

        Each part is done only as long as the first note stands, so that one which comes late does no harm. What is
        broken off can be done again, from the same commit to the same commit.

        Raises EngineDown, EngineSlow, EngineNonsense.
        """
        before = self._begin(mark)
        guard = f'WHERE {{ GRAPH <{STATE}> {{ {_STORE} {_REACHING} "{mark.commit}" }} }}'
        for operation, patch in (("DELETE", removed), ("INSERT", added)):
            for graph, lines in self._parts(patch, _GUARDED):
                self._service.update(f"{operation} {{ GRAPH <{graph}> {{\n{lines}\n}} }} {guard}")
        self._end(before, mark)

    def fill(self, parts: Iterable[tuple[str, str]], mark: Mark) -> None:
        """Put (graph, N-Triples) parts in the place of all that the engine holds of this store.

        Raises EngineDown, EngineSlow, EngineNonsense.
        """
        self._begin(mark)
        self._forget(all_but=mark.commit)
        for graph in HELD:
            self._service.update(f"CLEAR SILENT GRAPH <{graph}>")
        for graph, text in parts:
            for name, lines in self._parts({graph: text.splitlines()}, _LOADED if self._loads else _PLAIN):
                if self._loads:
                    self._service.load(name, lines.encode() + b"\n")
                else:
                    self._service.update(f"INSERT DATA {{ GRAPH <{name}> {{\n{lines}\n}} }}")
        self._end(Notes(Mark(NOTHING.number, NOTHING.hash), mark.commit, False), mark)

    # Everything.

    def counts(self) -> dict[str, int]:
        """Return the number of triples of each graph, the engine's own note left out."""
        sizes = {(DEFAULT if graph == CURRENT else graph): self._size(graph) for graph in HELD}
        return {graph: size for graph, size in sorted(sizes.items()) if graph == DEFAULT or size}

    def serialise(self, output: IO[bytes], format: ox.RdfFormat, graph: str | None = None) -> None:
        """Write one graph, or the whole dataset where the format can hold one."""
        if graph is None:
            if not format.supports_datasets:
                raise InputRefused(f"{format.name} holds one graph; name one, or use N-Quads, TriG or JSON-LD")
            ox.serialize((quad for name in HELD for quad in self._quads(name)), output, format)
        else:
            ox.serialize((quad.triple for quad in self._quads(graph or CURRENT)), output, format)

    def close(self) -> None:
        """Close the connections."""
        self._service.close()

    # How.

    @property
    def _loads(self) -> bool:
        return bool(self._service.graph_store) and self._service.kind != VIRTUOSO

    def _begin(self, mark: Mark) -> Notes:
        before = self.notes()
        if before.reaching != mark.commit:
            self._service.update(f'INSERT DATA {{ GRAPH <{STATE}> {{ {_STORE} {_REACHING} "{mark.commit}" }} }}')
        return before

    def _forget(self, all_but: int) -> None:
        """Take away every note but that of what is begun: what the engine holds is not to be believed any more."""
        kept = f'?value__ != "{all_but}"'
        self._service.update(f"DELETE {{ {_NOTES} }} WHERE {{ {_NOTES} FILTER (?note__ != {_REACHING} || {kept}) }}")

    def _end(self, before: Notes, mark: Mark) -> None:
        """Note what is reached, and then take away what was noted before: there is no moment without a note."""
        here = _reached(mark)
        old = [f'{_STORE} {_REACHING} "{mark.commit}" .']
        if before.noted and before.reached != mark:
            old.append(_reached(before.reached))
        self._service.update(f"INSERT DATA {{ GRAPH <{STATE}> {{ {here} }} }}")
        self._service.update(f"DELETE DATA {{ GRAPH <{STATE}> {{ {' '.join(old)} }} }}")
        found = self.notes()
        if found.reached != mark or found.reaching is not None:
            raise self.nonsense(
                f"it does not keep what is written: it holds commit {found.reached.commit} after {mark.commit}"
            )
        self._expected = mark

    def _parts(self, patch: Mapping[str, Iterable[str]], most: int) -> Iterator[tuple[str, str]]:
        for graph, lines in patch.items():
            held: list[str] = []
            size = 0
            for line in lines:
                if held and (len(held) >= most or (size + len(line) > _TEXT and most != _LOADED)):
                    yield graph or CURRENT, "\n".join(held)
                    held, size = [], 0
                held.append(exact(line) if self._service.kind == VIRTUOSO else line)
                size += len(line)
            if held:
                yield graph or CURRENT, "\n".join(held)

    def _asked(self, query: str, *forms: str) -> tuple[str, Dataset]:
        """Return a query as it is sent, and its dataset: that of the store, unless the text names its own."""
        text, defaults, named = without_dataset(expanded(query))
        own = Dataset(defaults or [NOTHING_GRAPH], named or [NOTHING_GRAPH]) if defaults or named else DATASET
        return self.sent(text, *forms), own

    def _table(
        self, text: str, asked: Dataset = DATASET, seconds: float | None = None
    ) -> tuple[tuple[str, ...], list[tuple[Term | None, ...]]]:
        content = self._service.ask(text, JSON, asked, seconds)
        found = self._parsed(content)
        if not isinstance(found, ox.QuerySolutions):
            raise self.nonsense("it answers with yes or no where a table was asked for")
        columns = tuple(v.value for v in found.variables)
        rows = []
        try:
            for row in found:
                rows.append(tuple(map(returned, row)))
        except (SyntaxError, ValueError) as error:
            raise self.nonsense(f"its answer cannot be read to its end: {quoted(str(error))}") from error
        finally:
            del found  # it may be let go of in this thread alone, and a traceback would hold it
        return columns, rows

    def _parsed(self, content: bytes) -> ox.QuerySolutions | ox.QueryBoolean:
        try:
            return ox.parse_query_results(content, ox.QueryResultsFormat.JSON)
        except (SyntaxError, ValueError) as error:
            raise self.nonsense(f"its answer cannot be read ({quoted(str(error))}): {quoted(content[:400])}") from error

    def check(self, text: str, rows: int | None = None, asked: Dataset = DATASET) -> None:
        """Hold the rows of a query against the engine's own count, and its commit against the one that is read.

        Without ``rows``, nothing is counted.

        Raises EngineNonsense where rows are missing; MovedOn where somebody wrote meanwhile.
        """
        counted: set[str] = set()
        if rows is None:
            notes = self.notes()
        elif asked == DATASET:
            count = f"{{ SELECT (COUNT(*) AS ?n__) WHERE {{ {{ {text} }} }} }}"
            told = self._table(f"SELECT ?n__ ?note__ ?value__ WHERE {{ {count} {_NOTES} }}")[1]
            counted, notes = {str(getattr(row[0], "value", "")) for row in told}, _notes(row[1:] for row in told)
        else:
            told = self._table(f"SELECT (COUNT(*) AS ?n__) WHERE {{ {{ {text} }} }}", asked)[1]
            counted, notes = {str(getattr(row[0], "value", "")) for row in told}, self.notes()
        expected = self._expected or notes.reached
        if notes.reaching is not None or notes.reached != expected:
            raise MovedOn(
                f"the store at {self._service.address} went on from commit {expected.commit} to "
                f"{notes.reaching or notes.reached.commit} while it was read; ask again"
            )
        if rows == 0 and counted == {"1"} and not self._table(f"SELECT * WHERE {{ {{ {text} }} }} LIMIT 1", asked)[1]:
            return  # Virtuoso counts 1 where it knows beforehand that there is none
        if rows is not None and counted != {str(rows)}:
            raise self.nonsense(
                f"it gives {rows} rows and counts {' and '.join(sorted(counted)) or 'none'}; "
                "where it limits the rows of an answer, raise the limit"
            )

    def _size(self, graph: str) -> int:
        _, rows = self._table(f"SELECT (COUNT(*) AS ?n) WHERE {{ {_everything(graph)} }}")
        if len(rows) != 1 or not isinstance(rows[0][0], ox.Literal) or not rows[0][0].value.isdigit():
            raise self.nonsense("it cannot count")
        return int(rows[0][0].value)

    def _quads(self, graph: str) -> Iterator[ox.Quad]:
        name = ox.DefaultGraph() if graph == CURRENT else ox.NamedNode(graph)
        for triple in triples(self.select(f"SELECT ?s ?p ?o WHERE {{ {_everything(graph)} }}").rows):
            yield ox.Quad(triple.subject, triple.predicate, triple.object, name)

    def _steps(self, path: str) -> Iterator[tuple[str, str]]:
        for s, o in self._table(f"SELECT DISTINCT ?s ?o WHERE {{ ?s {path} ?o }}")[1]:
            if isinstance(s, ox.NamedNode) and isinstance(o, ox.NamedNode):
                yield s.value, o.value

    def nonsense(self, what: str) -> EngineNonsense:
        """Return the fault of an answer that is none."""
        return EngineNonsense(f"the engine at {self._service.address} does not speak as a SPARQL service does: {what}")


def _everything(graph: str) -> str:
    return "?s ?p ?o" if graph == CURRENT else f"GRAPH <{graph}> {{ ?s ?p ?o }}"


def _notes(rows: Iterable[tuple[Term | None, ...]]) -> Notes:
    reached, reaching = [Mark(NOTHING.number, NOTHING.hash)], []
    for note, value in rows:
        said = getattr(value, "value", "").split()
        if str(note) == _REACHED and len(said) == 2 and said[0].isdigit():
            reached.append(Mark(int(said[0]), said[1]))
        elif str(note) == _REACHING and len(said) == 1 and said[0].isdigit():
            reaching.append(int(said[0]))
    newest = max(reached)
    ahead = [number for number in reaching if number > newest.commit]
    return Notes(newest, max(ahead, default=None), len(reached) > 1)


def _reached(mark: Mark) -> str:
    return f'{_STORE} {_REACHED} "{mark.commit} {mark.hash}" .'


def triples(rows: Iterable[tuple[Term | None, ...]]) -> Iterator[ox.Triple]:
    """Yield the triples that rows of three are, in canonical form; what cannot be one is left out."""
    for s, p, o in rows:
        if isinstance(s, ox.NamedNode | ox.BlankNode) and isinstance(p, ox.NamedNode) and o is not None:
            yield ox.Triple(s, p, returned(o))  # type: ignore[arg-type]
