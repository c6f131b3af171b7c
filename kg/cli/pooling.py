"""The command that pools study data of a file, without the graph: pool."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from kg.cli.output import Output
from kg.errors import InputRefused
from kg.formats.metafor_text import pooled_text
from kg.pooling.request import pooled_as_asked, read

LARGEST = 64 * 1024 * 1024
EXAMPLES = """\b
Examples:
  kg pool trials.csv --measure RR --method DL
  kg pool effects.csv --method REML --test knha --leave1out
  kg pool trials.csv --measure OR --set ranktest=true
"""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog=EXAMPLES)(pool)


def pool(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns of metafor's escalc, and study.")],
    measure: Annotated[str, typer.Option(metavar="NAME", help="RR, OR, RD, MD, SMD, ...; GEN for yi and vi.")] = "GEN",
    method: Annotated[str, typer.Option(metavar="NAME", help="REML, DL, PM, ML, EE, MH, PETO, ..., none.")] = "REML",
    test: Annotated[str, typer.Option("--test", "--ci", metavar="NAME", help="z, t, knha or adhoc.")] = "z",
    level: Annotated[float, typer.Option(help="Confidence level in percent.")] = 95,
    add: Annotated[float | None, typer.Option(help="Added to cells of tables with a zero.")] = None,
    to: Annotated[str | None, typer.Option(metavar="NAME", help="only0, all, if0all or none.")] = None,
    drop00: Annotated[bool, typer.Option("--drop00", help="Leave out studies without events in both groups.")] = False,
    vtype: Annotated[str | None, typer.Option(metavar="NAME", help="Form of the variance: LS, UB, REVMAN, ...")] = None,
    mods: Annotated[str | None, typer.Option(metavar="A,B", help="Columns that are moderators.")] = None,
    subgroup: Annotated[str | None, typer.Option(metavar="COLUMN", help="Pool each level of a column too.")] = None,
    leave1out: Annotated[bool, typer.Option("--leave1out", help="Leave out each study in turn.")] = False,
    cumul: Annotated[bool, typer.Option("--cumul", help="Add the studies one by one.")] = False,
    regtest: Annotated[bool, typer.Option("--regtest", help="Test for asymmetry (Egger).")] = False,
    trimfill: Annotated[bool, typer.Option("--trimfill", help="Trim and fill.")] = False,
    influence: Annotated[bool, typer.Option("--influence", help="Influence of each study.")] = False,
    tau2_ci: Annotated[bool, typer.Option("--tau2-ci", help="Q-profile interval of tau2.")] = False,
    more: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=JSON", help="Any other option of a pooling request, such as fsn=true."),
    ] = None,
) -> None:
    """Pool study data of a CSV file.

    The text reads like metafor's print; with --json, on the analysis scale (log for ratios), in metafor's words.
    """
    out: Output = context.obj
    given = {
        "measure": measure,
        "method": method,
        "test": test,
        "level": level,
        "add": add,
        "to": to,
        "vtype": vtype,
        "mods": mods,
        "subgroup": subgroup,
    }
    body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    switches = {"drop00": drop00, "leave1out": leave1out, "cumul": cumul, "regtest": regtest, "trimfill": trimfill}
    switches |= {"influence": influence, "tau2_ci": tau2_ci}
    body |= {name: True for name, wanted in switches.items() if wanted}
    body |= dict(_setting(text) for text in more or [])
    answer = pooled_as_asked(read({**body, "data": columns(file)}))
    if out.as_json:
        out.json(answer)
    else:
        out.text(pooled_text(answer))


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} has no name or no value; write name=value", param_hint="--set")
    try:
        return name, orjson.loads(value)
    except orjson.JSONDecodeError:
        return name, value


def columns(file: Path) -> dict[str, list[Any]]:
    """Read the columns of a CSV file: numbers as numbers, empty cells and NA as missing, the rest as text.

    Raises InputRefused where the file cannot be read, naming file and line.
    """
    try:
        if file.stat().st_size > LARGEST:
            raise InputRefused(f"{file}: larger than {LARGEST // 1024**2} MiB; split it")
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRefused(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except OSError as error:
        raise InputRefused(f"{file} cannot be read ({error.strerror}); check the path") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        if not head or len(set(head)) < len(head) or not all(head):
            raise InputRefused(f"{file}:1: the header must name every column once; it is {','.join(head)!r}")
        found: dict[str, list[Any]] = {name: [] for name in head}
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(head):
                raise InputRefused(f"{file}:{reader.line_num}: {len(cells)} cells under {len(head)} columns")
            for name, cell in zip(head, cells, strict=True):
                found[name].append(_value(cell.strip(), as_text=name == "study"))
    except csv.Error as error:
        raise InputRefused(f"{file}:{reader.line_num}: not readable as CSV ({error}); check the quotes") from error
    return found


def _value(cell: str, *, as_text: bool) -> Any:
    if cell in ("", "NA"):
        return None
    if as_text:
        return cell
    try:
        number = float(cell)
    except ValueError:
        return cell
    return number if abs(number) < float("inf") else cell
