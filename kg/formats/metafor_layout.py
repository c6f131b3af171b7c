"""Numbers and tables set as R's metafor prints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

DIGITS = 4
LEGEND = "---\nSignif. codes:  0 ‘***’ 0.001 ‘**’ 0.01 ‘*’ 0.05 ‘.’ 0.1 ‘ ’ 1"
_STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.1, "."))


def fixed(value: float | None, digits: int = DIGITS) -> str:
    """Return a number with so many decimals; --- where there is none."""
    if value is None:
        return "---"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def or_zero(value: float) -> str:
    """Return a variance: 0 alone where it is none."""
    return "0" if value == 0 else fixed(value)


def whole(value: float | None) -> str:
    """Return degrees of freedom, with decimals only where they are not whole."""
    if value is None:
        return "---"
    return str(int(value)) if value == int(value) else f"{value:.2f}"


def p_cell(value: float | None) -> str:
    """Return a p-value as a cell of a table."""
    if value is None:
        return "---"
    return "<.0001" if value < 0.0001 else fixed(value)


def p_words(value: float | None, name: str = "p-val") -> str:
    """Return a p-value as a sentence has it."""
    if value is None:
        return f"{name} = ---"
    return f"{name} < .0001" if value < 0.0001 else f"{name} = {fixed(value)}"


def stars(pval: float | None) -> str:
    """Return the stars of a p-value."""
    return "" if pval is None else next((mark for limit, mark in _STARS if pval < limit), "")


def grid(head: Sequence[str], rows: Sequence[Sequence[str]], names: Sequence[str] | None = None, gap: int = 2) -> str:
    """Return a table: names flush left, numbers flush right under their heads."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    label = max((len(name) for name in names), default=0) if names is not None else 0
    space = " " * gap
    lines = []
    for name, cells in zip(["", *(names or [""] * len(rows))], [head, *rows], strict=True):
        set_right = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        lines.append(space.join([*([name.ljust(label)] if names is not None else []), *set_right]).rstrip())
    return "\n".join(lines)


def series(found: dict[str, Any], words: Sequence[tuple[str, str]], names: Sequence[str]) -> str:
    """Return a table of columns by their words and heads, one row a name."""
    columns = [[fixed(value) for value in found[word]] for word, _ in words]
    return grid([head for _, head in words], list(zip(*columns, strict=True)), names, gap=1)
