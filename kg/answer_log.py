"""The questions asked before, by the id of their answer; kept beside the store, outside its journal."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

from kg.asked import Asked

_ID = re.compile(r"[0-9a-f]{32}")


class AnswerLog:
    """A folder with one small file an answer, or memory alone where there is no folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._kept: dict[str, Asked] = {}

    def keep(self, answer_id: str, question: Asked) -> None:
        """Keep a question under the id of its answer; a store that cannot be written to keeps it in memory."""
        self._kept[answer_id] = question
        if self._folder is None or not self._folder.parent.is_dir():
            return
        path = self._folder / f"{answer_id}.json"
        if path.exists():
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(question.words(), sort_keys=True), encoding="utf-8")
            fresh.replace(path)

    def question(self, answer_id: str) -> Asked | None:
        """Return the question of an answer, or nothing where it was never asked here."""
        if answer_id in self._kept or self._folder is None or not _ID.fullmatch(answer_id):
            return self._kept.get(answer_id)
        try:
            words = json.loads((self._folder / f"{answer_id}.json").read_text(encoding="utf-8"))
            return Asked(**words)
        except (OSError, ValueError, TypeError):
            return None

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
