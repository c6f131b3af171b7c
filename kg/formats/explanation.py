"""The chain of an answer as text and as JSON."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import Any

from kg.evidence.wording import NAMES
from kg.formats.answer_text import figures, interval
from kg.iris import BASE
from kg.provenance import Explanation, ResultRow, StudyChain


def explanation_json(found: Explanation) -> dict[str, Any]:
    """Return the chain of an answer as JSON."""
    answer = found.answer
    return {
        "id": answer.id,
        "title": answer.title,
        "sentence": answer.sentence,
        "estimate": answer.pool.estimate,
        "display": asdict(answer.pool.display) if answer.pool.display else None,
        "store_fingerprint": answer.provenance.store_fingerprint,
        "set_digest": answer.provenance.set_digest,
        "queries": [asdict(query) for query in found.queries],
        "studies": [_study_json(chain) for chain in found.studies],
    }


def _study_json(chain: StudyChain) -> dict[str, Any]:
    study = chain.study
    return {
        "trial": study.trial,
        "label": study.label,
        "yi": study.yi,
        "vi": study.vi,
        "weight": study.weight,
        "steps": list(study.steps),
        "warnings": list(study.warnings),
        "experimental": [asdict(row) for row in chain.experimental],
        "control": [asdict(row) for row in chain.control],
    }


def explanation_text(found: Explanation, width: int = 100) -> str:
    """Return the chain of an answer as text, from the number down to each row of each source."""
    answer, pool = found.answer, found.answer.pool
    lines = [answer.title, ""]
    value = interval(pool.display) if pool.display else "not estimable"
    lines.append(f"{NAMES[answer.measure]}: {value}  (answer {answer.id})")
    lines.append(f"made by {answer.method}, {answer.ci_method}; method version {answer.provenance.method_version}")
    lines += [
        f"store fingerprint {answer.provenance.store_fingerprint}",
        f"set digest {answer.provenance.set_digest}",
        "",
    ]
    lines.append("Selected by the queries:")
    lines += [f"  {query.name}: {query.summary}" for query in found.queries]
    for chain in found.studies:
        lines += ["", *_study_text(chain, width)]
    return "\n".join(lines)


def _study_text(chain: StudyChain, width: int) -> list[str]:
    study = chain.study
    weight = "no weight" if study.weight is None else f"weight {study.weight:.2f} %"
    value = interval(study.display) if study.display else "not estimable"
    lines = [f"{study.label}: {value}, {weight}", f"  <{study.trial}>"]
    lines += [f"  step: {step}" for step in study.steps]
    for name, side, rows in (
        ("experimental", study.experimental, chain.experimental),
        ("control", study.control, chain.control),
    ):
        lines.append(f"  {name} ({side.label}): {figures(side)}")
        for row in rows:
            lines += _row_text(row, width)
    lines += [
        w
        for text in study.warnings
        for w in textwrap.wrap(f"doubt: {text}", width, initial_indent="  ", subsequent_indent="    ")
    ]
    return lines


def _row_text(row: ResultRow, width: int) -> list[str]:
    return [
        f"    result  {row.result.removeprefix(BASE)}",
        *textwrap.wrap(f"says    {row.reported}", width, initial_indent="    ", subsequent_indent="            "),
        f"    table   {row.row}",
        f"    record  {row.record.removeprefix(BASE)}, version {row.version}, sha256 {row.digest[:16]}, {row.recorded}",
        f"    source  {row.url} ({row.kind})",
        *textwrap.wrap(f"place   {row.locator}", width, initial_indent="    ", subsequent_indent="            "),
    ]
