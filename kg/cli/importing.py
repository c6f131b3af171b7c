"""Commands that bring evidence in: import, template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg.cli.output import Output

_EVERY = 100


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("import")(import_)
    app.command()(template)


def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, folders or zip archives.")],
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="ctgov, revman, tables, rdf, sssom or records; told from the files, if omitted.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; say value by value what would change.")
    ] = False,
    all_or_nothing: Annotated[
        bool,
        typer.Option("--all-or-nothing", help="One transaction for all records; none is written where one is refused."),
    ] = False,
    bring_back: Annotated[
        bool, typer.Option("--bring-back", help="Take in records again that were retracted; else they stay retracted.")
    ] = False,
    author: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help="Who; EVIGRAPH_AUTHOR or the user.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the history.")] = "",
) -> None:
    """Import files of other systems, tables or RDF.

    Each record is in or out: others stay in where one is refused. Exits with 1 where a record, or a row of one,
    was refused. A record that says what it said before changes nothing.
    """
    from kg.formats.import_json import import_json  # noqa: PLC0415  (the gate is slow to load)
    from kg.formats.import_text import fault_line, import_text  # noqa: PLC0415
    from kg.importing import RecordReport, import_paths  # noqa: PLC0415

    out: Output = context.obj
    done = 0

    def on_record(found: RecordReport) -> None:
        nonlocal done
        done += 1
        if found.action == "refused":
            out.progress(f"refused {found.record or ''} {fault_line(found.faults[0]) if found.faults else ''}")
        if done % _EVERY == 0:
            out.progress(f"{done} records")

    with out.base("write") as base:
        report = import_paths(
            base,
            paths,
            format,
            dry_run=dry_run,
            all_or_nothing=all_or_nothing,
            bring_back=bring_back,
            author=author or out.settings.author,
            reason=reason,
            on_record=on_record,
        )
        if out.as_json:
            out.json(import_json(report, base.shapes.graph))
        else:
            out.text(import_text(report))
    if not report.conforms:
        raise typer.Exit(1)


def template(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the tables go; made if it is not there.")],
) -> None:
    """Write empty tables to fill in and import, as CSV and as one workbook.

    A note on every column stands in notes.csv and on the first sheet of the workbook. Fill in the CSV files or the
    workbook, leave empty what is not known, and import the folder or the workbook.
    """
    from kg.formats.table_template import write_template  # noqa: PLC0415  (spreadsheets are slow to load)

    out: Output = context.obj
    made = write_template(folder, out.settings.ontology, out.settings.data)
    if out.as_json:
        out.json({"files": [str(path) for path in made]})
    else:
        out.text("\n".join(str(path) for path in made))
