"""The analysis data of a Cochrane data package: data rows, overall estimates and settings, subgroup estimates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kg.evidence.effects import RATIOS
from kg.formats.revman.columns import DATA_ROWS, OVERALL, SUBGROUPS, Row, written
from kg.formats.revman.entered import (
    COUNTS,
    ESTIMATORS,
    INTERVALS,
    MEANS,
    MEASURES,
    METHODS,
    entered,
    name,
    named,
    numbered,
    shown,
    size,
)
from kg.model.analysis_rule import AnalysisRule
from kg.model.answer import Answer, Pool, Study

COMMON = "common-effect"


def tables(answers: Iterable[tuple[Answer, AnalysisRule]]) -> dict[str, bytes]:
    """Return the three tables, by name."""
    found = list(answers)
    return {
        "data-rows": written(DATA_ROWS, (row for answer, rule in found for row in _rows(answer, rule))),
        "overall-estimates-and-settings": written(OVERALL, (_settings(*pair) for pair in found)),
        "subgroup-estimates": written(SUBGROUPS, (row for answer, _ in found for row in _subgroups(answer))),
    }


def _rows(answer: Answer, rule: AnalysisRule) -> Iterator[Row]:
    group, number = numbered(answer)
    at = {"Analysis group": group, "Analysis number": number, "Analysis name": named(answer)}
    whole = {(s.trial, s.stratum) for s in answer.studies}
    placed: set[tuple[str, str | None]] = set()
    for level in answer.subgroups:
        for study in level.studies:
            placed.add((study.trial, study.stratum))
            applies = "SUBGROUP_AND_OVERALL" if (study.trial, study.stratum) in whole else "SUBGROUP"
            if row := _row(answer, study):
                weight = _weight(answer, study) if rule.shows_total else study.weight
                yield {**at, "Subgroup": level.label, "Applicability": applies, **row, "Weight": weight}
    for study in answer.studies:
        if (study.trial, study.stratum) not in placed and (row := _row(answer, study)):
            applies = "OVERALL" if placed else "SUBGROUP_AND_OVERALL"
            yield {**at, "Applicability": applies, **row, "Weight": study.weight}


def _weight(answer: Answer, study: Study) -> float | None:
    """Return the weight of a row in the pool of all rows."""
    found = (s.weight for s in answer.studies if (s.trial, s.stratum) == (study.trial, study.stratum))
    return next(found, None)


def _row(answer: Answer, study: Study) -> dict[str, Any] | None:
    found = entered(answer, study)
    if found is None:
        return None
    row: dict[str, Any] = {"Study": name(study), "Study year": study.year}
    if study.display is not None and study.yi is not None and study.ci is not None:
        row |= dict(zip(("Mean", "CI start", "CI end"), (shown(answer, v) for v in (study.yi, *study.ci)), strict=True))
    for who, side in (("Experimental", study.experimental), ("Control", study.control)):
        row[f"{who} N"] = size(side)
        if found.kind == "dichotomous":
            row[f"{who} cases"] = side.events
        elif found.kind == "continuous":
            row |= {f"{who} mean": side.mean, f"{who} SD": side.sd}
    if found.kind == "giv":
        row |= {"GIV Mean": found.estimate, "GIV SE": found.se}
    return row


def _settings(answer: Answer, rule: AnalysisRule) -> Row:
    group, number = numbered(answer)
    kind = "Dichotomous" if answer.measure in COUNTS else "Continuous" if answer.measure in MEANS else "Contrast level"
    common = answer.model == COMMON
    question = answer.question
    return {
        "Analysis group": group,
        "Analysis number": number,
        "Analysis name": named(answer),
        "Data source": "Custom input",
        "Data type": kind,
        "Log-scale data": answer.measure in RATIOS,
        "Experimental group label": question.intervention.label,
        "Control group label": question.comparator.label,
        "Statistical method": METHODS.get(answer.method, "IV"),
        "Effect measure": MEASURES[answer.measure],
        "Analysis model": "Fixed effect" if common else "Random effects",
        "Heterogeneity estimator": None if common else ESTIMATORS.get(answer.method, answer.method),
        "Subgroup estimates": rule.shows_levels,
        "Overall estimates": rule.shows_total,
        "Test for subgroup differences": False,
        "Prediction interval": answer.pool.prediction_interval is not None,
        "Swap event and non-event": False,
        "CI method": INTERVALS[answer.ci_method],
        "CI/PI level": f"{answer.ci_level:g}%",
        **_values(answer, answer.pool, answer.studies),
        "ID": answer.id,
    }


def _values(answer: Answer, pool: Pool, studies: Iterable[Study]) -> Mapping[str, object]:
    rows = list(studies)
    values: dict[str, object] = {}
    for who, sides in (("Experimental", [s.experimental for s in rows]), ("Control", [s.control for s in rows])):
        events = [s.events for s in sides]
        values[f"{who} N"] = sum(size(s) or 0 for s in sides) or None
        values[f"{who} cases"] = sum(e for e in events if e is not None) if any(e is not None for e in events) else None
    if pool.estimate is None or pool.ci is None:
        return values
    values |= {"Mean": shown(answer, pool.estimate)}
    values |= dict(zip(("CI start", "CI end"), (shown(answer, v) for v in pool.ci), strict=True))
    if pool.prediction_interval:
        values |= dict(zip(("PI start", "PI end"), (shown(answer, v) for v in pool.prediction_interval), strict=True))
    spread = pool.heterogeneity
    if spread is not None:
        values |= {
            "Heterogeneity Tau²": spread.tau2,
            "Heterogeneity Chi²": spread.q,
            "Heterogeneity df": spread.q_df,
            "Heterogeneity P": spread.q_p,
            "Heterogeneity I²": spread.i2,
        }
    return values | {"Effect P": pool.p_value}


def _subgroups(answer: Answer) -> Iterator[Row]:
    group, number = numbered(answer)
    for count, level in enumerate(answer.subgroups, 1):
        yield {
            "Analysis group": group,
            "Analysis number": number,
            "Subgroup": level.label,
            "Subgroup number": count,
            "Weight": sum(_weight(answer, s) or 0 for s in level.studies) or None,
            **_values(answer, level.pool, level.studies),
            "ID": f"{answer.id}-{count}",
        }
