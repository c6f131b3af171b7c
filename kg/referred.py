"""What stands on a thing that would be gone: nothing that stays may point at what is defined no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from kg.errors import InputRefused
from kg.iris import BASE, EV, RDF
from kg.store import Store

Name = tuple[str, str]
"""Source and id of a record."""
_REFERS: Final = frozenset({EV + name for name in ("includedTrial", "analysedTrial", "ofTrial")})
"""Properties by which reviews and their analyses, and judgements of trials, refer to a trial that may be retracted."""
_CHUNK: Final = 500
_SHOWN: Final = 5


def check_left(store: Store, before: Mapping[Name, bytes], after: Mapping[Name, Iterable[Triple]]) -> None:
    """Refuse new versions of records that no more define what others point at; ``before`` has the former contents.

    Raises InputRefused.
    """
    stated = {name: set(triples) for name, triples in after.items()}
    things = {thing for content in before.values() for thing in defined(content)}
    things -= {thing for triples in stated.values() for thing in typed(triples)}
    if gone := undefined(store, things, before):
        leaving = {t for name, content in before.items() for t in statements(content) if t not in stated[name]}
        check_unreferred(store, gone, (), leaving)


def statements(content: bytes) -> Iterator[Triple]:
    """Yield what a canonical content states."""
    for quad in parse(content, format=RdfFormat.N_TRIPLES):
        yield quad.triple


def defined(content: bytes, classes: frozenset[str] | None = None) -> set[str]:
    """Return what a record gives a type, of some classes or any."""
    return typed(statements(content), classes)


def typed(triples: Iterable[Triple], classes: frozenset[str] | None = None) -> set[str]:
    """Return what statements give a type, of some classes or any."""
    return {
        triple.subject.value
        for triple in triples
        if triple.predicate.value == RDF + "type"
        and isinstance(triple.subject, NamedNode)
        and isinstance(triple.object, NamedNode)
        and (classes is None or triple.object.value in classes)
    }


def undefined(store: Store, things: Iterable[str], names: Collection[Name]) -> set[str]:
    """Return the things that no other record than these gives a type."""
    gone = set(things)
    return gone - {
        thing
        for version, content in store.stating(gone)
        if (version.source, version.id) not in names
        for thing in defined(content)
    }


def check_unreferred(
    store: Store, gone: Collection[str], trials: Iterable[str], leaving: Collection[Triple] = ()
) -> None:
    """Refuse to leave a reference to things that would be gone; those that are ``leaving`` with them do not count.

    Of trials that are retracted a record stays, to which reviews may go on to refer. Raises InputRefused.
    """
    kept, users = set(trials), list[str]()
    for wanted in values(gone):
        for s, p, o in store.select(
            f"SELECT ?s ?p ?o WHERE {{ VALUES ?o {{ {wanted} }} ?s ?p ?o }} ORDER BY ?s ?o"
        ).rows:
            user, by, used = (str(getattr(term, "value", term)) for term in (s, p, o))
            stays = user not in gone and not (used in kept and by in _REFERS)
            if stays and Triple(s, p, o) not in leaving:  # type: ignore[arg-type]
                users.append(f"{user.removeprefix(BASE)} ({by.removeprefix(EV)} {used.removeprefix(BASE)})")
    if users:
        more = f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else ""
        raise InputRefused(
            f"what would be gone is still used by {', '.join(users[:_SHOWN])}{more}; nothing was written; "
            "retract what uses it first, or change it in one go"
        )


def values(things: Iterable[str]) -> Iterator[str]:
    """Yield things as the content of VALUES blocks, some hundred at a time."""
    ordered = sorted(things)
    for start in range(0, len(ordered), _CHUNK):
        yield " ".join(f"<{thing}>" for thing in ordered[start : start + _CHUNK])
