"""The command that takes evidence from an endpoint elsewhere: fetch."""

from __future__ import annotations

from typing import Annotated

import typer

from kg.cli.looking import parameter
from kg.cli.output import Output

EXAMPLE = """\b
Example:
  EVIGRAPH_ENDPOINTS=partner=https://evidence.example.org/sparql \\
    kg fetch partner remote/trials-of-drug -p drug=drug/aspirin
"""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog=EXAMPLE)(fetch)


def fetch(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="The name of one in EVIGRAPH_ENDPOINTS.")],
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A query of the collection: remote/...")],
    param: Annotated[
        list[str] | None, typer.Option("-p", "--param", metavar="NAME=VALUE", help="A value for a parameter.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; say value by value what would change.")
    ] = False,
    author: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help="Who; EVIGRAPH_AUTHOR or the user.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the history.")] = "",
) -> None:
    """Take evidence from an endpoint elsewhere.

    What it says is kept as records of its name, so that answers can be given again without it. Only endpoints that the
    settings name are asked, and only queries of the collection are sent.
    """
    from kg.federation import fetch as taken  # noqa: PLC0415  (the gate is slow to load)
    from kg.formats.import_json import import_json  # noqa: PLC0415
    from kg.formats.import_text import import_text  # noqa: PLC0415

    out: Output = context.obj
    values = dict(parameter(text) for text in param or [])
    with out.base("write") as base:
        author = author or out.settings.author
        report = taken(base, endpoint, query, values, dry_run=dry_run, author=author, reason=reason)
        if out.as_json:
            out.json(import_json(report, base.shapes.graph))
        else:
            out.text(import_text(report))
    if not report.conforms:
        raise typer.Exit(1)
