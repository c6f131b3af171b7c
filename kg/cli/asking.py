"""Commands that answer: ask, review, explain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from kg import asked
from kg.asked import Asked
from kg.cli.output import Output
from kg.errors import Contradiction, InputRefused
from kg.formats.answer_text import answer_text, review_text

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase
    from kg.model.answer import Answer
    from kg.protocol import Protocol

FORMATS = ("text", "json", "ttl", "svg", "png", "csv")
_TERM = "a slug, label, CURIE or IRI"
PUBLISHED_BY = "Only trials published by then; a year means its 31 December."
KNOWN_BY = "As the store knew it then: a day, a year or a moment, in UTC."
ASK_EXAMPLES = """\b
Examples:
  kg ask --intervention DRUG --comparator placebo --outcome nausea
  kg ask --intervention CLASS --comparator placebo \\
         --outcome pain-intensity --band short-term --condition CRPS
  `kg list drugs`, `kg list outcomes` ... show the terms.
"""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(epilog=ASK_EXAMPLES)(ask)
    app.command()(review)
    app.command()(explain)


def ask(
    context: typer.Context,
    intervention: Annotated[str, typer.Option(metavar="TERM", help=f"Drug or class of drugs: {_TERM}.")],
    comparator: Annotated[str, typer.Option(metavar="TERM", help="What it is compared with, such as placebo.")],
    outcome: Annotated[str, typer.Option(metavar="TERM", help="What was measured.")],
    condition: Annotated[str | None, typer.Option(metavar="TERM", help="Condition of the participants.")] = None,
    route: Annotated[str | None, typer.Option(metavar="TERM", help="Route of the drug.")] = None,
    band: Annotated[str | None, typer.Option(metavar="TERM", help="Time band; any, if omitted.")] = None,
    instrument: Annotated[str | None, typer.Option(metavar="TERM", help="One instrument of the outcome.")] = None,
    protocol: Annotated[
        str | None, typer.Option(metavar="NAME", help="Review protocol, or none; the store's default, if omitted.")
    ] = None,
    measure: Annotated[
        str | None, typer.Option(metavar="NAME", help="MD, SMD, RR, OR or RD; the protocol's, if omitted.")
    ] = None,
    method: Annotated[
        str | None, typer.Option(metavar="NAME", help="DL, PM, REML, ML, SJ, HE, HS, EB, EE (= FE), MH or PETO.")
    ] = None,
    ci: Annotated[
        str | None, typer.Option(metavar="NAME", help="wald, t, hk or hk-adhoc (= z, t, knha, adhoc).")
    ] = None,
    via: Annotated[str, typer.Option(metavar="NAME", help="Where rows come from: table or sparql.")] = "table",
    published_by: Annotated[str | None, typer.Option(metavar="DATE", help=PUBLISHED_BY)] = None,
    known_by: Annotated[str | None, typer.Option(metavar="DATE", help=KNOWN_BY)] = None,
    over: Annotated[
        str | None,
        typer.Option("--cumulative", metavar="NAME", help="How it came about: over published, or over known."),
    ] = None,
    output_format: Annotated[
        str, typer.Option("--format", metavar="NAME", help="text, json, ttl, svg, png or csv.")
    ] = "text",
) -> None:
    """Ask one question, get one pooled answer.

    The studies in the pool are shown with their figures and weights, and every trial left out with its reason.
    """
    out: Output = context.obj
    for name, value, allowed in (("via", via, ("table", "sparql")), ("format", output_format, FORMATS)):
        if value not in allowed:
            raise typer.BadParameter(f"{value!r} is not one of {', '.join(allowed)}", param_hint=f"--{name}")
    question = asked.of(
        intervention=intervention,
        comparator=comparator,
        outcome=outcome,
        condition=condition,
        route=route,
        band=band,
        instrument=instrument,
        protocol=protocol,
        measure=measure,
        method=method,
        ci=ci,
        published_by=published_by,
        known_by=known_by,
    )
    form = "json" if out.as_json else output_format
    with out.base() as base:
        if over is None:
            _write(out, base, base.ask(question, via), form)
        else:
            _write_cumulative(out, base, question, over, form)


def _write_cumulative(out: Output, base: EvidenceBase, question: Asked, over: str, form: str) -> None:
    from kg.formats import cumulative as forms  # noqa: PLC0415  (it draws, and drawing is slow to load)
    from kg.memory.cumulative import OVERS, cumulative  # noqa: PLC0415

    wanted = next((known for known in OVERS if known == over), None)
    if wanted is None:
        raise Contradiction(f"--cumulative {over} is not known; known are {', '.join(OVERS)}")
    if form == "ttl":
        raise Contradiction("--format ttl has one answer, and --cumulative has many; use json, csv, text, svg or png")
    found = cumulative(base, question, wanted)
    match form:
        case "json":
            out.json(forms.cumulative_json(found))
        case "csv":
            print(forms.cumulative_csv(found), end="")
        case "svg" | "png":
            _draw_one(forms.cumulative_plot(found), form)
        case _:
            out.text(forms.cumulative_text(found, out.width))


def _draw_one(spec: dict[str, Any], form: str) -> None:
    from kg import charts  # noqa: PLC0415

    if form == "svg":
        print(charts.svg(spec))
    else:
        typer.get_binary_stream("stdout").write(charts.png(spec))


def _write(out: Output, base: EvidenceBase, answer: Answer, form: str) -> None:
    match form:
        case "json":
            from kg.formats.answer_json import answer_json  # noqa: PLC0415  (as all forms that are not the usual one)

            out.json(answer_json(answer))
        case "csv":
            from kg.formats.answer_csv import answer_csv  # noqa: PLC0415

            print(answer_csv(answer), end="")
        case "ttl":
            from kg.formats.answer_rdf import answer_triples  # noqa: PLC0415
            from kg.formats.rdf import turtle  # noqa: PLC0415

            print(turtle(answer_triples(answer), base.prefixes), end="")
        case "svg" | "png":
            from kg import charts  # noqa: PLC0415  (drawing is slow to load and seldom asked for)

            _draw_one(charts.forest(answer), form)
        case _:
            out.text(answer_text(answer, out.width))


def review(
    context: typer.Context,
    protocol: Annotated[str | None, typer.Argument(help="Name of a protocol; the store's default, if omitted.")] = None,
    published_by: Annotated[str | None, typer.Option(metavar="DATE", help=PUBLISHED_BY)] = None,
    known_by: Annotated[str | None, typer.Option(metavar="DATE", help=KNOWN_BY)] = None,
    plots: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also draw the forest plot of every analysis into this folder.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="The review of every protocol in the store.")] = False,
) -> None:
    """Answer a review, published beside ours.

    Every analysis of the review that a protocol names is answered from the graph, in the review's order, with a pool
    for each level of its subgroup analyses.
    """
    out: Output = context.obj
    if every and protocol is not None:
        raise Contradiction(f"--all answers every review, and {protocol} names one; leave one of the two out")
    with out.base() as base:
        if every:
            _write_reviews(out, base.reviews(published_by=published_by, known_by=known_by), plots)
            return
        chosen, answers = base.review(protocol, published_by=published_by, known_by=known_by)
        if plots is not None:
            _draw(out, answers, plots)
        if out.as_json:
            out.json(_review_json(chosen, answers))
        else:
            _write_review(out, chosen, answers)


def _review_json(chosen: Protocol, answers: list[Answer]) -> dict[str, Any]:
    from kg.formats.answer_json import answer_json  # noqa: PLC0415

    return {"protocol": chosen.name, "analyses": [answer_json(a) for a in answers]}


def _write_review(out: Output, chosen: Protocol, answers: list[Answer]) -> None:
    out.text(review_text(chosen.label, answers, out.width))
    pools = [a.pool for a in answers] + [g.pool for a in answers for g in a.subgroups]
    estimable = sum(1 for pool in pools if pool.display)
    out.text(f"\n{len(answers)} analyses, {len(pools)} pools, {estimable} estimable")


def _write_reviews(out: Output, reviews: Iterator[tuple[Protocol, list[Answer]]], plots: Path | None) -> None:
    """Write one review after the other, so that no more than one is in memory."""
    count = analyses = 0
    if out.as_json:
        print('{"reviews": [', end="")
    for chosen, answers in reviews:
        if plots is not None:
            _draw(out, answers, plots)
        if out.as_json:
            print(("," if count else "") + orjson.dumps(_review_json(chosen, answers)).decode())
        else:
            _write_review(out, chosen, answers)
            out.text("")
        count += 1
        analyses += len(answers)
    if out.as_json:
        print("]}")
    else:
        out.text(f"{count} reviews, {analyses} analyses")


def _draw(out: Output, answers: list[Answer], folder: Path) -> None:
    from kg import charts  # noqa: PLC0415

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputRefused(
            f"{folder} cannot be made ({error.strerror}); name a folder that can be written to"
        ) from error
    for answer in answers:
        (folder / f"{answer.analysis}.svg").write_text(charts.svg(charts.forest(answer)), encoding="utf-8")
    out.progress(f"{len(answers)} forest plots in {folder}")


def explain(
    context: typer.Context,
    answer_id: Annotated[str, typer.Argument(help="Id of an answer, as `kg ask` and `kg review` give it.")],
    study: Annotated[str | None, typer.Option(metavar="TRIAL", help="One study of it.")] = None,
) -> None:
    """Walk from a number back to its sources.

    From the pooled value to its studies, their results as printed, the record versions that hold them, and the place
    in each source.
    """
    from kg.formats.explanation import explanation_json, explanation_text  # noqa: PLC0415
    from kg.provenance import explanation  # noqa: PLC0415

    out: Output = context.obj
    with out.base() as base:
        found = explanation(*base.standing(answer_id), study)
        if out.as_json:
            made: dict[str, Any] = explanation_json(found)
            out.json(made)
        else:
            out.text(explanation_text(found, out.width))
