"""A query text by its tokens: the clauses of its outermost SELECT, and pieces of it with parts replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import urljoin

from kg.errors import QueryRefused
from kg.iris import BASE
from kg.store.tokens import Token, tokens

_MODIFIERS: Final = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")
_CLOSING: Final = {"(": ")", "{": "}", "[": "]"}
_ESCAPED: Final = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Span:
    """Tokens from the first up to, not with, the last."""

    start: int
    end: int

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.end))


@dataclass
class Text:
    """A text and its tokens; what is replaced in it stands in ``replaced``, by the first token of each part."""

    text: str
    replaced: dict[int, tuple[int, str]] = field(default_factory=dict)

    @cached_property
    def tokens(self) -> list[Token]:
        """The tokens that count."""
        return list(tokens(self.text))

    def word(self, at: int) -> str:
        """Return a keyword in capitals, or a sign as it stands; nothing at the end of the text."""
        if at >= len(self.tokens):
            return ""
        token = self.tokens[at]
        return token.text.upper() if token.kind == "word" else token.text if token.kind == "sign" else ""

    def closing(self, at: int) -> int:
        """Return the token that closes the bracket which a token opens.

        Raises QueryRefused where none does.
        """
        inside: list[str] = []
        for number in range(at, len(self.tokens)):
            said = self.word(number)
            if said in _CLOSING:
                inside.append(_CLOSING[said])
            elif said in _CLOSING.values() and inside:
                if inside.pop() != said:
                    break
                if not inside:
                    return number
        raise QueryRefused("a bracket of the query is not closed; close it")

    def replace(self, part: Span, text: str) -> None:
        """Have a part replaced in every piece that holds it."""
        self.replaced[part.start] = part.end, text

    def piece(self, part: Span) -> str:
        """Return a part of the text with what is replaced in it; comments between tokens are left out."""
        made: list[str] = []
        at, before = part.start, -1
        while at < part.end:
            made.append("" if self.tokens[at].start == before else " ")
            end, text = self.replaced.get(at, (at + 1, self.tokens[at].text))
            made.append(text)
            before = -1 if at in self.replaced else self.tokens[end - 1].end
            at = end
        return "".join(made).strip()

    def variables(self, part: Span) -> list[str]:
        """Return the names of the variables in a part, each once, those in replaced parts left out."""
        found: dict[str, None] = {}
        at = part.start
        while at < part.end:
            if at in self.replaced:
                at = self.replaced[at][0]
                continue
            if self.tokens[at].kind == "variable":
                found[self.tokens[at].text[1:]] = None
            at += 1
        return list(found)

    @cached_property
    def _declared(self) -> tuple[Mapping[str, str], str, int]:
        """Prefixes and base of the prologue, and the token behind it."""
        prefixes: dict[str, str] = {}
        base, at = BASE, 0
        while self.word(at) in ("PREFIX", "BASE"):
            named = self.word(at) == "PREFIX"
            behind = at + (3 if named else 2)
            if behind > len(self.tokens) or self.tokens[behind - 1].kind != "iri":
                raise QueryRefused("the prologue of the query is not finished; finish it")
            iri = _resolved(base, self.tokens[behind - 1].text[1:-1])
            if named:
                prefixes[self.tokens[at + 1].text.removesuffix(":")] = iri
            else:
                base = iri
            at = behind
        return prefixes, base, at

    @property
    def prologue(self) -> Span:
        """The declarations at the beginning."""
        return Span(0, self._declared[2])

    def iri(self, at: int) -> str | None:
        """Return the IRI that a token is or stands for, or nothing."""
        prefixes, base, _ = self._declared
        if at >= len(self.tokens):
            return None
        kind, text = self.tokens[at][:2]
        if kind == "iri":
            return _resolved(base, text[1:-1])
        if kind == "name":
            prefix, _, rest = text.partition(":")
            return prefixes[prefix] + _ESCAPED.sub(r"\1", rest) if prefix in prefixes else None
        return None

    def items(self, part: Span) -> list[Span]:
        """Return what stands between the commas of a part, those inside brackets left alone."""
        found: list[Span] = []
        start = at = part.start
        while at < part.end:
            if self.word(at) in _CLOSING:
                at = self.closing(at)
            elif self.word(at) == ",":
                found.append(Span(start, at))
                start = at + 1
            at += 1
        return [*found, Span(start, part.end)] if part.start < part.end else []


def _resolved(base: str, iri: str) -> str:
    """Return an IRI in full; joining alone would take an empty fragment from its end."""
    return urljoin(base, iri) + ("#" if iri.endswith("#") else "")


@dataclass(frozen=True)
class Clauses:
    """The clauses of the outermost SELECT; each that is absent is empty."""

    projection: Span
    dataset: Span
    body: Span
    modifiers: Mapping[str, Span]

    def modifier(self, name: str) -> Span:
        """Return a solution modifier with its keyword."""
        return self.modifiers.get(name, Span(0, 0))


def clauses(text: Text) -> Clauses:
    """Return the clauses of a SELECT query.

    Raises QueryRefused for a query of another form, and for one that is not finished.
    """
    start = text.prologue.end
    if text.word(start) != "SELECT":
        raise QueryRefused("functions that pool stand in SELECT queries; write the query as one")
    at = _until(text, start + 1, ("FROM", "WHERE", "{"))
    projection = Span(start + 1, at)
    opening = _until(text, at, ("{",))
    dataset = Span(at, opening - 1 if text.word(opening - 1) == "WHERE" else opening)
    closing = text.closing(opening)
    modifiers: dict[str, Span] = {}
    at = closing + 1
    while at < len(text.tokens):
        name = text.word(at)
        if name not in _MODIFIERS or name in modifiers:
            raise QueryRefused(f"{text.tokens[at].text[:40]!r} cannot stand behind the WHERE of the query; take it out")
        end = _until(text, at + 1, _MODIFIERS, finished=True)
        modifiers[name] = Span(at, end)
        at = end
    return Clauses(projection, dataset, Span(opening, closing + 1), modifiers)


def _until(text: Text, at: int, words: Sequence[str], *, finished: bool = False) -> int:
    """Return the first token from a place on that is one of some words outside of brackets, or the end."""
    while at < len(text.tokens):
        if text.word(at) in words:
            return at
        at = text.closing(at) + 1 if text.word(at) in _CLOSING else at + 1
    if not finished:
        raise QueryRefused("the query has no WHERE { ... }; finish it")
    return at
