"""Forms that an address can be given in, and which of them an Accept header asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MOST_RANGES = 1000


@dataclass(frozen=True)
class Form:
    """A representation: its suffix in addresses, its media type, and what a reader calls it."""

    suffix: str
    media_type: str
    name: str

    @property
    def content_type(self) -> str:
        """The media type as a response names it, with the encoding of texts."""
        text = self.media_type.startswith("text/") or self.media_type in {"image/svg+xml", "application/n-triples"}
        return f"{self.media_type}; charset=utf-8" if text else self.media_type


HTML = Form("html", "text/html", "page")
JSON = Form("json", "application/json", "JSON")
JSONLD = Form("jsonld", "application/ld+json", "JSON-LD")
TURTLE = Form("ttl", "text/turtle", "Turtle")
NTRIPLES = Form("nt", "application/n-triples", "N-Triples")
CSV = Form("csv", "text/csv", "CSV")
SVG = Form("svg", "image/svg+xml", "SVG")
PNG = Form("png", "image/png", "PNG")

ANSWER_FORMS = (JSON, HTML, JSONLD, TURTLE, CSV, SVG, PNG)
THING_FORMS = (HTML, JSON, TURTLE, JSONLD, NTRIPLES)
FACTS_FIRST = (JSON, HTML)
PAGE_FIRST = (HTML, JSON)
ROWS_FORMS = (JSON, HTML, CSV)


def by_suffix(suffix: str, offered: Sequence[Form]) -> Form | None:
    """Return the form that a suffix names, among those offered."""
    return next((form for form in offered if form.suffix == suffix), None)


def preferred(accept: str | None, offered: Sequence[Form]) -> Form | None:
    """Return the form that an Accept header likes best, the first of equals; nothing where none is acceptable.

    Follows RFC 9110, section 12.5.1: the most specific range that covers a type gives its weight.
    """
    ranges = list(_ranges(accept)) if accept and accept.strip() else [("*", "*", 1.0)]
    best, weight = None, 0.0
    for form in offered:
        given = _weight(form.media_type, ranges)
        if given > weight:
            best, weight = form, given
    return best


def _ranges(accept: str) -> Iterator[tuple[str, str, float]]:
    """Yield type, subtype and weight of each media range; one that is malformed counts for nothing."""
    for item in accept.split(",")[:_MOST_RANGES]:
        media, *parameters = (part.strip().lower() for part in item.split(";"))
        kind, slash, sub = media.partition("/")
        if not (kind and slash and sub) or (kind == "*" and sub != "*"):
            continue
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                weight = _quality(value.strip())
        yield kind, sub, weight


def _quality(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0.0 <= value <= 1.0 else 0.0


def _weight(media_type: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    kind, _, sub = media_type.partition("/")
    for wanted in ((kind, sub), (kind, "*"), ("*", "*")):
        found = [weight for k, s, weight in ranges if (k, s) == wanted]
        if found:
            return max(found)
    return 0.0
