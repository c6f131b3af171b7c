"""Statements that come and go, as changes of records: which record each of them belongs to.

What goes, goes from every record that states it. What comes goes with the thing that it is about: into the record that
the change takes a statement about it from, else into the one that describes it, else where a file of RDF would have it.
A graph that is named after a record says which record it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pyoxigraph import DefaultGraph, NamedNode, Quad, Triple

from kg.errors import InputRefused
from kg.importing.owners import OF_SOURCES, by_owner, new_record
from kg.importing.reserved import OF_ONE_KIND, OF_THE_STORE
from kg.intake import WARNINGS
from kg.iris import BASE, RDF
from kg.model.records import Origin, Statements
from kg.sources.incoming import Unit
from kg.sources.rdf_records import check, record_named
from kg.store import Store
from kg.store.canonical import canonical, lines
from kg.store.drafts import Difference

Name = tuple[str, str]
PLACE = "request"
_SHOWN = 200


@dataclass(frozen=True)
class Assigned:
    """What records shall say from now on, canonical line by line; one that is to say nothing is taken out."""

    before: Mapping[Name, frozenset[str]]
    after: Mapping[Name, frozenset[str]]

    @property
    def gone(self) -> frozenset[Name]:
        """The records of which nothing is left."""
        return frozenset(name for name, said in self.after.items() if not said)

    @property
    def units(self) -> list[Unit]:
        """The records that come or say something else, as a source would hand them over."""
        return [_unit(name, said) for name, said in sorted(self.after.items()) if said]


def assigned(store: Store, difference: Difference) -> Assigned:
    """Return which records a difference changes, and what they say then.

    Raises InputRefused for what belongs to the store itself or to no record, and for a term that is not kept.
    """
    made = _Assignment(store, difference)
    for quad in difference.removed:
        made.take(quad)
    loose: dict[str, list[Quad]] = defaultdict(list)
    for quad in sorted(difference.added, key=str):
        if not made.give(quad):
            assert isinstance(quad.subject, NamedNode), "blank nodes were refused"
            loose[quad.subject.value].append(quad)
    made.give_loose(loose)
    return made.done()


def graph_of(store: Store, graph: str) -> str:
    """Return, as N-Triples, what the graph that is named after a record holds: nothing where there is none."""
    found = record_named(graph)
    if found is None:
        return ""
    newest = store.latest([found[:2]]).get(found[:2])
    return store.content_of(newest).decode() if newest else ""


@dataclass
class _Assignment:
    """Records as they are and as they are to be, while statement by statement finds its place."""

    store: Store
    difference: Difference
    before: dict[Name, frozenset[str]] = field(default_factory=dict)
    after: dict[Name, set[str]] = field(default_factory=dict)
    _of_subject: dict[str, list[Name]] = field(default_factory=lambda: defaultdict(list))
    _taken: dict[str, list[tuple[str, Name]]] = field(default_factory=lambda: defaultdict(list))
    _doubts: set[Name] = field(default_factory=set)

    def __post_init__(self) -> None:
        for quad in (*self.difference.removed, *self.difference.added):
            if isinstance(quad.graph_name, DefaultGraph) or record_named(str(getattr(quad.graph_name, "value", ""))):
                check(quad, PLACE)
            else:
                raise InputRefused(
                    f"graph {str(quad.graph_name)[:200]} is no record's: the store keeps it itself; change the default "
                    f"graph, or a record by the graph <{BASE}record/SOURCE/ID>"
                )
        quads = (*self.difference.removed, *self.difference.added)
        self._know({quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)})

    def take(self, quad: Quad) -> None:
        """Take a statement out of the records that make it."""
        line = _line(quad)
        own = self._named(quad)
        stating = [own] if own else [name for name in self._of_subject[_subject(quad)] if line in self.before[name]]
        if not stating:
            raise InputRefused(f"no record states {_shown(quad)}; what the store derives is not taken out")
        for name in stating:
            if name[0] == WARNINGS:
                self._doubts.add(name)
                continue
            if name[0] in OF_THE_STORE:
                raise InputRefused(
                    f"{_shown(quad)} is said by the record {'/'.join(name)}, which the store keeps itself; leave it"
                )
            self._said(name).discard(line)
            self._taken[_subject(quad)].append((quad.predicate.value, name))

    def give(self, quad: Quad) -> bool:
        """Put a statement into the record that it belongs to, where the thing that it is about is known."""
        own = self._named(quad) or self._of_known(quad)
        if own is None:
            return False
        self._said(own).add(_line(quad))
        return True

    def give_loose(self, loose: dict[str, list[Quad]]) -> None:
        """Put statements about new things where the things belong that these are parts of."""
        owners = by_owner(loose)
        self._know({owner for owner in owners if owner not in self._of_subject})
        for owner, subjects in owners.items():
            there = self._describing(owner) if self._owning(owner) else None
            for subject in subjects:
                own = there and (_by_source(subject) or there)
                own = own or new_record(self.store, owner, subjects)
                self._said(own).update(map(_line, loose[subject]))

    def done(self) -> Assigned:
        """Return the records that are to say something else.

        Raises InputRefused where a note of the gate was taken out and the record that it is about stays.
        """
        changed = {name: frozenset(said) for name, said in self.after.items() if said != self.before.get(name, set())}
        for doubt in self._doubts:
            if not any(doubt == (WARNINGS, f"{source}-{record}") for source, record in changed):
                raise InputRefused(
                    f"a warning of the record {'/'.join(doubt)} is the gate's own note; correct what it warns of"
                )
        return Assigned({name: self.before.get(name, frozenset()) for name in changed}, changed)

    def _know(self, subjects: Iterable[str]) -> None:
        """Read the live records that state something of things."""
        wanted = set(subjects)
        for version, content in self.store.stating(wanted):
            name = (version.source, version.id)
            self.before[name] = frozenset(lines(content))
            for subject in {line[1 : line.index(">")] for line in self.before[name]} & wanted:
                self._of_subject[subject].append(name)

    def _said(self, name: Name) -> set[str]:
        if name not in self.after:
            if name not in self.before:
                newest = self.store.latest([name]).get(name)
                self.before[name] = frozenset(lines(self.store.content_of(newest)) if newest else ())
            self.after[name] = set(self.before[name])
        return self.after[name]

    def _named(self, quad: Quad) -> Name | None:
        """Return the record that the graph of a statement is named after."""
        if isinstance(quad.graph_name, DefaultGraph):
            return None
        found = record_named(str(getattr(quad.graph_name, "value", "")))
        assert found, "other graphs were refused"
        if found[2] is not None:
            raise InputRefused(f"version {found[2]} of a record does not change; name the record without it")
        if found[0] in OF_THE_STORE:
            raise InputRefused(f"the record {'/'.join(found[:2])} is the store's own; leave it as it is")
        return found[:2]

    def _owning(self, subject: str) -> list[Name]:
        return [name for name in self._of_subject.get(subject, ()) if name[0] not in OF_THE_STORE]

    def _of_known(self, quad: Quad) -> Name | None:
        subject = _subject(quad)
        taken = self._taken.get(subject, ())
        for names in (
            {name for predicate, name in taken if predicate == quad.predicate.value},
            {name for _, name in taken},
        ):
            if len(names) == 1:
                return names.pop()
        return self._describing(subject) if self._owning(subject) else None

    def _describing(self, subject: str) -> Name:
        """Return the one record that describes a thing that is known.

        Raises InputRefused where several do.
        """
        found = self._owning(subject)
        if len(found) > 1:
            typed = f"<{subject}> <{RDF}type> "
            found = [name for name in found if any(line.startswith(typed) for line in self.before[name])] or found
        if len(found) > 1:
            names = ", ".join(sorted("/".join(name) for name in found)[:5])
            raise InputRefused(
                f"<{subject}> is described by several records ({names}); say which is meant by the graph "
                f"<{BASE}record/SOURCE/ID>"
            )
        return found[0]


def _by_source(subject: str) -> Name | None:
    """Return the record that the IRI of a result, a contrast or a judgement names."""
    kind, *path = subject.removeprefix(BASE).split("/")
    if kind in OF_SOURCES and len(path) > 2 and path[0] not in OF_THE_STORE | OF_ONE_KIND:
        return path[0], path[1]
    return None


def _unit(name: Name, said: Iterable[str]) -> Unit:
    text = "\n".join(sorted(said)) + "\n"
    source, record = name
    row = Statements(origin=Origin(PLACE, 0), record_source=source, record_id=record, ntriples=text)
    return Unit(source, record, (row,), PLACE)


def _line(quad: Quad) -> str:
    return canonical([Triple(quad.subject, quad.predicate, quad.object)]).decode().removesuffix("\n")


def _subject(quad: Quad) -> str:
    return str(getattr(quad.subject, "value", ""))


def _shown(quad: Quad) -> str:
    text = str(quad.triple)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
