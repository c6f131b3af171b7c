"""How an answer came about: after each year of publication, or after each commit that changed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from kg.asked import Asked
from kg.errors import Contradiction, EvidenceError, NotPoolable
from kg.memory.concern import Concern, concern, touched
from kg.model.answer import Answer
from kg.store import Commit, Store

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

Over = Literal["published", "known"]
OVERS: Final[tuple[Over, ...]] = ("published", "known")


@dataclass(frozen=True)
class Point:
    """The answer by a day: its trials, and which came into the table or left it since the point before."""

    by: str
    commit: int | None
    answer: Answer
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Cumulative:
    """The answer of now with the points that led to it, oldest first, and the days on which there was none, and why."""

    over: Over
    answer: Answer
    points: tuple[Point, ...]
    without: tuple[tuple[str, str], ...]


def cumulative(base: EvidenceBase, question: Asked, over: Over) -> Cumulative:
    """Return the answer to a question with the answers that led to it, all by the measure of the last.

    Over ``published`` there is a point for each year in which a trial of the answer was published; over ``known`` one
    for each commit after which the answer was another. Raises what asking raises; NotPoolable where no day has a pooled
    effect.
    """
    now = base.ask(question)
    fixed = replace(question, measure=now.measure)
    made = _by_year(base, fixed, now) if over == "published" else _by_commit(base, fixed)
    points: list[Point] = []
    without: list[tuple[str, str]] = []
    for by, commit, found in made:
        if isinstance(found, str):
            without.append((by, found))
            continue
        before = _labels(points[-1].answer) if points else []
        after = _labels(found)
        added = tuple(label for label in after if label not in before)
        removed = tuple(label for label in before if label not in after)
        points.append(Point(by, commit, found, added, removed))
    return Cumulative(over, now, tuple(points), tuple(without))


def _labels(answer: Answer) -> list[str]:
    return [study.label for study in answer.studies]


def _by_year(base: EvidenceBase, question: Asked, now: Answer) -> Iterator[tuple[str, int | None, Answer | str]]:
    years = sorted({study.year for study in now.studies if study.year is not None})
    for year in years:
        yield str(year), None, _asked(base, replace(question, published_by=f"{year}-12-31"))


def _asked(base: EvidenceBase, question: Asked) -> Answer | str:
    try:
        return base.ask(question)
    except NotPoolable as error:
        return str(error)


def _by_commit(base: EvidenceBase, question: Asked) -> Iterator[tuple[str, int | None, Answer | str]]:
    """Go through the commits from the first, past those that touch nothing the question is concerned with."""
    end = base.as_of(question.known_by) if question.known_by else base
    asked = replace(question, known_by=None)
    concerns = [_concern(end, asked)]
    past: Store | None = None
    last: object = None
    for commit in end.store.commits():
        if not _touches(base.store, commit, concerns):
            continue
        if past is None:
            past = base.store.at(commit.number)
        else:
            past.forward(commit.number)
        then = end.on(past)
        try:
            found: Answer | str = then.ask(asked, via="sparql")
            concerns = [concerns[0], _concern(then, asked)]
        except Contradiction:
            raise
        except EvidenceError as error:  # such as a term that was not there yet
            found = str(error)
        if (found if isinstance(found, str) else found.id) != last:
            yield commit.time, commit.number, found
        last = found if isinstance(found, str) else found.id


def _concern(base: EvidenceBase, question: Asked) -> Concern:
    chosen = base.protocol(question.protocol)
    name = None if chosen.name == "none" else chosen.name
    resolved = question.resolved(base.vocabulary, name)
    return replace(concern(resolved, chosen, base.ground("sparql")), default_protocol=question.protocol is None)


def _touches(store: Store, commit: Commit, concerns: list[Concern]) -> bool:
    """Tell whether a commit wrote a record that matters to a question as it stands now, or stood before the commit."""
    for version in commit.versions:
        earlier = store.versions(version.source, version.id)[: version.version - 1] if version.version > 1 else []
        before = next((store.content_of(v) for v in reversed(earlier) if v.action == "put"), b"")
        changed = touched(before, store.content_of(version))
        if any(about.is_touched(changed) for about in concerns):
            return True
    return False
