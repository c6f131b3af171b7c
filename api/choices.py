"""What can be chosen in the form on the front page: the terms that trials of the store have, with how many trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kg.catalog import Plain
from kg.evidence_base import EvidenceBase
from kg.iris import BASE, EV, local
from kg.protocol import CI_METHODS, MEASURES, METHODS
from kg.vocabulary import Entry

_MOST_EXAMPLES = 6
_RESULTS = ("trials/arm-results", "trials/reported-contrasts")
_BANDS = ("immediate-term", "short-term", "medium-term", "long-term")


@dataclass(frozen=True)
class Choice:
    """A term of the form: its slug, its label, and how many trials have it."""

    slug: str
    label: str
    trials: int


@dataclass(frozen=True)
class Example:
    """A question as a link: its title and its words."""

    title: str
    words: dict[str, str]


@dataclass(frozen=True)
class Choices:
    """Everything the form offers."""

    interventions: list[Choice]
    classes: list[Choice]
    comparators: list[Choice]
    benefits: list[Choice]
    harms: list[Choice]
    other_outcomes: list[Choice]
    conditions: list[Choice]
    routes: list[Choice]
    bands: list[Choice]
    protocols: list[Choice]
    examples: list[Example]
    measures: tuple[str, ...] = MEASURES
    methods: tuple[str, ...] = METHODS
    cis: tuple[str, ...] = CI_METHODS


def choices(base: EvidenceBase) -> Choices:
    """Return what the form offers, counted in the evidence table."""
    known = base.vocabulary
    arms = base.table.distinct("trials/arms", "studied", "trial", "role")
    studied = {(drug, trial) for drug, trial, role in arms if role == EV + "experimental"}
    results = {
        column: set().union(*(base.table.distinct(name, column, "trial") for name in _RESULTS))
        for column in ("outcome", "band")
    }
    compared = _compared(arms)
    outcomes = _counted(base, known.entries("outcomes"), results["outcome"])
    kinds = {kind: _of_kind(base, kind) for kind in ("benefit", "harm")}
    bands = _counted(base, known.entries("bands"), results["band"])
    return Choices(
        interventions=_counted(base, known.entries("drugs"), studied),
        classes=_counted(base, known.entries("classes"), studied),
        comparators=sorted(
            (Choice(e.slug, e.label, compared[e.iri]) for e in known.entries("drugs") if e.iri in compared),
            key=lambda choice: (-choice.trials, choice.label),
        ),
        benefits=[c for c in outcomes if c.slug in kinds["benefit"]],
        harms=[c for c in outcomes if c.slug in kinds["harm"]],
        other_outcomes=[c for c in outcomes if c.slug not in kinds["benefit"] | kinds["harm"]],
        conditions=_counted(
            base, known.entries("conditions"), base.table.distinct("trials/trial-conditions", "condition", "trial")
        ),
        routes=_counted(base, known.entries("routes"), base.table.distinct("trials/arms", "route", "trial")),
        bands=sorted(bands, key=lambda band: _BANDS.index(band.slug) if band.slug in _BANDS else len(_BANDS)),
        protocols=[Choice(e.slug, e.label, 0) for e in known.entries("protocols")],
        examples=list(_examples(base))[:_MOST_EXAMPLES],
    )


def _counted(base: EvidenceBase, entries: Iterable[Entry], pairs: Iterable[tuple[Plain, ...]]) -> list[Choice]:
    """Return the terms that have trials, what is narrower counted in; ``pairs`` are of a term and a trial."""
    trials: dict[Plain, set[Plain]] = {}
    for term, trial in pairs:
        if term:
            trials.setdefault(term, set()).add(trial)
    found = []
    for entry in entries:
        below = set[Plain]().union(*(trials.get(iri, set()) for iri in base.vocabulary.closure(entry.iri)))
        if below:
            found.append(Choice(entry.slug, entry.label, len(below)))
    return found


def _compared(arms: Iterable[tuple[Plain, ...]]) -> Counter[Plain]:
    """Return of what is compared with something else in how many trials; ``arms`` are of a drug, a trial and a role."""
    tried: dict[Plain, set[Plain]] = {}
    others = set[tuple[Plain, Plain]]()
    for drug, trial, role in arms:
        if drug and role == EV + "experimental":
            tried.setdefault(trial, set()).add(drug)
        elif drug:
            others.add((drug, trial))
    return Counter(drug for drug, trial in others if tried.get(trial, set()) - {drug})


def _of_kind(base: EvidenceBase, kind: str) -> set[str]:
    rows = base.query("explore/neighbours", thing=EV + kind).records()
    return {local(r["neighbour"]) for r in rows if r["direction"] == "in" and r["property"] == EV + "outcomeKind"}


def _examples(base: EvidenceBase) -> Iterable[Example]:
    """Yield questions that reviews asked: those with a printed value first, then the first of each intervention."""
    label = base.vocabulary.label
    default = base.protocol().review
    asked = [a for a in base.published if a.repeats is None and a.review == f"{BASE}review/{default}" and a.values]
    printed = [a for a in asked if any(v["basis"] == EV + "printed" for v in a.values.values())]
    seen = {a.terms["intervention"] for a in printed}
    for told, analysis in (*((0, a) for a in printed), *((1, a) for a in asked)):
        terms = {name: iri for name, iri in analysis.terms.items() if iri}
        if not {"intervention", "comparator", "outcome"} <= set(terms):
            continue
        if told > 0:
            if terms["intervention"] in seen:
                continue
            seen.add(terms["intervention"])
        parts = [f"{label(terms['intervention'])} versus {label(terms['comparator'])} for {label(terms['outcome'])}"]
        parts += [label(terms[name]) for name in ("band", "route") if name in terms]
        title = ", ".join(parts)
        yield Example(title[:1].upper() + title[1:], {name: local(iri) for name, iri in terms.items()})
