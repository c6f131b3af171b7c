"""A report of the gate as lines a person can act on."""

from __future__ import annotations

from collections.abc import Sequence

from kg.shapes import Report


def report_text(report: Report, lines: Sequence[str]) -> str:
    """Return the verdict and one line per finding."""
    verdict = "conforms" if report.conforms else "does not conform"
    counts = f"{len(report.violations)} violations, {len(report.warnings)} warnings"
    told = [f"{finding.severity}: {text}" for finding, text in zip(report.results, lines, strict=True)]
    return "\n".join([f"{verdict}: {counts}", *told])
