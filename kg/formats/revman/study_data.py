"""RevMan's four templates: study information, study arms, study results, risk of bias; one study a row or more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.evidence.effects import RATIOS
from kg.formats.revman.columns import ARMS, INFORMATION, RESULTS, Row, written
from kg.formats.revman.entered import MEASURES, Entered, entered, name, named, numbered, shown
from kg.model.answer import Answer, Study

PART_OF = "part of "
"""How the description of an arm begins whose study is a stratum of another."""


@dataclass(frozen=True)
class Judgement:
    """A judgement of risk of bias in words: of a trial, by its IRI."""

    trial: str
    domain: str
    rating: str


def tables(answers: Sequence[Answer], judged: Iterable[Judgement]) -> dict[str, bytes]:
    """Return the four tables, by name.

    A study that stands in an analysis more than once is entered as several, called after their strata: RevMan adds up
    the arms of one study that have one intervention.
    """
    rows = [(answer, found) for answer in answers for study in _once(answer) if (found := entered(answer, study))]
    studies = {found.study.label: found.study for _, found in rows}
    parts = {name(study): study for study in studies.values()}
    return {
        "study-information": written(INFORMATION, (_information(s) for s in studies.values())),
        "study-arms": written(ARMS, _arms(rows)),
        "study-results": written(RESULTS, (row for answer, found in rows for row in _results(answer, found))),
        "risk-of-bias": _bias({**parts, **studies}, list(judged)),
    }


def _once(answer: Answer) -> Iterator[Study]:
    seen: set[tuple[str, str | None]] = set()
    for study in (*answer.studies, *(s for level in answer.subgroups for s in level.studies)):
        if (study.trial, study.stratum) not in seen:
            seen.add((study.trial, study.stratum))
            yield study


def _information(study: Study) -> Row:
    return {"Study": study.label, "Year": study.year, "Data source": "PUB"}


def _arms(rows: Iterable[tuple[Answer, Entered]]) -> Iterator[Row]:
    seen: set[tuple[str, str]] = set()
    for answer, found in rows:
        for side in _sides(answer):
            if (found.study.label, side) not in seen:
                seen.add((found.study.label, side))
                part = f"{PART_OF}{name(found.study)}" if found.study.stratum else None
                yield {"Study": found.study.label, "Arm": side, "Description": part, "Intervention": side}


def _sides(answer: Answer) -> tuple[str, str]:
    question = answer.question
    route = f", {question.route.label}" if question.route else ""
    return question.intervention.label + route, question.comparator.label


def _results(answer: Answer, found: Entered) -> Iterator[Row]:
    study, sides = found.study, _sides(answer)
    said: dict[str, Any] = {"Study": study.label, "Outcome": f"{'.'.join(numbered(answer))} {named(answer)}"}
    if found.kind == "giv":
        row = {**said, "Effect measure": MEASURES[answer.measure], "Arm": sides[0], "Reference arm": sides[1]}
        kind = "Dichotomous" if answer.measure in (*RATIOS, "RD") else "Continuous"
        row |= {"Data type": kind, "Mean": found.estimate, "SE": found.se}
        if answer.measure in RATIOS and found.estimate is not None:
            row["Exp mean"] = shown(answer, found.estimate)
        yield row
        return
    for arm, side in zip(sides, (study.experimental, study.control), strict=True):
        if found.kind == "dichotomous":
            yield {**said, "Data type": "Dichotomous", "Arm": arm, "Sample size": side.total, "Cases": side.events}
        else:
            figures = {"Sample size": side.n, "Mean": side.mean, "SD": side.sd}
            yield {**said, "Data type": "Continuous", "Arm": arm, **figures}


def _bias(studies: Mapping[str, Study], judged: Sequence[Judgement]) -> bytes:
    domains = list(dict.fromkeys(j.domain for j in judged))
    by_trial: dict[str, dict[str, str]] = {}
    for j in judged:
        by_trial.setdefault(j.trial, {}).setdefault(j.domain, j.rating)
    columns = ["Study", *(f"Domain ({what}): {d}" for d in domains for what in ("judgement", "support"))]
    rows = (
        {"Study": label, **{f"Domain (judgement): {d}": r for d, r in by_trial.get(study.trial, {}).items()}}
        for label, study in studies.items()
    )
    return written(columns, rows)
