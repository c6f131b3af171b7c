"""The history of records as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from kg.importing.report import Difference
from kg.memory.history import RecordStory, VersionStory

_MOST = 40


def history_json(stories: Sequence[RecordStory]) -> dict[str, Any]:
    """Return records with their versions, oldest first, each with the values that it changed."""
    return {
        "records": [
            {
                "record": story.iri,
                "source": story.source,
                "id": story.id,
                "state": "live" if story.live else "retracted",
                "versions": [_version(told) for told in story.versions],
            }
            for story in stories
        ]
    }


def _version(told: VersionStory) -> dict[str, Any]:
    version = told.version
    return {
        "version": version.version,
        "graph": version.graph,
        "commit": version.commit,
        "time": version.time,
        "author": version.author,
        "action": version.action,
        "reason": version.reason,
        "origin": version.origin or None,
        "licence": version.licence or None,
        "digest": version.digest or None,
        "statements": told.statements,
        "differences": [asdict(difference) for difference in told.differences],
    }


def history_text(stories: Iterable[RecordStory], width: int) -> str:
    """Return records with their versions, newest first, and what each changed."""
    parts = []
    for story in stories:
        state = "" if story.live else ", retracted"
        parts += [f"{story.source}/{story.id}{state}", ""]
        for told in reversed(story.versions):
            parts += [*_told(told, width), ""]
    return "\n".join(parts).rstrip()


def _told(told: VersionStory, width: int) -> list[str]:
    version = told.version
    head = f"  version {version.version}, {version.time}, commit {version.commit}, {version.author}: {version.reason}"
    lines = textwrap.wrap(head, width, subsequent_indent="    ")
    if version.action == "retract":
        return [*lines, "    retracted"]
    if version.origin:
        lines += textwrap.wrap(f"    from {version.origin}", width, subsequent_indent="      ")
    lines.append(f"    {told.statements} statements")
    lines += difference_lines(told.differences[:_MOST], width, "    ")
    more = len(told.differences) - _MOST
    return [*lines, f"    and {more} more values; --json has all"] if more > 0 else lines


def difference_lines(found: Iterable[Difference], width: int, indent: str) -> list[str]:
    """Return one line a value: the thing, the column, what it was and what it is."""
    lines = []
    for d in found:
        if d.old is not None and d.new is not None:
            said = f"{d.old} -> {d.new}"
        else:
            said = f"gone: {d.old}" if d.new is None else f"added: {d.new}"
        lines += textwrap.wrap(f"{indent}{d.thing}, {d.column}: {said}", width, subsequent_indent=indent + "  ")
    return lines
