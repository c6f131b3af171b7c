"""Commands that walk the graph: neighbours, paths, doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kg.cli.output import Output
from kg.iris import BASE

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase
    from kg.graph import Filter

_TERM = "A name, label, CURIE or IRI, or a path below the base such as trial/sigtermans-2009."
Predicates = Annotated[
    list[str] | None,
    typer.Option("--predicate", metavar="NAME", help="Follow these properties alone; may be repeated."),
]
Classes = Annotated[
    list[str] | None,
    typer.Option("--class", metavar="NAME", help="Meet things of these classes alone; may be repeated."),
]
Direction = Annotated[
    str, typer.Option("--direction", metavar="WAY", help="out, in or both: as statements point, against it, either.")
]
_PATHS = """\b
Example:
  kg paths DRUG OUTCOME --class Arm --class DichotomousResult
"""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(neighbours)
    app.command(epilog=_PATHS)(paths)
    app.command()(doctor)


def neighbours(
    context: typer.Context,
    term: Annotated[str, typer.Argument(metavar="TERM", help=_TERM)],
    hops: Annotated[int, typer.Option(metavar="N", help="Edges away at most, 1 to 4.")] = 1,
    direction: Direction = "both",
    predicate: Predicates = None,
    class_: Classes = None,
    limit: Annotated[int, typer.Option(metavar="N", help="Things on one page.")] = 50,
    start: Annotated[int, typer.Option(metavar="N", help="Where the page begins.")] = 0,
) -> None:
    """Show what stands around a thing.

    Nearest first, each with the statements that lead to it and the records that make them.
    """
    from kg.formats.graph_json import neighbours_json  # noqa: PLC0415
    from kg.formats.graph_text import neighbours_text  # noqa: PLC0415
    from kg.graph import Adjacency  # noqa: PLC0415
    from kg.graph import neighbours as around  # noqa: PLC0415
    from kg.graph.stated import stated_by  # noqa: PLC0415

    out: Output = context.obj
    with out.base() as base:
        among = _filter(base, direction, predicate, class_)
        found = around(Adjacency(base.store), base.vocabulary.thing(term), hops, among, limit, start)
        stated = stated_by(base.store, (edge for reached in found.reached for edge in reached.edges))
    if out.as_json:
        out.json(neighbours_json(found, stated))
    else:
        out.text(neighbours_text(found, stated))


def paths(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help=_TERM)],
    target: Annotated[str, typer.Argument(metavar="TO", help=_TERM)],
    length: Annotated[int, typer.Option("--max-length", metavar="N", help="Edges at most, 1 to 6.")] = 4,
    count: Annotated[int, typer.Option(metavar="N", help="Paths to show, the shortest first.")] = 5,
    direction: Direction = "both",
    predicate: Predicates = None,
    class_: Classes = None,
) -> None:
    """Show the shortest ways between two things.

    No path meets a thing twice; each step names the records that state it. --class holds for the things between.
    """
    from kg.formats.graph_json import paths_json  # noqa: PLC0415
    from kg.formats.graph_text import paths_text  # noqa: PLC0415
    from kg.graph import Adjacency  # noqa: PLC0415
    from kg.graph import paths as ways  # noqa: PLC0415
    from kg.graph.stated import stated_by  # noqa: PLC0415

    out: Output = context.obj
    with out.base() as base:
        among = _filter(base, direction, predicate, class_)
        found = ways(
            Adjacency(base.store), base.vocabulary.thing(source), base.vocabulary.thing(target), length, count, among
        )
        stated = stated_by(base.store, (edge for path in found.paths for edge in path.edges))
    if out.as_json:
        out.json(paths_json(found, stated))
    else:
        out.text(paths_text(found, stated))


def doctor(context: typer.Context) -> None:
    """Check the graph as a whole.

    Runs queries/checks, each of which finds nothing in a sound graph, and holds journal and engine against each
    other. Exits with 1 where something is found, and says what to do.
    """
    out: Output = context.obj
    with out.base() as base:
        checks = {name: base.query(name) for name in base.catalog if name.startswith("checks/")}
        faults = base.store.verify()
        if out.as_json:
            found = {name: [dict(row) for row in rows.records()] for name, rows in checks.items()}
            out.json({"checks": found, "store": faults})
        else:
            for name, rows in checks.items():
                out.text(f"{'ok   ' if not rows.rows else 'FOUND'} {base.catalog[name].summary}")
                for row in rows.rows[:20]:
                    out.text("      " + "  ".join(str(value).removeprefix(BASE) for value in row))
                if rows.rows:
                    more = f"      {len(rows.rows)} in all; " if len(rows.rows) > 20 else "      "
                    out.text(f"{more}see `kg query {name}`; correct the records with `kg import`, or `kg retract` them")
            out.text(f"{'FOUND' if faults else 'ok   '} Journal and engine hold the same.")
            for fault in faults:
                out.text(f"      {fault}")
            if faults:
                out.text("      `kg rebuild` makes the engine anew from the journal")
    if faults or any(rows.rows for rows in checks.values()):
        raise typer.Exit(1)


def _filter(base: EvidenceBase, direction: str, predicates: list[str] | None, classes: list[str] | None) -> Filter:
    from kg.graph.filters import filter_of  # noqa: PLC0415

    return filter_of(direction, predicates or (), classes or (), base.shapes.classes, base.prefixes)
