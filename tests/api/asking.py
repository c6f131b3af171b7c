"""What the tests of the service share: a question, headers, and a reader of pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

QUESTION = {
    "intervention": "ketamine",
    "comparator": "placebo",
    "outcome": "pain-intensity",
    "band": "immediate-term",
    "route": "intravenous",
}
HTML = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JSON = {"accept": "application/json"}
PROBLEM = "application/problem+json"
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
SELF_CLOSING = {"line", "rect", "path", "circle"}


@dataclass
class Page:
    """What a page holds, and what is wrong with it."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    faults: list[str] = field(default_factory=list)

    def links(self) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag == "a" and "href" in attributes]

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)

    @property
    def scripts(self) -> int:
        """How many scripts a browser would run: a block of data is none."""
        return sum(n == "script" and attributes != {"type": "application/ld+json"} for n, attributes in self.tags)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.page.faults.append(f"<{tag}> repeats an attribute")
        self.page.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.page.faults.append(f"</{tag}> closes {self._open[-1:]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.page.text += data

    def close(self) -> None:
        super().close()
        self.page.faults += [f"<{tag}> is not closed" for tag in self._open]


def parsed(text: str) -> Page:
    """Return what a page holds."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    ids = [attributes["id"] for _, attributes in reader.page.tags if "id" in attributes]
    reader.page.faults += [f"id {name} is used twice" for name in {i for i in ids if ids.count(i) > 1}]
    return reader.page
