"""A table of text that fits a width: the widest column of words is wrapped, numbers never are."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

_GAP = "  "
_NARROWEST = 12


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str] | str],
    width: int,
    right: Sequence[int] = (),
    wrap: Sequence[int] = (),
) -> str:
    """Return head and rows in columns that fit a width.

    ``right`` names the columns that are set flush right and never wrapped, ``wrap`` those that give way first. A row
    that is one text is a heading over the rows below it.
    """
    cells = [row for row in rows if not isinstance(row, str)]
    widths = [max(len(cell) for cell in column) for column in zip(head, *cells, strict=True)]
    yielding = [list(wrap), [i for i in range(len(head)) if i not in right and i not in wrap]]
    for columns in yielding:
        while sum(widths) + len(_GAP) * (len(widths) - 1) > width and columns:
            widest = max(columns, key=lambda i: widths[i])
            if widths[widest] <= _NARROWEST:
                break
            widths[widest] -= 1
    lines = [*_lines(head, widths, right), _GAP.join("-" * w for w in widths)]
    for row in rows:
        lines += ["", row] if isinstance(row, str) else _lines(row, widths, right)
    return "\n".join(lines)


def _lines(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> list[str]:
    wrapped = [
        [cell] if len(cell) <= w else textwrap.wrap(cell, w, subsequent_indent="  " if i else "")
        for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
    ]
    return [
        _GAP.join(
            part.rjust(w) if i in right else part.ljust(w) for i, (part, w) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in zip_longest(*wrapped, fillvalue="")
    ]
