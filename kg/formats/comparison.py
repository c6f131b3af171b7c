"""What changed between two commits as text and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any

from kg.formats.answer_text import interval
from kg.formats.text_table import table
from kg.memory.comparison import AnswerChange, Comparison, RecordChange
from kg.model.answer import Answer
from kg.store import Commit

_MOST = 50


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Return both commits, the records that changed, and the answers that were given again."""
    return {
        "from": _commit(found.since),
        "to": _commit(found.until),
        "records": [_record(change) for change in found.records],
        "answers": [_answer(change) for change in found.answers],
        "analyses": {
            "untouched": found.untouched,
            "answered_again": len(found.answers),
            "moved": sum(change.moved for change in found.answers),
        },
    }


def _commit(commit: Commit) -> dict[str, Any]:
    return {"commit": commit.number, "time": commit.time or None}


def _record(change: RecordChange) -> dict[str, Any]:
    after = change.after
    return {
        "record": after.iri,
        "happened": change.happened,
        "version_before": change.before.version if change.before else None,
        "version_after": None if change.happened == "retracted" else after.version,
        "commit": after.commit,
        "time": after.time,
        "author": after.author,
        "reason": after.reason,
    }


def _answer(change: AnswerChange) -> dict[str, Any]:
    return {
        "protocol": change.protocol,
        "analysis": change.analysis,
        "title": change.title,
        "moved": change.moved,
        "crossed": list(change.crossed),
        "before": _end(change.before),
        "after": _end(change.after),
    }


def _end(answer: Answer | str | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    if isinstance(answer, str):
        return {"refused": answer}
    pool = answer.pool
    shown = {"estimate": pool.display.estimate, "ci": list(pool.display.ci)} if pool.display else None
    return {
        "id": answer.id,
        "measure": answer.measure,
        "k": pool.k,
        "participants": pool.participants.total,
        "estimate": pool.estimate,
        "ci": list(pool.ci) if pool.ci else None,
        "display": shown,
    }


def comparison_text(found: Comparison, width: int) -> str:
    """Return what changed: records, then the answers that moved and the lines they crossed."""
    begin = f"commit {found.since.number} of {found.since.time}" if found.since.number else "nothing"
    parts = [f"From {begin} to commit {found.until.number} of {found.until.time}", ""]
    if not found.records:
        return "\n".join([*parts, "No record changed."])
    counts = Counter(change.happened for change in found.records)
    parts.append(f"{len(found.records)} records: " + ", ".join(f"{n} {what}" for what, n in sorted(counts.items())))
    parts += _records(found.records, width)
    moved = [change for change in found.answers if change.moved]
    again, untouched = len(found.answers), found.untouched
    parts += ["", f"{again + untouched} analyses: {untouched} untouched, {again} answered again, {len(moved)} moved"]
    if moved:
        rows = [
            [c.analysis, c.title, _shown(c.before), _shown(c.after), f"{_k(c.before)} -> {_k(c.after)}"] for c in moved
        ]
        parts += ["", table(["Analysis", "Question", "Before", "After", "Trials"], rows, width, right=(2, 3, 4))]
    for change in found.answers:
        for line in change.crossed:
            parts += ["", *textwrap.wrap(f"{change.analysis}: {line}", width, subsequent_indent="  ")]
    return "\n".join(parts)


def _records(changes: Sequence[RecordChange], width: int) -> list[str]:
    order = ("retracted", "changed", "new")
    shown = sorted(changes, key=lambda change: order.index(change.happened))
    lines = []
    for change in shown[:_MOST]:
        version = change.after
        line = f"  {change.happened} {version.source}/{version.id}, {version.author}: {version.reason}"
        lines += textwrap.wrap(line, width, subsequent_indent="    ")
    more = len(shown) - _MOST
    return [*lines, f"  and {more} more; --json has all"] if more > 0 else lines


def _shown(answer: Answer | str | None) -> str:
    if not isinstance(answer, Answer):
        return "no such analysis" if answer is None else "no answer"
    return interval(answer.pool.display) if answer.pool.display else "not estimable"


def _k(answer: Answer | str | None) -> str:
    return str(answer.pool.k) if isinstance(answer, Answer) else "-"
