"""Templates of the pages: everything put into them is escaped, numbers and links are written by filters."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api import addresses
from kg import __version__
from kg.charts.wording import INTERVALS, METHODS
from kg.evidence.wording import NAMES, number
from kg.formats.answer_text import figures, heterogeneity_text, interval, p_text

STATIC = Path(__file__).parent / "static"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates, read when the first page is made."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": number,
        "interval": interval,
        "p_text": p_text,
        "figures": figures,
        "heterogeneity": lambda pool: heterogeneity_text(pool).replace("tau²", "τ²"),
        "page": addresses.page,
        "outside": addresses.outside,
        "local": addresses.local,
        "measure": lambda code: NAMES.get(code, code),
        "method": lambda code: METHODS.get(code, code),
        "ci_method": lambda code: INTERVALS.get(code, code),
        "grouped": lambda count: f"{count:,}".replace(",", "\u202f"),
        "plural": lambda count, word: f"{count:,} {word}{'' if count == 1 else 's'}".replace(",", "\u202f"),
        "capital": lambda text: text[:1].upper() + text[1:],
    }
    made.globals |= {"software_version": __version__}
    return made


def page(template: str, request: Request, **values: Any) -> str:
    """Return a page made from a template."""
    return environment().get_template(template).render(path=request.url.path, **values)
