"""Trials of two arms as records for a store, with every column that a test does not name left empty."""

from __future__ import annotations

from dataclasses import MISSING, fields
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from kg.model.records import Arm, ContinuousResult, ContrastResult, DichotomousResult, Origin, Row, Trial

T = TypeVar("T")
_lines = count(1)
SOURCE = "https://example.org/report"


def stored(
    name: str,
    *figures: tuple[int, int] | tuple[int, float, float],
    drug: str = "ketamine",
    source: str = "reports",
    arms: dict[str, Any] | None = None,
    results: dict[str, Any] | None = None,
    **facts: Any,
) -> list[Row]:
    """Return the record of a trial of a drug against placebo: (events, total) or (n, mean, SD) of each arm."""
    common = {"record_source": source, "trial": name, "source": SOURCE, "locator": "table 1", "source_kind": "primary"}
    rows: list[Row] = [
        _row(
            Trial,
            **common,
            **{"study_label": name, "label": name, "design": "parallel", "condition": ("fibromyalgia",), **facts},
            not_reported=tuple(f for f in ("year", "registration") if not facts.get(f)),
        )
    ]
    for number, (arm, studied, role) in enumerate((("drug", drug, "experimental"), ("placebo", "placebo", "placebo"))):
        given = (arms or {}) if arm == "drug" else {}
        rows.append(_row(Arm, **common, arm=arm, intervention_text=studied, role=role, studied=studied, **given))
        values = figures[number]
        said = {**common, "number": number + 1, "arm": arm, "reported_text": str(values)}
        if len(values) == 2:
            kind: Any = DichotomousResult
            said |= {"outcome": "any-adverse-event", "events": values[0], "total": values[1]}
        else:
            n, mean, sd = values
            kind = ContinuousResult
            said |= {"outcome": "pain-intensity", "instrument": "nrs-0-10", "value_kind": "final", "n": n}
            said |= {"mean": Decimal(str(mean)), "sd": Decimal(str(sd))}
        rows.append(_row(kind, **said | (results or {})))
    return rows


def crossed(name: str, both: int, drug: int, placebo: int, neither: int) -> list[Row]:
    """Return the record of a crossover trial of ketamine against placebo with the paired table of its people."""
    rows = [row for row in stored(name, (1, 2), (1, 2), design="crossover") if isinstance(row, Trial | Arm)]
    table = _row(
        ContrastResult,
        **{"record_source": "reports", "trial": name, "number": 1, "source": SOURCE, "locator": "table 2"},
        **{"source_kind": "primary", "experimental_arm": "drug", "control_arm": "placebo"},
        outcome="any-adverse-event",
        event_on_both=both,
        event_on_experimental_only=drug,
        event_on_control_only=placebo,
        event_on_neither=neither,
    )
    return [*rows, table]


def _row(kind: type[T], **values: Any) -> T:
    required = [field for field in fields(kind) if field.default is MISSING]  # type: ignore[arg-type]
    empty = {field.name: () if field.type in ("Texts", "Terms", "Slugs") else None for field in required}
    return kind(**{**empty, "origin": Origin("test.csv", next(_lines)), **values})
