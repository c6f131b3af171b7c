"""The tokens of a SPARQL text: one regular expression, linear time, no recursion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"""
    (?P<skip>\#[^\n\r]*|\s+)
  | (?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*+'''
            |"(?:[^"\\\n\r]|\\.)*+"|'(?:[^'\\\n\r]|\\.)*+')
  | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
  | (?P<variable>[?$][\w\u00b7\u0300-\u036f\u203f-\u2040]+)
  | (?P<name>(?:[^\W\d_](?:[\w.\-]*[\w\-])?)?:(?:[\w:.\-]|%[0-9A-Fa-f]{2}|\\.)*)
  | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>[0-9.]+(?:[eE][+-]?[0-9]+)?)
  | (?P<sign>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_LAST: Final = 0x10FFFF


class Token(NamedTuple):
    """A token that counts: its kind, its text, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, without white space and comments.

    A keyword is a ``word``; what looks like one in a string, an IRI, a comment, a variable or a prefixed name is none.
    """
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind != "skip" and kind is not None:
            yield Token(kind, found.group(), found.start(), found.end())


def unescaped(text: str) -> str:
    """Return a text with its code point escapes decoded, which may stand anywhere, in keywords too."""
    return _ESCAPE.sub(lambda found: chr(min(int(found[1] or found[2], 16), _LAST)), text) if "\\" in text else text
