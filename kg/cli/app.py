"""The ``kg`` command: global options, exit statuses, and the commands it has."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_group

from kg import __version__
from kg.cli import plain_texts
from kg.cli.output import Output
from kg.errors import Contradiction, EvidenceError, StoreUnavailable
from kg.settings import Settings

REFUSED, WRONG_USAGE, NO_STORE = 1, 2, 3

_COMMANDS: Final = {
    name: module
    for module, names in {
        "keeping": ("build", "validate", "stats", "export", "serve"),
        "importing": ("import", "template"),
        "fetching": ("fetch",),
        "curating": ("curate",),
        "looking": ("list", "query"),
        "exploring": ("neighbours", "paths", "doctor"),
        "asking": ("ask", "review", "explain"),
        "pooling": ("pool",),
        "memory": ("history", "diff", "retract", "rebuild", "backup", "restore"),
        "keys": ("key",),
    }.items()
    for name in names
}
"""Commands, in the order of the help, and the modules of this package that have them."""


class _Lazily(TyperGroup):
    """Commands whose modules are loaded when they are asked for: most are slow to load."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        plain_texts.take(self)
        self.commands = dict.fromkeys(_COMMANDS)  # type: ignore[assignment]
        """The names alone, from which a name that is none gets the nearest."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or nothing where there is none of that name."""
        module = _COMMANDS.get(cmd_name)
        return _registered(module).get_command(ctx, cmd_name) if module else None


@cache
def _registered(module: str) -> TyperGroup:
    made = typer.Typer(rich_markup_mode=None)
    import_module(f"kg.cli.{module}").register(made)
    group = get_group(made)
    for command in group.commands.values():
        plain_texts.take(command)
    return group


app = typer.Typer(
    name="kg",
    cls=_Lazily,
    help="Evidence from randomised trials as a knowledge graph: build it, ask it, pool it, trace every number.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"evigraph {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _global(
    context: typer.Context,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The store: oxigraph:PATH (a folder), memory: (the bundled evidence), or sparql+http://HOST/PATH (a "
            "SPARQL service; its journal is in your data folder, or where EVIGRAPH_JOURNAL says).",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Write no progress.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Global options stand before the command; --json and --quiet may stand behind it too."""
    context.obj = Output(Settings.read(store), as_json=as_json, quiet=quiet)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


_ANYWHERE = ("--json", "--quiet")
_WITH_VALUE = ("--store",)


def _globals_first(arguments: list[str]) -> list[str]:
    """Move global options to the front, so that they may stand anywhere before ``--``."""
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in _ANYWHERE or argument.startswith(tuple(f"{o}=" for o in _WITH_VALUE)):
            first.append(argument)
        elif argument in _WITH_VALUE:
            first += [argument, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            rest.append(argument)
    return [*first, *rest]


def main(arguments: list[str] | None = None) -> None:
    """Run the command; exit 0 good, 1 input refused, 2 wrong usage, 3 no store."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=_globals_first(list(given)), prog_name="kg")
    except Contradiction as error:
        _stop(error, WRONG_USAGE)
    except StoreUnavailable as error:
        _stop(error, NO_STORE)
    except EvidenceError as error:
        _stop(error, REFUSED)
    except BrokenPipeError:  # whoever reads us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(error: EvidenceError, status: int) -> NoReturn:
    print(f"kg: {error}", file=sys.stderr)
    sys.exit(status)
