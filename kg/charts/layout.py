"""The table beside a plot: blocks of columns, each as wide as its widest cell, placed from left to right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kg.charts.text import elide, width

FONT_SIZE = 11.0
BLOCK_GAP = 20.0

Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Part:
    """A column of a block: the field it prints, its head, and the gap before it."""

    field: str
    head: str = ""
    align: Align = "right"
    gap: float = 8.0


@dataclass(frozen=True)
class Block:
    """Columns that belong together, under a title (a spanner) or a common head."""

    parts: tuple[Part, ...]
    title: str = ""
    head: str = ""
    least: float = 0.0
    most: float = 150.0


@dataclass(frozen=True)
class Placed:
    """A text of the table's frame or one of its columns, with the pixel it is anchored at."""

    text: str
    x: float
    align: Align


@dataclass
class Table:
    """Where everything of a table stands; pixels count from its left edge."""

    columns: list[Placed] = field(default_factory=list)
    heads: list[Placed] = field(default_factory=list)
    titles: list[Placed] = field(default_factory=list)
    spanners: list[tuple[float, float]] = field(default_factory=list)
    centres: dict[str, float] = field(default_factory=dict)
    width: float = 0.0


def table(blocks: Sequence[Block], cells: Sequence[Mapping[str, object]]) -> Table:
    """Return the table of some blocks over rows of cells; a row with a true ``bold`` is measured as bold."""
    done = Table()
    at = 0.0
    for block in blocks:
        widths = [_widest(part, cells) for part in block.parts]
        inner = sum(widths) + sum(part.gap for part in block.parts[1:])
        title = elide(block.title, max(block.most, inner), FONT_SIZE, bold=True)
        outer = max(inner, block.least, *(width(t, FONT_SIZE, bold=True) for t in (title, block.head)))
        left = at if block.parts[0].align == "left" else at + (outer - inner) / 2
        for index, (part, wide) in enumerate(zip(block.parts, widths, strict=True)):
            left += part.gap if index else 0.0
            anchor = {"left": left, "center": left + wide / 2, "right": left + wide}[part.align]
            done.columns.append(Placed(part.field, anchor, part.align))
            done.centres[part.field] = at + outer / 2
            if part.head:
                done.heads.append(Placed(part.head, anchor, part.align))
            left += wide
        if block.head:
            done.heads.append(Placed(block.head, at + outer / 2, "center"))
        if title:
            done.titles.append(Placed(title, at + outer / 2, "center"))
            done.spanners.append((at, at + outer))
        at += outer + BLOCK_GAP
    done.width = at - BLOCK_GAP
    return done


def _widest(part: Part, cells: Iterable[Mapping[str, object]]) -> float:
    """Return the width of a column's widest text."""
    texts = [width(str(row.get(part.field, "")), FONT_SIZE, bold=bool(row.get("bold"))) for row in cells]
    return max([width(part.head, FONT_SIZE, bold=True), *texts])
