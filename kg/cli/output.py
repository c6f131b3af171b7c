"""What commands share: the settings, and where results and progress go."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson

from kg.formats.text_table import table
from kg.settings import Settings

if TYPE_CHECKING:
    from kg.evidence_base import EvidenceBase

_WIDEST = 140


@dataclass(frozen=True)
class Output:
    """The settings of a command, and whether it speaks JSON or text."""

    settings: Settings
    as_json: bool
    quiet: bool

    @property
    def width(self) -> int:
        """Columns of the terminal, 100 where there is none."""
        return min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)

    @contextmanager
    def base(self, mode: Literal["read", "write"] = "read") -> Iterator[EvidenceBase]:
        """Open the evidence base of the settings.

        Raises StoreUnavailable.
        """
        from kg.evidence_base import EvidenceBase  # noqa: PLC0415  (slow to load)

        with EvidenceBase.open(self.settings, mode) as base:
            yield base

    def json(self, value: Any) -> None:
        """Write a value as JSON to standard output."""
        sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        sys.stdout.flush()

    def text(self, value: str) -> None:
        """Write text to standard output."""
        print(value)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """Write a table that fits the terminal."""
        print(table(head, rows, self.width, right))

    def progress(self, value: str) -> None:
        """Write a line of progress to standard error."""
        if not self.quiet:
            print(value, file=sys.stderr)
