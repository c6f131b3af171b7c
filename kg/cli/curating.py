"""What a curator does with terms that files of other systems brought: curate."""

from __future__ import annotations

from typing import Annotated

import typer

from kg import curation
from kg.cli.output import Output
from kg.curation import Waiting
from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase
from kg.iris import BASE
from kg.model.records import Ref
from kg.new_terms import SORTS, new_thing
from kg.resolution import TermIndex, thing_of

_SHOWN = 20
Author = Annotated[str | None, typer.Option("--author", metavar="NAME", help="Who; EVIGRAPH_AUTHOR or the user.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the history.")]
Term = Annotated[str, typer.Argument(metavar="TERM", help="The term: kind/slug, as listed, or its words.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="Match terms that files of other systems brought to things of the graph.")
    group.callback(invoke_without_command=True)(listed)
    group.command()(accept)
    group.command()(choose)
    group.command()(new)
    app.add_typer(group, name="curate")


def listed(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help=f"One of {', '.join(SORTS)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = _SHOWN,
) -> None:
    """List the terms that wait for a decision, the most used first, with what they may be.

    Then accept the first proposal, choose another thing, or make a new one. Records that use the term follow in the
    same commit, and so do files that are imported later.
    """
    if context.invoked_subcommand is not None:
        return
    if kind is not None and kind not in SORTS:
        raise typer.BadParameter(f"{kind!r} is not one of {', '.join(SORTS)}", param_hint="--kind")
    out: Output = context.obj
    with out.base() as base:
        found, index = curation.waiting(base, kind), _index(base)
        page = [(one, curation.proposals(index, one)) for one in found[:limit]]
    if out.as_json:
        terms = [
            {
                "term": thing_of(one.term),
                "kind": one.term.kind,
                "words": one.words,
                "system": one.system,
                "uses": one.uses,
                "proposals": [{"iri": thing_of(p.thing), "label": p.label} for p in proposed],
            }
            for one, proposed in page
        ]
        out.json({"waiting": len(found), "terms": terms})
        return
    rows = [
        [f"{one.term.kind}/{one.term.slug}", one.words, str(one.uses), "; ".join(p.label for p in proposed)]
        for one, proposed in page
    ]
    out.table(["Term", "Words", "Uses", "May be"], rows, right=(2,))
    if len(found) > limit:
        out.text(f"\n{len(found)} terms wait; the first {limit} are shown")


def accept(context: typer.Context, term: Term, author: Author = None, reason: Reason = "accepted as proposed") -> None:
    """Take the first proposal for a term."""
    out: Output = context.obj
    with out.base("write") as base:
        one = curation.named(base, term)
        proposed = curation.proposals(_index(base), one)
        if not proposed:
            raise InputRefused(f"nothing is proposed for {one.words!r}; choose a thing, or make a new one")
        _decide(out, base, one, proposed[0].thing, author, reason)


def choose(
    context: typer.Context,
    term: Term,
    thing: Annotated[str, typer.Argument(metavar="THING", help="Slug, label, CURIE or IRI of what it is.")],
    author: Author = None,
    reason: Reason = "chosen",
) -> None:
    """Say which thing of the graph a term is."""
    out: Output = context.obj
    with out.base("write") as base:
        one = curation.named(base, term)
        _decide(out, base, one, curation.known(base, one.term.kind, thing), author, reason)


def new(
    context: typer.Context,
    term: Term,
    label: Annotated[str | None, typer.Option(metavar="TEXT", help="Its label; the words, if omitted.")] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="SORT", help="An outcome: benefit or harm; a condition: painCondition or disease."
        ),
    ] = None,
    author: Author = None,
    reason: Reason = "made new",
) -> None:
    """Make a new thing of the graph out of a term."""
    out: Output = context.obj
    with out.base("write") as base:
        one, who = curation.named(base, term), author or out.settings.author
        thing, rows = new_thing(one.term.kind, label or one.words, sort, one.words, who)
        if base.store.ask(f"ASK {{ <{thing_of(thing)}> ?p ?o }}"):
            raise InputRefused(f"{thing.kind}/{thing.slug} is there already; choose it, or give another label")
        taken = curation.decide(base, one.term, thing, who, reason, rows)
        _say(out, one, thing, taken.changed, taken.commit.number)


def _decide(out: Output, base: EvidenceBase, one: Waiting, thing: Ref, author: str | None, reason: str) -> None:
    taken = curation.decide(base, one.term, thing, author or out.settings.author, reason)
    _say(out, one, thing, taken.changed, taken.commit.number)


def _say(out: Output, one: Waiting, thing: Ref, changed: int, commit: int) -> None:
    if out.as_json:
        out.json({"term": thing_of(one.term), "thing": thing_of(thing), "records_changed": changed, "commit": commit})
    else:
        where = thing_of(thing).removeprefix(BASE)
        out.text(f"{one.words!r} is {where}; {changed} records changed in commit {commit}")


def _index(base: EvidenceBase) -> TermIndex:
    return TermIndex(base.catalog, base.store, base.prefixes)
