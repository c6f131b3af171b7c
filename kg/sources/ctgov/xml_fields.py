"""Reading of an XML record by paths: every element may be absent."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from kg.sources.ctgov.posted import Place
from kg.sources.ctgov.words import clean
from kg.sources.safe_xml import line


@dataclass(frozen=True)
class Node:
    """An element with its path in the record; what is absent has no element."""

    element: Element | None
    path: str

    @property
    def place(self) -> Place:
        """Where in the record the element stands."""
        return Place(self.path, line(self.element) if self.element is not None else 0)

    def at(self, path: str) -> Node:
        """Return the first element at a path, empty where there is none."""
        found = self.element.find(path) if self.element is not None else None
        return Node(found, f"{self.path}/{path}" if self.path else path)

    def each(self, path: str) -> list[Node]:
        """Return the elements at a path, numbered from 1."""
        found = self.element.findall(path) if self.element is not None else []
        before = f"{self.path}/{path}" if self.path else path
        return [Node(element, f"{before}[{n}]") for n, element in enumerate(found, 1)]

    def text(self, path: str = "") -> str | None:
        """Return the text at a path; nothing where it is absent or empty.

        Raises RecordRefused for text that cannot be kept.
        """
        found = self.at(path) if path else self
        if found.element is None:
            return None
        return clean("".join(found.element.itertext()), found.place)

    def texts(self, path: str) -> tuple[str, ...]:
        """Return the texts at a path, those that are not empty."""
        return tuple(text for node in self.each(path) if (text := node.text()))

    def attribute(self, name: str) -> str | None:
        """Return an attribute; nothing where it is absent or empty.

        Raises RecordRefused for text that cannot be kept.
        """
        value = self.element.get(name) if self.element is not None else None
        return clean(value, self.place) if value else None
