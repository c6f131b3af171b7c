"""The command that pools study data of a file, without the graph: pool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from kg.cli.output import Output
from kg.cli.study_csv import read_table
from kg.errors import Contradiction, EvidenceError
from kg.formats.metafor_text import pooled_text
from kg.pooling.request import PARTS, Asked, pooled_as_asked, read

PLOT_NAMES = ("forest", "funnel", "labbe", "baujat", "radial", "cumulative", "leave1out")
SUFFIXES = (".svg", ".png")
NEEDS = {"cumulative": "cumul", "leave1out": "leave1out", "baujat": "leave1out"}
"""The part of the answer that a plot is drawn from."""
OPTIONS = (
    "measure", "method", "test", "level", "add", "to", "vtype", "mods", "factors", "subgroup", "pi_df", "weights",
    "nested", "inner", "outer", "cluster", "robust", "model",
)  # fmt: skip
SWITCHES = ("drop00", "tau2_ci", *(name for name in PARTS if name != "cumul"))
EXAMPLES = """\b
Examples:
  kg pool trials.csv --measure RR --method DL
  kg pool effects.csv --test knha --mods year,dose --tau2-ci
  kg pool trials.csv --measure OR --method MH --subgroup risk
  kg pool trials.csv --measure RR --plot funnel --out funnel.svg
  kg pool trials.csv --measure OR --set trimfill=R0 --set selmodel=[0.05,0.5]
"""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(epilog=EXAMPLES)(pool)


def pool(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns of metafor's escalc, and study.")],
    measure: Annotated[
        str | None, typer.Option(metavar="NAME", help="RR, OR, RD, MD, SMD, ...; GEN (yi and vi) if omitted.")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="REML (if omitted), DL, PM, ML, EE (= FE), MH, PETO, GLMM, ..., none."),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option("--test", "--ci", metavar="NAME", help="z (= wald), t, knha (= hk) or adhoc (= hk-adhoc)."),
    ] = None,
    level: Annotated[float | None, typer.Option(help="Confidence level in percent; 95 if omitted.")] = None,
    add: Annotated[float | None, typer.Option(help="Added to cells of tables with a zero; 0.5 if omitted.")] = None,
    to: Annotated[
        str | None, typer.Option(metavar="RULE", help="Which tables: only0 (if omitted), all, if0all or none.")
    ] = None,
    drop00: Annotated[bool, typer.Option("--drop00", help="Leave out studies without events in both groups.")] = False,
    vtype: Annotated[
        str | None, typer.Option(metavar="NAME", help="Form of the variance: LS, LS2, UB, HO, AV, REVMAN.")
    ] = None,
    mods: Annotated[str | None, typer.Option(metavar="A,B", help="Columns that are moderators.")] = None,
    factors: Annotated[
        str | None, typer.Option(metavar="A,B", help="Moderators that are labels although they are numbers.")
    ] = None,
    no_intercept: Annotated[bool, typer.Option("--no-intercept", help="Regression without an intercept.")] = False,
    permutation: Annotated[bool, typer.Option("--permutation", help="Permutation test.")] = False,
    subgroup: Annotated[str | None, typer.Option(metavar="COLUMN", help="Pool each level of a column too.")] = None,
    leave1out: Annotated[bool, typer.Option("--leave1out", help="Leave out each study in turn.")] = False,
    cumul: Annotated[bool, typer.Option("--cumul", help="Add the studies one by one.")] = False,
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Order of --cumul; that of the file if omitted.")
    ] = None,
    influence: Annotated[bool, typer.Option("--influence", help="Influence of each study.")] = False,
    blup: Annotated[bool, typer.Option("--blup", help="Predicted true effect of each study.")] = False,
    tau2_ci: Annotated[bool, typer.Option("--tau2-ci", help="Q-profile interval of tau2.")] = False,
    pi_df: Annotated[str | None, typer.Option(metavar="NAME", help="Prediction interval: test, z, k-1 or k-2.")] = None,
    regtest: Annotated[bool, typer.Option("--regtest", help="Test for asymmetry by regression (Egger).")] = False,
    ranktest: Annotated[bool, typer.Option("--ranktest", help="Test for asymmetry by ranks (Begg).")] = False,
    harbord: Annotated[bool, typer.Option("--harbord", help="Test for asymmetry of 2x2 tables (Harbord).")] = False,
    peters: Annotated[bool, typer.Option("--peters", help="Test for asymmetry of 2x2 tables (Peters).")] = False,
    trimfill: Annotated[bool, typer.Option("--trimfill", help="Trim and fill.")] = False,
    fsn: Annotated[bool, typer.Option("--fsn", help="Fail-safe number (Rosenthal).")] = False,
    pet: Annotated[bool, typer.Option("--pet", help="PET-PEESE.")] = False,
    selmodel: Annotated[bool, typer.Option("--selmodel", help="Selection model, one step at p = 0.025.")] = False,
    weights: Annotated[str | None, typer.Option(metavar="COLUMN", help="Weights of method GENQ.")] = None,
    nested: Annotated[
        str | None, typer.Option(metavar="A,B", help="Columns of nested random effects, outer first.")
    ] = None,
    inner: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Outcomes that are correlated within --outer.")
    ] = None,
    outer: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Trials, say, that --inner stands within.")
    ] = None,
    cluster: Annotated[str | None, typer.Option(metavar="COLUMN", help="Robust standard errors by cluster.")] = None,
    robust: Annotated[str | None, typer.Option(metavar="NAME", help="CR2 (if omitted) or CR1.")] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of method GLMM: UM.FS, UM.RS, CM.EL, CM.AL.")
    ] = None,
    network: Annotated[bool, typer.Option("--network", help="Network: study, treat1, treat2, yi and sei.")] = False,
    plot: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"Draw {', '.join(PLOT_NAMES)} into the file of --out.")
    ] = None,
    drawing: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The file of --plot, .svg or .png.")
    ] = None,
    more: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=JSON", help="Any other option of a pooling request, such as fsn=Orwin."),
    ] = None,
) -> None:
    """Pool study data of a CSV file.

    The text reads like metafor's print; with --json, on the analysis scale (log for ratios), in metafor's words.
    """
    out: Output = context.obj
    given = dict(context.params)
    _check_drawing(plot, drawing)
    body: dict[str, Any] = {name: value for name, value in given.items() if name in OPTIONS and value is not None}
    body |= {name: True for name in SWITCHES if given[name]}
    body |= {"cumul": by or True} if cumul or by else {}
    body |= {"intercept": False} if no_intercept else {}
    body |= dict(_setting(text) for text in more or [])
    if plot in NEEDS:
        body.setdefault(NEEDS[plot], by or True if plot == "cumulative" else True)
    table = read_table(file)
    try:
        asked = read({**body, "data": table.columns})
        answer = pooled_as_asked(asked)
        if drawing:
            _draw(str(plot), asked, answer, drawing)
            out.progress(f"wrote {drawing}")
    except Contradiction:
        raise
    except EvidenceError as error:
        raise table.located(error) from error
    if out.as_json:
        out.json(answer)
    elif not drawing:
        out.text(pooled_text({"study": asked.study} | answer))


def _check_drawing(plot: str | None, drawing: Path | None) -> None:
    if plot is not None and plot not in PLOT_NAMES:
        raise typer.BadParameter(f"{plot!r} is not one of {', '.join(PLOT_NAMES)}", param_hint="--plot")
    if (plot is None) != (drawing is None):
        raise typer.BadParameter("--plot and --out go together: --plot funnel --out funnel.svg")
    if drawing and drawing.suffix not in SUFFIXES:
        raise typer.BadParameter(f"{drawing} ends in neither .svg nor .png", param_hint="--out")


def _draw(plot: str, asked: Asked, answer: dict[str, Any], drawing: Path) -> None:
    from kg.cli.pooling_plots import draw  # noqa: PLC0415  (drawing is slow to load and seldom asked for)

    draw(plot, asked, answer, drawing)


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} has no name or no value; write name=value", param_hint="--set")
    try:
        return name, orjson.loads(value)
    except orjson.JSONDecodeError:
        return name, value
