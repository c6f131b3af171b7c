"""Commands that keep a store: build, validate, stats, export, serve."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import orjson
import typer

from kg.cli.output import Output
from kg.errors import InputRefused, StoreUnavailable
from kg.evidence_base import EvidenceBase
from kg.export import export as write_export
from kg.formats.report_text import report_text
from kg.iris import EV


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(build)
    app.command()(validate)
    app.command()(stats)
    app.command()(export)
    app.command()(serve)


def build(context: typer.Context) -> None:
    """Put the bundled evidence into the store.

    It is checked against the shapes; all of it goes in, or nothing. What is there already is not done again.
    """
    out: Output = context.obj
    out.progress(f"building {out.settings.store} from the bundled evidence")
    with out.base("write") as base:
        taken = base.build()
        for warning in taken.warnings:
            out.progress(f"doubtful: {warning}")
        counts = _counts(base)
        if out.as_json:
            records = {
                "new": taken.new,
                "changed": taken.changed,
                "unchanged": taken.unchanged,
                "retracted": taken.retracted,
            }
            out.json(
                {
                    "store": out.settings.store,
                    "commit": taken.commit.number,
                    "fingerprint": base.store.fingerprint(),
                    "records": records,
                    "classes": counts,
                    "warnings": list(taken.warnings),
                }
            )
            return
        out.table(["Class", "Things"], [[name, str(n)] for name, n in counts.items()], right=(1,))
        out.text(
            f"\n{taken.new} records new, {taken.changed} changed, {taken.unchanged} unchanged, "
            f"{taken.retracted} retracted; {len(taken.warnings)} doubtful\nfingerprint {base.store.fingerprint()}"
        )


def _counts(base: EvidenceBase) -> dict[str, int]:
    return {row["class"].removeprefix(EV): row["things"] for row in base.query("explore/counts").records()}


def validate(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="RDF files, or a folder of tables; the whole store, if omitted.")
    ] = None,
) -> None:
    """Check files or the store against the shapes.

    Exits with 1 where a rule is broken; with --json, the report is that of the SHACL recommendation.
    """
    out: Output = context.obj
    with out.base() as base:
        checked = [base.validate_path(path) for path in paths] if paths else [base.validate()]
        for report, lines in checked:
            if out.as_json:
                out.json(orjson.loads(report.to_jsonld()))
            else:
                out.text(report_text(report, lines))
        if not all(report.conforms for report, _ in checked):
            raise typer.Exit(1)


def stats(context: typer.Context) -> None:
    """Show what the store holds."""
    out: Output = context.obj
    with out.base() as base:
        head, heads = base.store.head(), base.store.heads()
        counts, graphs = _counts(base), base.store.engine.counts()
        if out.as_json:
            out.json(
                {
                    "store": out.settings.store,
                    "fingerprint": base.store.fingerprint(),
                    "commit": head.number,
                    "committed_at": head.time,
                    "records": len(heads),
                    "classes": counts,
                    "triples": {name or "current": n for name, n in graphs.items()},
                }
            )
            return
        out.table(["Class", "Things"], [[name, str(n)] for name, n in counts.items()], right=(1,))
        out.text("")
        out.table(
            ["Graph", "Triples"],
            [[name or "current (default graph)", str(n)] for name, n in graphs.items()],
            right=(1,),
        )
        out.text(f"\n{len(heads)} records, commit {head.number} of {head.time}\nfingerprint {base.store.fingerprint()}")


def export(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="all, current, graph:NAME, records, evidence, mappings or answer:ID.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The file; its suffix says the form.")],
) -> None:
    """Write graph, records or an answer to a file.

    Graphs: .ttl .nt .jsonld (current, graph:NAME), .trig .nq (all, records), .jsonld (all), .graphml (current). Beside
    a dump of all stands its description in VoID. Evidence: .csv .xlsx. Mappings: .sssom.tsv. An answer: .json .csv
    .xlsx .ttl .jsonld .svg .png, or .zip (an RO-Crate with all of them).
    """
    out: Output = context.obj
    if not to.parent.is_dir():
        raise InputRefused(f"{to.parent} is not a folder; make it, or name another")
    with out.base() as base:
        write_export(base, what, to)
    out.progress(f"wrote {to}")


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    scratch: Annotated[
        bool,
        typer.Option("--scratch", help="An empty store in memory: no key, no rules, loopback only."),
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that serve it; for a service without keys.")
    ] = 1,
) -> None:
    """Serve the evidence over HTTP.

    Pages, JSON, SPARQL and linked data; stop it with Ctrl-C. Each request is a line of JSON on standard error.
    """
    out: Output = context.obj
    try:
        service = importlib.import_module("api.serve")
    except ImportError as error:
        raise StoreUnavailable(
            f"the service cannot be loaded ({error}); install the package with its dependencies"
        ) from error
    if scratch and workers > 1:
        raise InputRefused("a scratch store is in the memory of one process; leave --workers out")
    if scratch:
        service.serve_scratch(host, port, quiet=out.quiet)
    else:
        service.serve(out.settings, host, port, quiet=out.quiet, processes=workers)
