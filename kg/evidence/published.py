"""The published value beside ours: the analysis of a review that asked the same question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from pyoxigraph import NamedNode

from kg.catalog import Catalog, Rows, Selects
from kg.iris import EV, local
from kg.model.answer import Published
from kg.model.question import Question

Member = tuple[str, str | None]
"""A trial that belongs to a level of a subgroup analysis; with a stratum, that stratum of it alone."""
_TERMS = ("intervention", "comparator", "route", "outcome", "condition", "band", "instrument")


@dataclass(frozen=True)
class PublishedAnalysis:
    """An analysis of a review with its values by subgroup level (None: the whole), its trials and their levels."""

    iri: str
    identifier: str
    label: str
    review: str
    repeats: str | None
    variable: str | None
    terms: dict[str, str | None]
    measure: str
    values: dict[str | None, dict[str, Any]]
    trials: frozenset[str]
    levels: dict[str, tuple[Member, ...]]
    certainty: str | None

    def published(self, level: str | None = None, pooled: frozenset[str] | None = None) -> Published | None:
        """Return the value of the analysis or of one level; the certainty only where the trials are the same."""
        value = self.values.get(level)
        if value is None:
            return None
        same = level is None and pooled is not None and pooled == self.trials
        interval = None if value["ci_low"] is None else (value["ci_low"], value["ci_high"])
        return Published(
            review=self.review,
            analysis=self.identifier,
            estimate=value["estimate"],
            ci=interval,
            basis="printed" if local(value["basis"]) == "printed" else "recomputed",
            certainty=self.certainty if same else None,
        )


class PublishedAnalyses:
    """The analyses of all reviews of a store in the order of these: all of them, or the one that asked a question."""

    def __init__(self, catalog: Catalog, engine: Selects) -> None:
        self._catalog, self._engine = catalog, engine

    def __iter__(self) -> Iterator[PublishedAnalysis]:
        return iter(self._every)

    @cached_property
    def _every(self) -> list[PublishedAnalysis]:
        return analyses(self._catalog, self._engine, None)

    def same(self, question: Question, measure: str) -> PublishedAnalysis | None:
        """Return the main analysis that asked the same question; only reviews that may have one are read."""
        if "_every" in vars(self):
            return same_question(question, measure, self._every)
        reviews = (analyses(self._catalog, self._engine, review) for review in self._reviews(question))
        return same_question(question, measure, list(chain.from_iterable(reviews)))

    def _reviews(self, question: Question) -> list[str]:
        """Return the reviews with a main analysis of all terms of a question, whatever its instrument."""
        asked = {name: term for name, term in question.terms().items() if name != "instrument"}
        given = [f"<{EV}{name}> {NamedNode(term.iri)}" for name, term in asked.items() if term]
        open_ = ["repeats", *(name for name, term in asked.items() if not term)]
        query = f"""SELECT DISTINCT ?review WHERE {{
          ?analysis {" ; ".join([*given, f"<{EV}ofReview> ?review"])}
          {" ".join(f"FILTER NOT EXISTS {{ ?analysis <{EV}{name}> ?{name} }}" for name in open_)}
        }} ORDER BY ?review"""
        return [str(getattr(row[0], "value", "")) for row in self._engine.select(query).rows]


def analyses(catalog: Catalog, engine: Selects, review: str | None) -> list[PublishedAnalysis]:
    """Return the analyses of a review, or of all reviews, in the order of the review."""

    def rows(name: str) -> Rows:
        query = catalog[f"reviews/{name}"]
        return query.run(engine, {"review": [query.term("review", review)] if review else ()})

    values: dict[str, dict[str | None, dict[str, Any]]] = {}
    for row in rows("published-estimates").records():
        kept = values.setdefault(row["analysis"], {})
        if row["level"] not in kept or local(row["basis"]) == "printed":
            kept[row["level"]] = row
    trials: dict[str, set[str]] = {}
    for row in rows("analysed-trials").records():
        trials.setdefault(row["analysis"], set()).add(row["trial"])
    levels: dict[str, dict[str, list[Member]]] = {}
    for row in rows("subgroup-levels").records():
        member = (row["trial"], row["stratum"])
        levels.setdefault(row["analysis"], {}).setdefault(row["level"], []).append(member)
    certainty = {row["analysis"]: row["rating"] for row in rows("certainty").records()}
    return [
        PublishedAnalysis(
            iri=row["analysis"],
            identifier=row["identifier"],
            label=row["label"],
            review=row["review"],
            repeats=row["repeats"],
            variable=row["variable"],
            terms={name: row[name] for name in _TERMS},
            measure=local(row["measure"]),
            values=values.get(row["analysis"], {}),
            trials=frozenset(trials.get(row["analysis"], ())),
            levels=_in_order(levels.get(row["analysis"], {}), values.get(row["analysis"], {})),
            certainty=certainty.get(row["analysis"]),
        )
        for row in rows("analyses").records()
    ]


def _in_order(
    levels: dict[str, list[Member]], values: dict[str | None, dict[str, Any]]
) -> dict[str, tuple[Member, ...]]:
    """Return the levels in the order in which the review reports their pools."""
    order = {level: position for position, level in enumerate(values)}
    return {
        level: tuple(levels[level]) for level in sorted(levels, key=lambda name: (order.get(name, len(order)), name))
    }


def same_question(question: Question, measure: str, found: list[PublishedAnalysis]) -> PublishedAnalysis | None:
    """Return the main analysis that asked the same question; a subgroup analysis that repeats it does not count."""
    asked = {name: term.iri if term else None for name, term in question.terms().items()}
    for analysis in found:
        if analysis.repeats is None and analysis.terms == asked and analysis.measure == measure:
            return analysis
    without = {**asked, "instrument": None}
    for analysis in found:
        if (
            analysis.repeats is None
            and {**analysis.terms, "instrument": None} == without
            and analysis.measure == measure
        ):
            return analysis
    return None
