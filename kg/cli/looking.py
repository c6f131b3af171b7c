"""Commands that look: list, query."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg.catalog import Rows, read
from kg.cli.output import Output
from kg.errors import InputRefused, UnknownTerm
from kg.evidence_base import EvidenceBase
from kg.formats.rows import rows_arrow, rows_csv, rows_json
from kg.iris import BASE, EV
from kg.nearest import nearest
from kg.vocabulary import KINDS, Entry

LISTED = (*KINDS, "comparators", "queries", "answers")
FORMATS = ("table", "csv", "json", "arrow")
QUERY_EXAMPLE = """\b
Example:
  kg query trials/arms -p trial=trial/sigtermans-2009
"""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("list")(list_terms)
    app.command(epilog=QUERY_EXAMPLE)(query)


def list_terms(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help=", ".join(LISTED) + ".")],
    text: Annotated[str | None, typer.Argument(help="Only those whose name holds this text.")] = None,
) -> None:
    """List what can be asked.

    Terms of a kind, with the words that name them.
    """
    out: Output = context.obj
    if kind not in LISTED:
        close = nearest(kind, LISTED)
        raise UnknownTerm(f"no kind {kind!r} to list; the nearest are {', '.join(close)}", close)
    with out.base() as base:
        found = [entry for entry in _entries(base, kind) if text is None or entry.holds(text)]
        if out.as_json:
            out.json(
                [{"iri": e.iri, "slug": e.slug, "label": e.label, "alternatives": list(e.alternatives)} for e in found]
            )
        else:
            out.table(["Name", "Label", "Also"], [[e.slug, e.label, "; ".join(e.alternatives)] for e in found])


def _entries(base: EvidenceBase, kind: str) -> list[Entry]:
    if kind in KINDS:
        return list(base.vocabulary.entries(kind))
    if kind == "comparators":
        compared = {row["drug"] for row in base.query("explore/comparators").records()}
        return [e for k in ("drugs", "interventions") for e in base.vocabulary.entries(k) if e.iri in compared]
    if kind == "queries":
        return [Entry(kind, f"{BASE}query/{name}", name, query.summary) for name, query in base.catalog.items()]
    return [Entry(kind, f"{BASE}answer/{i}", i, base.answers.title(i)) for i in base.answers.ids()]


def query(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME_OR_FILE", help="A query of the collection, or a .rq file.")],
    param: Annotated[
        list[str] | None, typer.Option("-p", "--param", metavar="NAME=VALUE", help="A value for a parameter.")
    ] = None,
    output_format: Annotated[
        str, typer.Option("--format", metavar="NAME", help="table, csv, json or arrow.")
    ] = "table",
) -> None:
    """Run one query of the collection.

    Or of a file with the same header; `kg list queries` shows the collection.
    """
    out: Output = context.obj
    if output_format not in FORMATS:
        raise typer.BadParameter(f"{output_format!r} is not one of {', '.join(FORMATS)}", param_hint="--format")
    values = dict(parameter(text) for text in param or [])
    with out.base() as base:
        path = Path(name)
        if path.suffix == ".rq":
            if not path.is_file():
                raise InputRefused(f"{name} is not a file; name a query of the collection, or a file that is there")
            rows = base.run(read(path, path.parent), **values)
        else:
            rows = base.query(name, **values)
    _write(out, rows, "json" if out.as_json else output_format)


def parameter(text: str) -> tuple[str, str]:
    """Return name and value of a parameter as it is given on the command line."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} has no name or no value; write name=value", param_hint="-p")
    return name, value


def _write(out: Output, rows: Rows, form: str) -> None:
    match form:
        case "json":
            out.json(rows_json(rows))
        case "csv":
            print(rows_csv(rows), end="")
        case "arrow":
            typer.get_binary_stream("stdout").write(rows_arrow(rows))
        case _:
            shown = [["" if v is None else _short(v) for v in row] for row in rows.rows]
            out.table(list(rows.columns), shown)
            out.text(f"{len(rows.rows)} rows")


def _short(value: object) -> str:
    return str(value).replace(BASE, "").replace(EV, "ev:") if isinstance(value, str) else str(value)
