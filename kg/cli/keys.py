"""Keys for writing over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from kg import keys
from kg.cli.output import Output
from kg.errors import InputRefused


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="Keys of those who may write over HTTP.", no_args_is_help=True)
    group.command()(new)
    group.command(name="list")(listed)
    app.add_typer(group, name="key")


def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose key it is; the commits made with it carry this name.")],
) -> None:
    """Make a key and print it, once: only its hash is kept, beside the store or where EVIGRAPH_KEYS says."""
    out: Output = context.obj
    place = keys.file_of(out.settings)
    if place is None:
        raise InputRefused(f"{out.settings.store} has no folder for keys; set EVIGRAPH_KEYS to a file")
    key = keys.add(place, name)
    if out.as_json:
        out.json({"name": name, "key": key, "file": str(place)})
    else:
        out.text(key)
        out.progress(
            f"its hash is in {place}; the key itself is kept nowhere, and a service reads the file as it starts"
        )


def listed(context: typer.Context) -> None:
    """List who has a key."""
    out: Output = context.obj
    names = list(keys.Keys.of(out.settings).hashes)
    if out.as_json:
        out.json({"names": names})
    else:
        out.text("\n".join(names) or "nobody has a key; make one with `kg key new NAME`")
