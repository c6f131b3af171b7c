"""From a question to its trial set: the queries of ``queries/trials``, run or looked up, read into facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from itertools import starmap
from operator import itemgetter
from typing import Protocol as Interface
from typing import TypeVar

from kg.catalog import Rows
from kg.iris import BASE, EV, local
from kg.model.question import Question
from kg.model.trialset import ArmFacts, ArmResult, ReportedContrast, Sides, TrialFacts, TrialSet
from kg.protocol import Protocol
from kg.vocabulary import Vocabulary

_NOTHING: frozenset[str] = frozenset()
T = TypeVar("T", ArmResult, ReportedContrast)


class RowSource(Interface):
    """Where the rows of the trial queries come from: the evidence table, or the queries themselves."""

    def rows(self, name: str, **values: Sequence[str]) -> Rows:
        """Return the rows of a query for values of its parameters."""


def trial_set(question: Question, protocol: Protocol, source: RowSource, known: Vocabulary) -> TrialSet:
    """Return everything that the answer to a question is made from, before any rule is applied."""
    intervention = known.closure(question.intervention.iri)
    comparator = known.closure(question.comparator.iri)
    trials = sorted(
        {row["trial"] for row in source.rows("trials/trials-of-drugs", drug=sorted(intervention)).records()}
    )
    read = _read(question, trials, protocol, source, known)
    return replace(read, intervention=intervention, comparator=comparator)


def of_arms(
    question: Question, sides: Sides, trials: list[str], protocol: Protocol, source: RowSource, known: Vocabulary
) -> TrialSet:
    """Return what arms of trials are pooled from, chosen one by one; the question says outcome and options alone."""
    return replace(_read(question, trials, protocol, source, known), sides=sides)


def _read(question: Question, trials: list[str], protocol: Protocol, source: RowSource, known: Vocabulary) -> TrialSet:
    rule = protocol.outcome(local(question.outcome.iri))
    outcomes = (question.outcome.iri, *(f"{BASE}outcome/{slug}" for slug in rule.components))
    facts, arms = trial_facts(source, trials), arm_facts(source, trials)
    condition = known.closure(question.condition.iri) if question.condition else None
    asked = trials if condition is None else _having(condition, facts, arms)
    included = None
    if protocol.included_by:
        rows = source.rows("trials/included-trials", review=[f"{BASE}review/{protocol.included_by}"])
        included = frozenset(row["trial"] for row in rows.records())
    return TrialSet(
        trials=facts,
        arms=arms,
        results=tuple(_made(ArmResult, source.rows("trials/arm-results", trial=asked, outcome=outcomes))),
        contrasts=tuple(
            _made(ReportedContrast, source.rows("trials/reported-contrasts", trial=asked, outcome=outcomes))
        ),
        instruments=known.instruments,
        doubts=_doubts(source, asked),
        included=included,
        out_of_scope=frozenset(
            iri for slug in protocol.out_of_scope for iri in known.closure(f"{BASE}condition/{slug}")
        ),
        intervention=_NOTHING,
        comparator=_NOTHING,
        outcomes=outcomes,
        condition=condition,
        lower_is_better=known.lower_is_better(question.outcome.iri),
    )


def _having(condition: frozenset[str], trials: Mapping[str, TrialFacts], arms: Mapping[str, ArmFacts]) -> list[str]:
    """Return the trials with people who have a condition: of others no result can count."""
    found = {trial for trial, facts in trials.items() if not facts.conditions.isdisjoint(condition)}
    found |= {arm.trial for arm in arms.values() if not arm.conditions.isdisjoint(condition)}
    return sorted(found)


def _made(kind: type[T], rows: Rows) -> Iterator[T]:
    """Yield a thing for each row; its fields are columns."""
    if not rows.rows:
        return iter(())
    values = itemgetter(*(rows.columns.index(field.name) for field in fields(kind)))
    return starmap(kind, map(values, rows.rows))


def trial_facts(source: RowSource, trials: list[str]) -> dict[str, TrialFacts]:
    """Return identity and design of trials, by IRI."""
    conditions: dict[str, set[str]] = {}
    for row in source.rows("trials/trial-conditions", trial=trials).records():
        conditions.setdefault(row["trial"], set()).add(row["condition"])
    named: dict[tuple[str, str], set[str]] = {}
    for row in source.rows("trials/trial-identifiers", trial=trials).records():
        named.setdefault((row["trial"], row["kind"]), set()).add(row["identifier"])
    found: dict[str, TrialFacts] = {}
    for row in source.rows("trials/trial-facts", trial=trials).records():
        found[row["trial"]] = TrialFacts(
            trial=row["trial"],
            type=row["type"],
            label=row["label"],
            year=row["year"],
            design=row["design"],
            conditions=frozenset(conditions.get(row["trial"], ())),
            analysed_as=row["analysed_as"],
            randomised=row["randomised"],
            enrolled=row["enrolled"],
            completed_on=row["completed_on"],
            icc=row["icc"],
            mean_cluster_size=row["mean_cluster_size"],
            registrations=frozenset(named.get((row["trial"], "registration"), ())),
            doi=row["doi"],
            pmid=row["pmid"],
            shares_control_with=frozenset(named.get((row["trial"], "shares-control-with"), ())),
        )
    return found


def arm_facts(source: RowSource, trials: list[str]) -> dict[str, ArmFacts]:
    """Return the arms of trials, by IRI."""
    parts: dict[str, dict[str, set[str]]] = {}
    for row in source.rows("trials/arm-components", trial=trials).records():
        parts.setdefault(row["arm"], {}).setdefault(row["part"].removeprefix(EV), set()).add(row["thing"])

    def having(arm: str, part: str) -> frozenset[str]:
        own = parts.get(arm)
        return frozenset(own.get(part, ())) if own else _NOTHING

    return {
        row["arm"]: ArmFacts(
            trial=row["trial"],
            arm=row["arm"],
            label=row["label"],
            role=row["role"].removeprefix(EV),
            studied=row["studied"],
            route=row["route"],
            stratum=row["stratum"],
            background=having(row["arm"], "background"),
            add_on=having(row["arm"], "addOn"),
            combines=having(row["arm"], "combines"),
            conditions=having(row["arm"], "condition"),
            dose=row["dose"],
            dose_value=row["dose_value"],
            dose_unit=row["dose_unit"],
            randomised=row["randomised"],
            started=row["started"],
            analysed=row["analysed"],
        )
        for row in source.rows("trials/arms", trial=trials).records()
    }


def _doubts(source: RowSource, trials: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in source.rows("trials/doubts", trial=list(trials)).records():
        found.setdefault(row["about"], []).append(row["doubt"].replace(BASE, ""))
    return {about: tuple(sorted(set(texts))) for about, texts in found.items()}
