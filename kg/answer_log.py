"""The questions asked before, by the id of their answer; kept beside the store, outside its journal.

With each stands the commit at which it was answered, so that the answer can be given when the evidence has changed.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import replace
from pathlib import Path

from kg.asked import Asked

_ID = re.compile(r"[0-9a-f]{32}")
_COMMIT = "commit"


class AnswerLog:
    """A folder with one small file an answer, or memory alone where there is no folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._kept: dict[str, tuple[Asked, int | None]] = {}

    def keep(self, answer_id: str, question: Asked, commit: int | None = None) -> None:
        """Keep a question under the id of its answer; a store that cannot be written to keeps it in memory.

        The day as of which it was asked is left out: it plays no part in the id, and the commit says more.
        """
        question = replace(question, known_by=None)
        self._kept[answer_id] = question, commit
        if self._folder is None or not self._folder.parent.is_dir():
            return
        path = self._folder / f"{answer_id}.json"
        if path.exists():
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps({**question.words(), _COMMIT: commit}, sort_keys=True), encoding="utf-8")
            fresh.replace(path)

    def question(self, answer_id: str) -> Asked | None:
        """Return the question of an answer, or nothing where it was never asked here."""
        return self._read(answer_id)[0]

    def commit(self, answer_id: str) -> int | None:
        """Return the commit at which an answer was given, or nothing where that is not known."""
        return self._read(answer_id)[1]

    def _read(self, answer_id: str) -> tuple[Asked | None, int | None]:
        if answer_id in self._kept:
            return self._kept[answer_id]
        if self._folder is None or not _ID.fullmatch(answer_id):
            return None, None
        try:
            words = json.loads((self._folder / f"{answer_id}.json").read_text(encoding="utf-8"))
            commit = words.pop(_COMMIT, None)
            return Asked(**words), commit if isinstance(commit, int) else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None, None

    def title(self, answer_id: str) -> str:
        """Return the words of the question of an answer, in one line."""
        question = self.question(answer_id)
        return ", ".join(f"{name} {value}" for name, value in question.words().items()) if question else ""

    def ids(self) -> list[str]:
        """Return the ids of all answers kept, sorted."""
        on_disk = (
            {path.stem for path in self._folder.glob("*.json")} if self._folder and self._folder.is_dir() else set()
        )
        return sorted(on_disk | set(self._kept))
