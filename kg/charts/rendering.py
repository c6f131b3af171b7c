"""Specifications to SVG and PNG by vl-convert: nothing fetched, nothing that runs, the same bytes every time."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from kg.errors import InputRefused

Spec = dict[str, Any]

VERSION = "6.4"  # of Vega-Lite; what altair writes and vl-convert carries
_OUTSIDE = frozenset({"url", "href", "usermeta", "loader"})


def svg(spec: Spec) -> str:
    """Return a specification drawn as one SVG element without script or outside reference."""
    _refuse_outside(spec)
    drawn: str = _converter().vegalite_to_svg(spec, vl_version=VERSION, allowed_base_urls=[])
    described = str(spec.get("description", ""))
    name = quoteattr(described, {"\n": " "})
    head, _, body = drawn.partition(">")
    return f'{head} role="img" aria-label={name}><desc>{escape(described)}</desc>{body}'


def png(spec: Spec, scale: float = 2) -> bytes:
    """Return a specification drawn as PNG, with so many pixels to a unit of the SVG."""
    if not 0 < scale <= 10:
        raise InputRefused(f"scale {scale} is not above 0 and at most 10; 2 suits screens, 4 suits print")
    _refuse_outside(spec)
    drawn: bytes = _converter().vegalite_to_png(spec, vl_version=VERSION, scale=scale, allowed_base_urls=[])
    return drawn


def _converter() -> Any:
    """Return vl-convert, imported when the first chart is drawn."""
    return import_module("vl_convert")


def _refuse_outside(part: Any, place: str = "$") -> None:
    """Raise if a specification would load data, an image or a link from anywhere, its own data apart."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"values", "datasets"}:
                continue
            if key in _OUTSIDE:
                raise InputRefused(f"{place}.{key}: a chart carries its data and refers to nothing; remove {key}")
            if value == "image" and key in {"mark", "type"}:
                raise InputRefused(f"{place}.{key}: a chart draws no images; remove the layer")
            _refuse_outside(value, f"{place}.{key}")
    elif isinstance(part, list):
        for index, value in enumerate(part):
            _refuse_outside(value, f"{place}[{index}]")
