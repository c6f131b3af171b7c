"""The analyses of a library of Cochrane reviews as arguments of `pool`, read from a folder of gzipped tables."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "cochrane-library"
COLUMNS = {
    "dichotomous": {"ai": "e_events", "n1i": "e_n", "ci": "c_events", "n2i": "c_n"},
    "continuous": {"m1i": "e_mean", "sd1i": "e_sd", "n1i": "e_n", "m2i": "c_mean", "sd2i": "c_sd", "n2i": "c_n"},
    "giv": {"yi": "giv_mean", "sei": "giv_se"},
    "oe": {"oe": "oe", "voe": "oe_var"},
}
MEASURES = {"dichotomous": "RR", "continuous": "MD", "giv": "GEN", "oe": "OE"}
ABOVE_ZERO = {"n1i", "n2i", "sd1i", "sd2i", "sei", "voe"}


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one table."""
    with gzip.open(FOLDER / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def usable(row: dict[str, float | None]) -> bool:
    """Say whether a row is complete, with a standard deviation above zero; the reference leaves out the others."""
    return all(value is not None and (value > 0 or name not in ABOVE_ZERO) for name, value in row.items())


def library() -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the analyses as arguments of `pool`, and the reference of each."""
    found: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in rows("rows.csv.gz"):
        found[row["review"], row["analysis"]].append(row)
    reference = rows("reference.csv.gz")
    analyses = []
    for known in reference:
        columns = COLUMNS[known["kind"]]
        studies = [
            {name: float(row[column]) if row[column] else None for name, column in columns.items()}
            for row in found[known["review"], known["analysis"]]
        ]
        kept = [study for study in studies if usable(study)]
        data = {name: np.array([study[name] for study in kept], dtype=float) for name in columns}
        analyses.append({"measure": MEASURES[known["kind"]], "drop00": True, **data})
    return analyses, reference
