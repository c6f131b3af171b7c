"""XML that others wrote: no document type, no entities, and limits on size and nesting, before any tree is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import Element
from xml.parsers import expat

from kg.errors import InputRefused

_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """What one document may have: bytes in all, bytes in one text, tag or comment, elements, and levels."""

    document: int = 64 * 1024 * 1024
    token: int = 4 * 1024 * 1024
    elements: int = 2_000_000
    depth: int = 64


LIMITS = Limits()


class Placed(Element):
    """An element that knows the line it begins on."""

    line: int = 0


def tree(stream: BinaryIO, place: str, limits: Limits = LIMITS) -> Element:
    """Read a document whole and return its root; ``line`` says where an element stands.

    Raises InputRefused for any document type declaration (before its entities are read, in every encoding), for text
    that is not well formed or breaks off, and beyond the limits; the message has line and column.
    """
    return _Reading(place, limits).read(stream)


def line(element: Element) -> int:
    """Return the line an element begins on, 0 where it was not read here."""
    return element.line if isinstance(element, Placed) else 0


class _Reading:
    def __init__(self, place: str, limits: Limits) -> None:
        self._place = place
        self._limits = limits
        self._root: Element | None = None
        self._open: list[Element] = []
        self._last: Element | None = None
        self._text: list[str] = []
        self._characters = 0
        self._elements = 0
        self._since_event = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters_read
        parser.CommentHandler = self._nothing
        parser.ProcessingInstructionHandler = self._nothing
        parser.StartDoctypeDeclHandler = self._document_type
        parser.EntityDeclHandler = self._document_type
        parser.ExternalEntityRefHandler = self._document_type
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser = parser

    def read(self, stream: BinaryIO) -> Element:
        total = 0
        try:
            while chunk := stream.read(_CHUNK):
                total += len(chunk)
                self._since_event += len(chunk)
                if total > self._limits.document:
                    raise self._refused(f"a document of more than {self._limits.document // 1024**2} MiB; split it")
                self._parser.Parse(chunk, False)
                if self._since_event > self._limits.token:
                    raise self._too_long()
            self._parser.Parse(b"", True)
        except (expat.ExpatError, ValueError, LookupError, UnicodeError) as error:
            if isinstance(error, InputRefused):
                raise
            raise self._refused(self._complaint(error)) from error
        assert self._root is not None, "a well-formed document has a root"
        return self._root

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._since_event = 0
        self._flush()
        self._elements += 1
        if self._elements > self._limits.elements:
            raise self._refused(f"more than {self._limits.elements} elements; split the file")
        if len(self._open) >= self._limits.depth:
            raise self._refused(f"elements nested deeper than {self._limits.depth}; flatten them")
        element = Placed(tag, attributes)
        element.line = self._parser.CurrentLineNumber
        if self._open:
            self._open[-1].append(element)
        else:
            self._root = element
        self._open.append(element)
        self._last = None

    def _end(self, tag: str) -> None:
        del tag
        self._since_event = 0
        self._flush()
        self._last = self._open.pop()

    def _characters_read(self, text: str) -> None:
        self._since_event = 0
        self._characters += len(text)
        if self._characters > self._limits.token:
            raise self._too_long()
        self._text.append(text)

    def _flush(self) -> None:
        """Hang the text read so far on the element it follows or begins."""
        if not self._text:
            return
        text = "".join(self._text)
        self._text.clear()
        self._characters = 0
        if self._last is not None:
            self._last.tail = (self._last.tail or "") + text
        elif self._open:
            self._open[-1].text = (self._open[-1].text or "") + text

    def _nothing(self, *_: object) -> None:
        self._since_event = 0

    def _document_type(self, *_: object) -> int:
        raise self._refused("has a document type declaration (DOCTYPE), which is never read; take it out")

    def _too_long(self) -> InputRefused:
        return self._refused(f"a text, tag or comment of more than {self._limits.token // 1024**2} MiB; shorten it")

    def _complaint(self, error: Exception) -> str:
        text = str(error).split(":")[0]
        if text in ("no element found", "unclosed token"):
            return "the text ends in the middle; fetch the whole file again"
        return f"not well-formed XML ({text}); mend the file, or check its encoding"

    def _refused(self, what: str) -> InputRefused:
        where = f"{self._parser.CurrentLineNumber}:{self._parser.CurrentColumnNumber}"
        within = "/".join(element.tag for element in self._open[:12])
        return InputRefused(f"{self._place}:{where}: {'in ' + within + ': ' if within else ''}{what}")
