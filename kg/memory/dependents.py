"""What goes with a record that is taken out, and what would be left pointing at nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from kg.errors import InputRefused
from kg.intake import WARNINGS
from kg.iris import BASE, EV, RDF
from kg.memory.naming import Name
from kg.store import Store

RETRACTIONS: Final = "retractions"
"""Source of the records that say which trials were retracted."""
STUDIES: Final = frozenset({EV + "RandomisedTrial", EV + "Study"})
_REFERS: Final = frozenset({EV + name for name in ("includedTrial", "analysedTrial", "ofTrial")})
"""Properties by which reviews and their analyses, and judgements of trials, refer to a trial that may be retracted."""
_CHUNK: Final = 500
_SHOWN: Final = 5


def statements(content: bytes) -> Iterator[Triple]:
    """Yield what a canonical content states."""
    for quad in parse(content, format=RdfFormat.N_TRIPLES):
        yield quad.triple


def defined(content: bytes, classes: frozenset[str] | None = None) -> set[str]:
    """Return what a record gives a type, of some classes or any."""
    return {
        triple.subject.value
        for triple in statements(content)
        if triple.predicate.value == RDF + "type"
        and isinstance(triple.subject, NamedNode)
        and isinstance(triple.object, NamedNode)
        and (classes is None or triple.object.value in classes)
    }


def trials_of(store: Store, names: set[Name]) -> set[str]:
    """Return the trials that are described by no other record than these."""
    trials = {t for name in names for t in defined(store.content(*name), STUDIES)}
    kept = {
        trial
        for version, content in store.stating(trials)
        if (version.source, version.id) not in names
        for trial in defined(content, STUDIES)
    }
    return trials - kept


def records_of(store: Store, trials: Iterable[str]) -> set[Name]:
    """Return the live records that describe trials, their arms, or what these reported."""
    about = set(trials)
    for values in _values(about):
        rows = store.select(
            f"SELECT DISTINCT ?s WHERE {{ VALUES ?t {{ {values} }} "
            f"{{ ?t <{EV}hasArm> ?s }} UNION {{ ?s <{EV}ofTrial> ?t ; <{EV}outcome> ?any }} }}"
        ).rows
        about |= {str(getattr(row[0], "value", row[0])) for row in rows}
    return {
        (version.source, version.id)
        for version, content in store.stating(about)
        if version.source not in (RETRACTIONS, WARNINGS) and not about.isdisjoint(defined(content))
    }


def check_unused(store: Store, names: set[Name], trials: Iterable[str]) -> None:
    """Refuse to leave a reference to what would be gone, but for a trial, of which a record stays.

    Raises InputRefused.
    """
    gone = {thing for name in names for thing in defined(store.content(*name))}
    check_unreferred(store, undefined(store, gone, names), trials)


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
    for values in _values(gone):
        for s, p, o in store.select(
            f"SELECT ?s ?p ?o WHERE {{ VALUES ?o {{ {values} }} ?s ?p ?o }} ORDER BY ?s ?o"
        ).rows:
            user, by, used = (str(getattr(term, "value", term)) for term in (s, p, o))
            stays = user not in gone and not (used in kept and by in _REFERS)
            if stays and Triple(s, p, o) not in leaving:  # type: ignore[arg-type]
                users.append(f"{user.removeprefix(BASE)} ({by.removeprefix(EV)} {used.removeprefix(BASE)})")
    if users:
        more = f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else ""
        raise InputRefused(
            f"what would be retracted is still used by {', '.join(users[:_SHOWN])}{more}; nothing was written; "
            "retract what uses it first"
        )


def _values(things: Iterable[str]) -> Iterator[str]:
    ordered = sorted(things)
    for start in range(0, len(ordered), _CHUNK):
        yield " ".join(f"<{thing}>" for thing in ordered[start : start + _CHUNK])
