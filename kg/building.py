"""The bundled evidence into a store: all of it in one commit, or nothing; what others changed since is left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Triple

from kg import iris
from kg.errors import InputRefused
from kg.intake import (
    SHAPES,
    WARNINGS,
    Candidate,
    Key,
    Taken,
    candidate,
    changes_of,
    check,
    doubts_of,
    line,
    refusal,
    surroundings,
)
from kg.iris import EV
from kg.model.records import Row
from kg.shapes import Shapes
from kg.store import Change, RecordVersion, Store

RULES = f"{iris.BASE}gate/shapes"
"""The gate's own note of the rules it checked by; it is no evidence."""
_ALWAYS_OURS = frozenset({"ontology", "vocabularies", "queries", WARNINGS})
"""Sources that no one else writes."""


def build(
    store: Store, shapes: Shapes, rows: Iterable[Row], author: str, reason: str, beside: Iterable[Change] = ()
) -> Taken:
    """Take into a store all there is of some sources, as one author keeps it.

    What the author put there before and that is no longer among the rows is retracted. A record whose newest version,
    or retraction, is by someone else stays as that one left it. What stands ``beside`` the rows describes the project
    itself and is not judged. Raises InputRefused, with the report, where a shape is
    broken; nothing is written then.
    """
    made = candidate(rows)
    more = list(beside)
    stated = {*made.triples, *((change.source, change.id) for change in more)}
    newest = store.latest(stated)
    others = {own for own, version in newest.items() if _of_others(version, author)}
    for own in others:
        made.triples.pop(own, None)
    mine = {(head.source, head.id) for head in store.heads() if not _of_others(head, author)}
    changes = [*changes_of(made), *more, Change(WARNINGS, "shapes", [_rules(shapes)], origin=SHAPES)]
    if not store.changed(changes) and not any(_gone(mine, stated, made, None)):
        return _as_before(store, made, len(changes) + len(others))
    report = check(shapes, made, surroundings(store, made.triples) if others else ())
    if not report.conforms:
        raise InputRefused(refusal(report, made), report)
    doubts = doubts_of(report, made)
    changes += [Change(WARNINGS, name, statements, origin=SHAPES) for name, statements in doubts.items()]
    gone = [Change(*unit, None) for unit in _gone(mine, stated, made, doubts)]
    before = store.head().number
    commit = store.commit([*changes, *gone], author, reason)
    written = commit.versions if commit.number > before else ()
    kinds = Counter("retracted" if v.action == "retract" else "changed" if v.version > 1 else "new" for v in written)
    return Taken(
        new=kinds["new"],
        changed=kinds["changed"],
        unchanged=len(changes) + len(others) - kinds["new"] - kinds["changed"],
        retracted=kinds["retracted"],
        commit=commit,
        warnings=tuple(line(finding, made) for finding in report.warnings),
    )


def _of_others(version: RecordVersion, author: str) -> bool:
    return version.author != author and version.source not in _ALWAYS_OURS


def _gone(mine: Iterable[Key], stated: set[Key], made: Candidate, doubts: Mapping[str, object] | None) -> Iterator[Key]:
    """Yield the author's live records that are no longer stated; without ``doubts``, those of the sources alone."""
    sources = {source for source, _ in stated}
    judged = {f"{source}-{name}" for source, name in made.triples}
    for source, name in mine:
        if source == WARNINGS:
            if doubts is not None and name in judged and name not in doubts:
                yield source, name
        elif source in sources and (source, name) not in stated:
            yield source, name


def _rules(shapes: Shapes) -> Triple:
    """State which rules the records were checked by: other rules, another verdict."""
    return Triple(NamedNode(RULES), NamedNode(EV + "digest"), Literal(shapes.digest))


def _as_before(store: Store, made: Candidate, count: int) -> Taken:
    """Say that nothing changed since the same rules let the same records in, with the warnings of that time."""
    warnings = [
        f"{place}: {warning}" if (place := made.origins.get((about, None))) else warning
        for about, warning in (
            (str(getattr(row[0], "value", row[0])), str(getattr(row[1], "value", row[1])))
            for row in store.select(f"SELECT ?about ?warning {{ ?about <{EV}warning> ?warning }} ORDER BY ?about").rows
        )
    ]
    return Taken(new=0, changed=0, unchanged=count, retracted=0, commit=store.head(), warnings=tuple(warnings))
