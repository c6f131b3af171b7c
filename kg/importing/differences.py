"""What another version of a record changes, value by value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.importing.report import Difference
from kg.iris import BASE, EV, RDF
from kg.store.canonical import canonical
from kg.triples import column

_Values = dict[tuple[str, str], set[str]]


def differences(before: bytes | None, after: Iterable[Triple]) -> tuple[Difference, ...]:
    """Return the values that differ between the canonical content of a record and its statements from now on.

    Values of one property are paired where one went and one came; several are told as gone and added.
    """
    was, will = _values(before or b""), _values(canonical(after))
    found: list[Difference] = []
    for thing, path in sorted(was.keys() | will.keys()):
        old, new = was.get((thing, path), set()), will.get((thing, path), set())
        gone, come = sorted(old - new), sorted(new - old)
        if len(gone) == len(come) == 1:
            found.append(Difference(thing, path, gone[0], come[0]))
        else:
            found += [Difference(thing, path, value, None) for value in gone]
            found += [Difference(thing, path, None, value) for value in come]
    return tuple(found)


def _values(content: bytes) -> _Values:
    made: _Values = defaultdict(set)
    for quad in parse(content, format=RdfFormat.N_TRIPLES):
        assert isinstance(quad.subject, NamedNode), "records hold no blank nodes"
        said = quad.object
        name = "type" if quad.predicate.value == RDF + "type" else column(quad.predicate.value) or ""
        value = said.value if isinstance(said, Literal) else str(getattr(said, "value", said))
        made[quad.subject.value.removeprefix(BASE), name].add(value.removeprefix(EV).removeprefix(BASE))
    return made
