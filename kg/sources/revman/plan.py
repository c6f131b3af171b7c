"""How a review becomes trials: the slug of each study, the arms of its comparisons, the stratum of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kg import iris
from kg.model.records import Origin, Words
from kg.sources.revman.names import apart, cochrane_number, plain, slug
from kg.sources.revman.reviewed import ArmOf, ArmRow, DataRow, Outcome, ReviewOf, StudyOf

SOURCE = "revman"


@dataclass(frozen=True)
class Labels:
    """The two sides of outcomes of one comparison that word them alike, and what their arms are called after."""

    arms: str
    experimental: str
    control: str
    opaque: bool


@dataclass(frozen=True)
class Placed:
    """A row with the stratum of its study that it is about; nothing where the study stands in the analysis once."""

    outcome: Outcome
    row: DataRow
    stratum: str | None


class Plan:
    """The names that everything of one review has in the graph."""

    def __init__(self, review: ReviewOf) -> None:
        self.review = review
        self.slug = slug(review.identifier)

    @property
    def scope(self) -> str:
        """What keeps the words of this review apart from those of others."""
        return f"{SOURCE}-{self.slug}"

    @property
    def address(self) -> str:
        """Where the review can be read: its DOI, or its name in the graph."""
        doi = self.review.doi
        return f"https://doi.org/{doi}" if doi else f"{iris.BASE}review/{self.slug}"

    def sourced(self, origin: Origin, locator: str) -> dict[str, Any]:
        """Return where a statement about a study stands: in the review, which tells it second-hand."""
        return {"origin": origin, "source": self.address, "locator": locator, "source_kind": "secondary"}

    @cached_property
    def trials(self) -> dict[str, str]:
        """The slug of each study, by its name in the review."""
        slugs = apart(study.name for study in self.studies)
        return {name: f"{self.slug}-{own}" for name, own in slugs.items()}

    @cached_property
    def studies(self) -> tuple[StudyOf, ...]:
        """The studies of the review, and those that only its analyses name."""
        known = {study.name: study for study in self.review.studies}
        for outcome in self.review.outcomes:
            for row in outcome.rows:
                known.setdefault(row.study, StudyOf(row.study, row.origin))
        of_arms = [(arm.study, arm.origin) for arm in self.review.arms]
        of_arms += [(row.study, row.origin) for row in self.review.arm_rows]
        for name, origin in of_arms:
            known.setdefault(name, StudyOf(name, origin))
        return tuple(known.values())

    def analysis(self, outcome: Outcome) -> str:
        """Return the identifier of an analysis."""
        return f"{self.slug}-{outcome.number}"

    def words(self, kind: str, outcome: Outcome) -> Words:
        """Return the outcome or instrument of an analysis: with its number, so that no other analysis has it.

        Where the file tells the arms of studies, intervention and comparator tell analyses of one outcome apart.
        """
        text = outcome.name if outcome.of_arms else f"{outcome.number} {outcome.name}".strip()
        return Words(kind, text, scope=self.scope)

    def side(self, text: str) -> Words:
        """Return the intervention of one side, by its label."""
        return Words("intervention", text, scope=self.scope)

    @cached_property
    def labels(self) -> dict[str, Labels]:
        """The sides of each outcome, by its number.

        The labels of the groups where a file has two that differ; else they say no more than which side it is.
        """
        known: dict[tuple[str, str, str], Labels] = {}
        seen: Counter[str] = Counter()
        made: dict[str, Labels] = {}
        for outcome in self.review.outcomes:
            key = outcome.comparison, plain(outcome.experimental).casefold(), plain(outcome.control).casefold()
            if key not in known:
                seen[outcome.comparison] += 1
                known[key] = self._labels(outcome, seen[outcome.comparison])
            made[outcome.number] = known[key]
        return made

    def _labels(self, outcome: Outcome, variant: int) -> Labels:
        arms = f"c{slug(outcome.comparison)}" + (f"-v{variant}" if variant > 1 else "")
        left, right = plain(outcome.experimental), plain(outcome.control)
        if left and right and left.casefold() != right.casefold():
            return Labels(arms, left, right, opaque=False)
        which = f"comparison {outcome.comparison} of {self.called}" + (f", {left}" if left else "")
        return Labels(arms, f"experimental of {which}", f"control of {which}", opaque=True)

    @property
    def called(self) -> str:
        """What the review is called in the words of its terms."""
        return cochrane_number(self.review.identifier) or self.review.identifier

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """Every row with its stratum, in the order of the file."""
        return tuple(placed for outcome in self.review.outcomes for placed in _placed(outcome))

    @cached_property
    def arms(self) -> dict[str, dict[str, tuple[str, ArmOf]]]:
        """The arms of each study by name, each with its slug; an arm that only results name is of itself."""
        found: dict[str, dict[str, ArmOf]] = {}
        for arm in self.review.arms:
            found.setdefault(arm.study, {})[arm.name] = arm
        for row in self.review.arm_rows:
            for name in filter(None, (row.arm, row.reference)):
                found.setdefault(row.study, {}).setdefault(name, ArmOf(row.study, name, name, row.origin))
        return {study: {name: (own, arms[name]) for name, own in apart(arms).items()} for study, arms in found.items()}

    @cached_property
    def arm_rows(self) -> dict[str, tuple[ArmRow, ...]]:
        """What the arms of each study report."""
        found: dict[str, list[ArmRow]] = {}
        for row in self.review.arm_rows:
            found.setdefault(row.study, []).append(row)
        return {study: tuple(rows) for study, rows in found.items()}

    def analysed(self, outcome: Outcome) -> tuple[tuple[str, str | None], ...]:
        """Return the trials of an analysis, each with its stratum."""
        if not outcome.of_arms:
            placed = (p for p in self.placed if p.outcome is outcome)
            return tuple(dict.fromkeys((self.trials[p.row.study], p.stratum) for p in placed))
        sides = {outcome.experimental, outcome.control}
        return tuple(
            (self.trials[study], None)
            for study, rows in self.arm_rows.items()
            if sides
            <= {
                self.arms[study][name][1].intervention
                for row in rows
                if row.outcome == outcome.name
                for name in (row.arm, row.reference)
                if name
            }
        )

    @cached_property
    def by_study(self) -> dict[str, tuple[Placed, ...]]:
        """The rows of each study."""
        found: dict[str, list[Placed]] = {}
        for placed in self.placed:
            found.setdefault(placed.row.study, []).append(placed)
        return {name: tuple(rows) for name, rows in found.items()}


def _placed(outcome: Outcome) -> Iterator[Placed]:
    """Yield the rows of an analysis; a study that stands in it twice is told apart by subgroup, and then by count."""
    times = Counter(row.study for row in outcome.rows)
    within = Counter((row.study, row.subgroup) for row in outcome.rows)
    counted: Counter[tuple[str, str | None]] = Counter()
    for row in outcome.rows:
        key = row.study, row.subgroup
        counted[key] += 1
        if times[row.study] == 1:
            yield Placed(outcome, row, None)
            continue
        number = f"part {counted[key]}" if within[key] > 1 else ""
        yield Placed(outcome, row, ", ".join(filter(None, (row.subgroup, number))) or "whole")
