"""Looking things up among the rows of a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kg.model.records import Arm, ContinuousResult, ContrastResult, DichotomousResult, Named, Trial, Words
from kg.sources.incoming import Unit

Result = ContinuousResult | DichotomousResult


def text(named: Named | None) -> str:
    """The words of a term, or its slug."""
    assert named is not None
    return named if isinstance(named, str) else named.text if isinstance(named, Words) else named.slug


@dataclass(frozen=True)
class Rows:
    """The rows of one record, by kind."""

    unit: Unit

    @property
    def trial(self) -> Trial:
        (trial,) = (row for row in self.unit.rows if isinstance(row, Trial))
        return trial

    @property
    def arms(self) -> dict[str, Arm]:
        return {row.arm: row for row in self.unit.rows if isinstance(row, Arm)}

    @property
    def results(self) -> list[Result]:
        return [row for row in self.unit.rows if isinstance(row, ContinuousResult | DichotomousResult)]

    @property
    def contrasts(self) -> list[ContrastResult]:
        return [row for row in self.unit.rows if isinstance(row, ContrastResult)]

    def of_outcome(self, words: str) -> list[Result]:
        """The results whose outcome is worded so."""
        return [row for row in self.results if text(row.outcome) == words]

    def continuous(self, words: str, **columns: object) -> ContinuousResult:
        """The one measurement of an outcome with these columns."""
        found = [row for row in self.of_outcome(words) if all(getattr(row, k) == v for k, v in columns.items())]
        assert len(found) == 1, f"{len(found)} rows for {words} with {columns}"
        assert isinstance(found[0], ContinuousResult)
        return found[0]

    def counted(self, words: str, **columns: object) -> DichotomousResult:
        """The one count of an outcome with these columns."""
        found = [row for row in self.of_outcome(words) if all(getattr(row, k) == v for k, v in columns.items())]
        assert len(found) == 1, f"{len(found)} rows for {words} with {columns}"
        assert isinstance(found[0], DichotomousResult)
        return found[0]


class Read:
    """Reads a record by its file name."""

    def __init__(self, unit: Callable[[str], Unit]) -> None:
        self._unit = unit

    def __call__(self, name: str) -> Rows:
        return Rows(self._unit(name))
