"""The marks that charts are made of, each an Altair layer on one plane: pixels down, the measure's scale across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from kg.charts.axis import Axis, spelled
from kg.charts.layout import FONT_SIZE, Align, Table
from kg.charts.text import FONT

Spec = dict[str, Any]
Row = Mapping[str, Any]

INK = "#000000"
MUTED = "#555555"
HAIR = "#999999"
ACCENT = "#4a78a8"  # mid grey in black and white; told from black in every form of colour blindness
CONFIG: Spec = {
    "background": "white",
    "font": FONT,
    "view": {"stroke": None, "fill": None},
    "title": {"color": INK, "subtitleColor": MUTED, "fontWeight": "bold", "font": FONT, "subtitleFont": FONT},
}
AREA = 130.0  # square pixels of the heaviest study


def altair() -> Any:
    """Return Altair, imported when the first chart is made."""
    return import_module("altair")


@dataclass(frozen=True)
class Plane:
    """The plot panel and what its layers have in common."""

    axis: Axis
    width: float
    height: float

    def x(self, shorthand: str) -> Any:
        """Return the horizontal channel of a field."""
        alt = altair()
        return alt.X(shorthand, scale=self._scale(), axis=self._axis(), title=None)

    def y(self, shorthand: str = "y:Q") -> Any:
        """Return the vertical channel of a field that counts pixels from the top."""
        alt = altair()
        scale = alt.Scale(domain=[self.height, 0], nice=False, zero=False)
        return alt.Y(shorthand, scale=scale, axis=None, stack=None)

    def pixel(self, value: float) -> float:
        """Return the pixel of a value, from the left edge of the panel."""
        return round(self.axis.place(value) * self.width, 3)

    def _scale(self) -> Any:
        alt = altair()
        kind = {"type": "log"} if self.axis.log else {"type": "linear", "zero": False}
        return alt.Scale(domain=list(self.axis.domain), nice=False, **kind)

    def _axis(self) -> Any:
        alt = altair()
        return alt.Axis(
            values=list(self.axis.ticks),
            format=spelled(self.axis.ticks),
            orient="bottom",
            grid=False,
            translate=0,
            labelFlush=False,
            labelBound=False,
            labelOverlap=False,
            labelFontSize=FONT_SIZE - 1,
            labelPadding=3,
            labelColor=INK,
            tickSize=5,
            tickColor=INK,
            domainColor=INK,
            aria=False,
        )


def column(plane: Plane, data: str, field: str, x: float, align: str, *, size: float = FONT_SIZE) -> Any:
    """Return a column of text: one field of a data set at one pixel, bold or muted as each row says."""
    alt = altair()
    style = _style("datum.bold", "datum.muted")
    return (
        alt.Chart(_data(data))
        .mark_text(align=align, baseline="middle", fontSize=size, aria=False, **style)
        .encode(text=alt.Text(f"{field}:N"), x=alt.value(round(x, 2)), y=plane.y())
    )


def labels(plane: Plane, data: str) -> Any:
    """Return texts that stand alone: heads, notes, labels of the axis, each with its own pixels and style."""
    alt = altair()
    style = _style("datum.bold", "datum.muted")
    return (
        alt.Chart(_data(data))
        .mark_text(
            align=alt.ExprRef("datum.align"), baseline="middle", fontSize=alt.ExprRef("datum.size"), aria=False, **style
        )
        .encode(text=alt.Text("text:N"), x=alt.X("x:Q", scale=None, axis=None), y=plane.y())
    )


def label(
    text: str,
    x: float,
    y: float,
    align: Align = "left",
    *,
    bold: bool = False,
    muted: bool = False,
    size: float = FONT_SIZE,
) -> Spec:
    """Return one row of the data set that ``labels`` draws."""
    at = {"x": round(x, 2), "y": round(y, 2)}
    return {"text": text, **at, "align": align, "bold": bold, "muted": muted, "size": size}


def columns(plane: Plane, table: Table, data: str, left: float) -> list[Any]:
    """Return the columns of a table that begins at a pixel."""
    return [column(plane, data, placed.text, left + placed.x, placed.align) for placed in table.columns]


def rules(plane: Plane, data: Any) -> Any:
    """Return the horizontal rules of a table's frame."""
    alt = altair()
    return (
        alt.Chart(_data(data))
        .mark_rule(strokeWidth=alt.ExprRef("datum.width"), color=INK, aria=False)
        .encode(x=alt.X("x:Q", scale=None, axis=None), x2="x2:Q", y=plane.y())
    )


def uprights(plane: Plane, data: Any) -> list[Any]:
    """Return vertical rules: solid for no effect, dashed for the pooled estimate."""
    alt = altair()
    drawn = alt.Chart(_data(data))
    dashed = drawn.transform_filter("datum.dashed").mark_rule(
        strokeWidth=0.8, color=HAIR, strokeDash=[3, 3], aria=False
    )
    solid = drawn.transform_filter("!datum.dashed").mark_rule(strokeWidth=0.8, color=INK, aria=False)
    return [layer.encode(x=plane.x("x:Q"), y=plane.y("top:Q"), y2="bottom:Q") for layer in (dashed, solid)]


def whiskers(plane: Plane, data: str, kind: str, *, width: float = 1.0) -> Any:
    """Return the intervals of one kind of rows, as far as the axis reaches."""
    alt = altair()
    return (
        alt.Chart(_data(data))
        .transform_filter(f"datum.kind === '{kind}' && isValid(datum.from)")
        .mark_rule(strokeWidth=width, color=INK, aria=False)
        .encode(x=plane.x("from:Q"), x2="to:Q", y=plane.y())
    )


def points(plane: Plane, data: str) -> Any:
    """Return estimates as squares of one size, where there are no weights to show."""
    alt = altair()
    return (
        alt.Chart(_data(data))
        .transform_filter("datum.within")
        .mark_point(shape="square", filled=True, size=44, color=ACCENT, opacity=1, strokeWidth=0, aria=False)
        .encode(x=plane.x("estimate:Q"), y=plane.y())
    )


def arrows(plane: Plane, data: str) -> list[Any]:
    """Return arrowheads at the ends of the axis, for the intervals that go on beyond them."""
    alt = altair()
    layers = []
    for side, at in (("left", 0.0), ("right", plane.width)):
        arrow = alt.Chart(_data(data)).transform_filter(f"datum.beyond_{side}")
        mark = arrow.mark_point(shape=f"triangle-{side}", filled=True, size=34, color=INK, opacity=1, aria=False)
        layers.append(mark.encode(x=alt.value(at), y=plane.y()))
    return layers


def squares(plane: Plane, data: str, heaviest: float) -> list[Any]:
    """Return the estimates of studies: squares whose area is their weight, open ones where there is no weight."""
    alt = altair()
    drawn = alt.Chart(_data(data)).transform_filter("datum.kind === 'study' && datum.within")
    scale = alt.Scale(type="linear", domain=[0, heaviest], range=[0, AREA], zero=True, nice=False)
    filled = (
        drawn.transform_filter("isValid(datum.weight)")
        .mark_point(shape="square", filled=True, color=ACCENT, opacity=1, strokeWidth=0, aria=False)
        .encode(x=plane.x("estimate:Q"), y=plane.y(), size=alt.Size("weight:Q", scale=scale, legend=None))
    )
    bare = (
        drawn.transform_filter("!isValid(datum.weight)")
        .mark_point(shape="square", filled=True, fill="white", stroke=INK, size=36, opacity=1, aria=False)
        .encode(x=plane.x("estimate:Q"), y=plane.y())
    )
    return [filled, bare]


def ticked(plane: Plane, data: str, kind: str, field: str, half: float, *, unless: str = "") -> Any:
    """Return short vertical strokes at one field of one kind of rows, where it is on the axis."""
    alt = altair()
    shown = f"isValid(datum.from) && !datum.{unless}" if unless else "datum.within"
    return (
        alt.Chart(_data(data))
        .transform_filter(f"datum.kind === '{kind}' && {shown}")
        .mark_tick(orient="vertical", size=2 * half, thickness=1, color=INK, opacity=1, aria=False)
        .encode(x=plane.x(f"{field}:Q"), y=plane.y())
    )


def diamonds(plane: Plane, data: str) -> Any:
    """Return the diamonds of pools, from the corners in a data set."""
    alt = altair()
    return (
        alt.Chart(_data(data))
        .mark_area(color=INK, opacity=1, line=False, aria=False, interpolate="linear")
        .encode(x=plane.x("x:Q"), y=plane.y("top:Q"), y2="bottom:Q", detail="diamond:N")
    )


def corners(axis: Axis, row: Row, half: float, name: int) -> list[Spec]:
    """Return the corners of a pool's diamond, cut upright where the axis ends."""
    places = [axis.place(row[key]) for key in ("lower", "estimate", "upper")]
    lower, middle, upper = places
    cuts = sorted({min(max(p, 0.0), 1.0) for p in places})
    if lower >= 1 or upper <= 0:
        return []
    points = []
    for place in cuts:
        reach = middle - lower if place <= middle else upper - middle
        share = 1 - abs(place - middle) / reach if reach > 0 else 1.0
        tall = half * (1.0 if place == middle else share)
        value = row["estimate"] if place == middle else axis.value(place)
        points.append({"diamond": name, "x": value, "top": row["y"] - tall, "bottom": row["y"] + tall})
    return points


def specification(layered: Sequence[Any], datasets: Mapping[str, Sequence[Row]], **properties: Any) -> Spec:
    """Return layers and their data as one specification of exactly the size its parts say, in print style.

    Whether it keeps to the schema depends on this package, not on the data: the tests check it, not every call.
    """
    alt = altair()
    chart = alt.layer(*layered).properties(autosize=alt.AutoSizeParams(type="none"), **properties)
    spec: Spec = chart.to_dict(validate=False)
    return spec | {"config": CONFIG, "datasets": {name: list(rows) for name, rows in datasets.items()}}


def _data(data: Any) -> Any:
    """Return a data set: one that the specification names, or one given as it is."""
    return altair().NamedData(data) if isinstance(data, str) else data


def _style(bold: str, muted: str) -> dict[str, Any]:
    """Return the weight and colour of a text by two fields of its row."""
    alt = altair()
    return {
        "fontWeight": alt.ExprRef(f"{bold} ? 'bold' : 'normal'"),
        "color": alt.ExprRef(f"{muted} ? '{MUTED}' : '{INK}'"),
    }
