"""Risk of bias in the words of RevMan: the domains and grades of RoB 1 and RoB 2."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kg.model.records import Origin, RiskOfBias, Words
from kg.sources.revman.names import plain
from kg.sources.revman.plan import SOURCE, Plan
from kg.sources.revman.reviewed import Judged, StudyOf

_ROB2 = (
    ("randomi", "process", "rob2-d1"),
    ("deviations from", "intervention", "rob2-d2"),
    ("missing outcome data", "", "rob2-d3"),
    ("measurement of the outcome", "", "rob2-d4"),
    ("selection of the reported", "result", "rob2-d5"),
    ("overall", "", "rob2-overall"),
)
_ROB1 = (
    ("sequence generation", "", "rob1-sequence-generation"),
    ("allocation concealment", "", "rob1-allocation-concealment"),
    ("blinding", "performance bias and detection bias", "rob1-blinding"),
    ("blinding of outcome", "", "rob1-blinding-of-assessment"),
    ("detection bias", "", "rob1-blinding-of-assessment"),
    ("blinding of participants", "", "rob1-blinding-of-participants"),
    ("performance bias", "", "rob1-blinding-of-participants"),
    ("blinding", "", "rob1-blinding"),
    ("incomplete outcome data", "", "rob1-incomplete-data"),
    ("attrition bias", "", "rob1-incomplete-data"),
    ("selective", "reporting", "rob1-selective-reporting"),
    ("other bias", "", "rob1-other"),
    ("other sources of bias", "", "rob1-other"),
)
_GRADES = {"low": "low", "high": "high", "unclear": "unclear", "some": "some-concerns"}
_YES_NO = {"yes": "low", "no": "high", "unknown": "unclear", "unclear": "unclear"}
_SILENT = ("", "not applicable", "not reported", "no information")


class Grade(NamedTuple):
    """A domain and a rating of the graph, and the tool they belong to."""

    domain: str
    rating: str
    tool: str


def grade(judged: Judged) -> Grade | None:
    """Return a judgement in the terms of the graph, or nothing where its words are not those of RoB 1 or RoB 2."""
    words, said = plain(judged.domain).casefold(), plain(judged.rating).casefold()
    for tool, domains in (("RoB 2", _ROB2), ("RoB 1", _ROB1)):
        for first, second, domain in domains:
            if first in words and second in words:
                rating = _YES_NO.get(said) or _GRADES.get(said.partition(" ")[0])
                known = rating in (("low", "some-concerns", "high") if tool == "RoB 2" else ("low", "unclear", "high"))
                return Grade(domain, f"{tool.lower().replace(' ', '')}-{rating}", tool) if known else None
    return None


def judgements(plan: Plan, study: StudyOf) -> tuple[tuple[RiskOfBias, ...], tuple[str, ...]]:
    """Return the judgements of a study, and the words of those that are not known.

    What is judged alike for every outcome is a judgement of the trial, else one of each outcome. A second judgement of
    one thing, as RevMan 5 makes of groups of outcomes that it does not name, is left out.
    """
    known: dict[str, list[tuple[Judged, Grade]]] = {}
    unknown: list[str] = []
    for judged in study.judged:
        if plain(judged.rating).casefold() in _SILENT:
            continue
        if (found := grade(judged)) is None:
            unknown.append(f"{plain(judged.domain)}: {plain(judged.rating)}")
        else:
            known.setdefault(found.domain, []).append((judged, found))
    outcomes = {outcome.number: outcome for outcome in plan.review.outcomes}
    made: list[RiskOfBias] = []
    for alike in known.values():
        ratings = {own.rating for _, own in alike}
        first, own = alike[0]
        if len(ratings) == 1 or first.outcome is None:
            made.append(_row(plan, study, first.origin, own, None))
            continue
        for judged, each in _once(alike):
            about = outcomes.get(judged.outcome or "")
            if about is not None:
                made.append(_row(plan, study, judged.origin, each, plan.words("outcome", about)))
    return tuple(made), tuple(dict.fromkeys(unknown))


def _once(found: Iterable[tuple[Judged, Grade]]) -> list[tuple[Judged, Grade]]:
    first: dict[str | None, tuple[Judged, Grade]] = {}
    for judged, own in found:
        first.setdefault(judged.outcome, (judged, own))
    return list(first.values())


def _row(plan: Plan, study: StudyOf, origin: Origin, own: Grade, outcome: Words | None) -> RiskOfBias:
    return RiskOfBias(
        origin=origin,
        source=plan.address,
        locator=f"risk of bias, study {study.name}",
        source_kind="primary",
        record_source=SOURCE,
        trial=plan.trials[study.name],
        tool=own.tool,
        domain=own.domain,
        outcome=outcome,
        rating=own.rating,
        judged_by=plan.slug,
    )
