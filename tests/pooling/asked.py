"""Requests as a client sends them: through JSON and back."""

from __future__ import annotations

import json
from typing import Any

from kg.pooling.request import pooled_as_asked, read
from tests.pooling.complete_studies import complete

CLOSER = 1e-300
"""A floor that is none."""

BCG: dict[str, Any] = {
    "study": ["Aronson 1948", "Ferguson 1949", "Rosenthal 1960", "Hart 1977", "Frimodt-Moller 1973", "Stein 1953"],
    "ai": [4, 6, 3, 62, 33, 180],
    "bi": [119, 300, 228, 13536, 5036, 1361],
    "ci": [11, 29, 11, 248, 47, 372],
    "di": [128, 274, 209, 12619, 5761, 1079],
    "ablat": [44, 55, 42, 52, 13, 44],
    "alloc": ["random", "random", "random", "random", "alternate", "alternate"],
}
"""Trials of a vaccine against tuberculosis (Colditz et al. 1994)."""


def ask(data: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The answer to a request; neither it nor the answer may hold what JSON cannot."""
    body = json.loads(json.dumps({"data": data, **options}, allow_nan=False))
    answer: dict[str, Any] = json.loads(json.dumps(pooled_as_asked(read(body)), allow_nan=False))
    return answer


def complete_effects(case: Any) -> dict[str, Any]:
    """The effects and variances of a reference case, without nulls."""
    yi, vi, _ = complete(case)
    return {"yi": yi.tolist(), "vi": vi.tolist()}
