"""What is done about tables with a cell of zero, in the words of metafor's escalc."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kg.errors import InputRefused
from kg.pooling.columns import Array, Mask
from kg.pooling.measure import Table

WHERE = ("only0", "if0all", "all", "none")
DROP = (True, False, "events")


@dataclass(frozen=True)
class ZeroCells:
    """Add ``add`` to every cell of the studies that ``to`` names; ``drop00`` leaves double-zero studies out.

    only0: studies with a zero cell; if0all: every study, when one has a zero cell; all: every study; none: no study
    (Cochrane Handbook 10.4.4.2). Double-zero: no events in both groups, or nothing but events; ``drop00="events"``
    leaves out only the former, as R meta does for risk ratios.
    """

    add: float = 0.5
    to: str = "only0"
    drop00: bool | str = False

    def __post_init__(self) -> None:
        if self.to not in WHERE:
            raise InputRefused(f"to {self.to!r} is not known; known are {', '.join(WHERE)}")
        if self.drop00 not in DROP:
            raise InputRefused(f"drop00 {self.drop00!r} is not known; known are True, False, 'events'")
        if not 0 <= self.add < np.inf:
            raise InputRefused(f"add is {self.add}; give a number of 0 or more, as 0.5")

    def adjusted(self, table: Table, cells: tuple[str, ...]) -> dict[str, Array]:
        """Return the table with the rule applied to its cells, and what each study got in a column "added"."""
        empty = np.logical_or.reduce([table[cell] == 0 for cell in cells])
        where = {"only0": empty, "if0all": np.full_like(empty, empty.any()), "all": np.ones_like(empty)}.get(self.to)
        added = np.zeros(empty.size) if where is None else self.add * where
        return {name: column + added if name in cells else column for name, column in table.items()} | {"added": added}

    def dropped(self, table: Table, cells: tuple[str, ...]) -> Mask:
        """Return the studies that ``drop00`` leaves out; with one group there are none."""
        nothing = np.zeros(table[cells[0]].size, dtype=bool)
        if not self.drop00 or "xi" in cells:
            return nothing
        if "x1i" in cells:
            return np.asarray((table["x1i"] == 0) & (table["x2i"] == 0))
        no_events = (table["ai"] == 0) & (table["ci"] == 0)
        only_events = nothing if self.drop00 == "events" else (table["bi"] == 0) & (table["di"] == 0)
        return np.asarray(no_events | only_events)
