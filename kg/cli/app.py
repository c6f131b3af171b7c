"""The ``kg`` command: global options, exit statuses, and the commands it has."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from kg import __version__
from kg.cli import asking, curating, exploring, fetching, importing, keeping, keys, looking, memory, pooling
from kg.cli.output import Output
from kg.errors import Contradiction, EvidenceError, StoreUnavailable
from kg.settings import Settings

REFUSED, WRONG_USAGE, NO_STORE = 1, 2, 3

app = typer.Typer(
    name="kg",
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


keeping.register(app)
importing.register(app)
fetching.register(app)
curating.register(app)
looking.register(app)
exploring.register(app)
asking.register(app)
pooling.register(app)
memory.register(app)
keys.register(app)

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
