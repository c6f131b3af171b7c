"""An answer as a table: one row a study, the pooled row last; no cell can be read as a formula."""

from __future__ import annotations

import csv
import io

from kg.model.answer import Answer, Study

COLUMNS = (
    "study",
    "trial",
    "stratum",
    "year",
    "experimental_arm",
    "experimental_n",
    "experimental_events",
    "experimental_mean",
    "experimental_sd",
    "control_arm",
    "control_n",
    "control_events",
    "control_mean",
    "control_sd",
    "measure",
    "yi",
    "vi",
    "effect",
    "ci_low",
    "ci_high",
    "weight_percent",
    "estimable",
    "steps",
    "warnings",
    "source",
    "place",
)


def text_cell(value: object) -> object:
    """Return a value for a cell; a text that a spreadsheet would run as a formula is made plain text."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value


def answer_rows(answer: Answer) -> list[dict[str, object]]:
    """Return the rows of the table as mappings from column to value."""
    rows = [_row(answer, study) for study in answer.studies]
    display = answer.pool.display
    rows.append(
        {
            "study": "pooled",
            "experimental_n": answer.pool.participants.experimental,
            "control_n": answer.pool.participants.control,
            "measure": answer.measure,
            "yi": answer.pool.estimate,
            "vi": None if answer.pool.se is None else answer.pool.se**2,
            "effect": display.estimate if display else None,
            "ci_low": display.ci[0] if display else None,
            "ci_high": display.ci[1] if display else None,
            "estimable": display is not None,
            "steps": f"{answer.model}, {answer.method}, {answer.ci_method}",
        }
    )
    return rows


def answer_csv(answer: Answer) -> str:
    """Return the table as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in answer_rows(answer):
        writer.writerow({name: text_cell(row.get(name)) for name in COLUMNS})
    return out.getvalue()


def _row(answer: Answer, study: Study) -> dict[str, object]:
    left, right, display = study.experimental, study.control, study.display
    return {
        "study": study.label,
        "trial": study.trial,
        "stratum": study.stratum,
        "year": study.year,
        "experimental_arm": left.label,
        "experimental_n": left.n,
        "experimental_events": left.events,
        "experimental_mean": left.mean,
        "experimental_sd": left.sd,
        "control_arm": right.label,
        "control_n": right.n,
        "control_events": right.events,
        "control_mean": right.mean,
        "control_sd": right.sd,
        "measure": answer.measure,
        "yi": study.yi,
        "vi": study.vi,
        "effect": display.estimate if display else None,
        "ci_low": display.ci[0] if display else None,
        "ci_high": display.ci[1] if display else None,
        "weight_percent": study.weight,
        "estimable": study.estimable,
        "steps": "; ".join(study.steps),
        "warnings": "; ".join(study.warnings),
        "source": left.source.url,
        "place": left.source.locator,
    }
