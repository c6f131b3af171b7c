"""What a SPARQL text may contain: the check in front of every parser, in linear time.

The engine's parser and planner recurse, and a text that nests or chains too far would end its process. ``SERVICE`` and
``LOAD`` are refused: nothing is fetched from elsewhere. ``FROM`` and ``USING`` are let through, because the engine
takes the graphs that they name from the store alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from kg.errors import QueryRefused
from kg.store.tokens import Token, tokens, unescaped


class FetchRefused(QueryRefused):
    """A text that would have something fetched from elsewhere."""


class TooLong(QueryRefused):
    """A text with more bytes than are read."""


@dataclass(frozen=True)
class Limits:
    """How large a text may be.

    Bytes, tokens, depth of brackets, operators in a row, clauses in an operation, terms in a row between parentheses.
    """

    bytes: int
    tokens: int
    depth: int = 64
    operators: int = 300
    clauses: int = 500
    terms: int = 1000


QUERY: Final = Limits(bytes=64 * 1024, tokens=10_000)
UPDATE: Final = Limits(bytes=4 * 1024 * 1024, tokens=1_000_000)

_CLAUSES: Final = frozenset(
    {"UNION", "OPTIONAL", "MINUS", "EXISTS", "SELECT", "IF", "BIND", "FILTER", "GRAPH", "VALUES", "DESC", "ASC"}
)
_OPERATORS: Final = frozenset("|&+-*/!=<>^?")
_ENDS: Final = frozenset(".;,{}")
_OPENING: Final = {"(": ")", "[": "]", "{": "}"}
_PROLOGUE: Final = frozenset({"BASE", "PREFIX", "VERSION"})
_QUERIES: Final = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_UPDATES: Final = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"})
_CHANCE: Final = frozenset({"RAND", "NOW", "UUID", "STRUUID", "BNODE"})
_SCHEME: Final = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*):")
_FETCHED: Final = frozenset({"http", "https", "ftp", "ftps", "file", "data", "jar", "ldap", "gopher"})


@dataclass(frozen=True)
class Checked:
    """What is known of a text that passed.

    ``form`` is SELECT, ASK, CONSTRUCT or DESCRIBE, UPDATE for an update, and nothing where the text is none of them.
    ``repeatable`` says that it has the same answer as long as the store does not change.
    """

    form: str | None
    repeatable: bool


def check(text: str, limits: Limits = QUERY) -> Checked:
    """Check a text that is to go to an engine.

    Raises TooLong, FetchRefused, and QueryRefused where it is nested too deep or is too long a chain.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.bytes:
        raise TooLong(f"the text has {size} bytes, more than the {limits.bytes} that are read; split it")
    plain = unescaped(text)
    if plain != text:
        _walked(text, limits)  # whichever of the two a parser goes by, it has been looked at
    return _walked(plain, limits)


def _walked(text: str, limits: Limits) -> Checked:
    walk = _Walk(limits)
    for number, token in enumerate(tokens(text)):
        if number >= limits.tokens:
            raise QueryRefused(f"the text has more than {limits.tokens} tokens; split it")
        walk.take(token)
    walk.end()
    return Checked(walk.form, not walk.chance and not (walk.fresh and walk.form == "CONSTRUCT"))


@dataclass
class _Walk:
    """What was seen of a text so far; ``fresh`` says that it makes blank nodes, ``chance`` that it throws dice."""

    limits: Limits
    form: str | None = None
    chance: bool = False
    fresh: bool = False
    _told: bool = False
    _operators: int = 0
    _clauses: int = 0
    _inside: list[str] = field(default_factory=list)
    _terms: list[int] = field(default_factory=lambda: [0])
    _loading: list[str] | None = None

    def take(self, token: Token) -> None:
        if self._loading is not None:
            self._load(token)
        if token.kind == "sign":
            self._sign(token.text)
        elif token.kind == "word":
            self._word(token.text.upper())
        elif token.text == ".":
            self._operators = 0
        if self._inside and self._inside[-1] == "(":
            self._terms[-1] += 1
            if self._terms[-1] > self.limits.terms:
                raise QueryRefused(f"more than {self.limits.terms} terms stand in a row between parentheses; split it")

    def end(self) -> None:
        if self._loading is not None:
            raise _fetch("LOAD")

    def _sign(self, said: str) -> None:
        if said in _OPENING:
            self._inside.append(said)
            self._terms.append(0)
            self.fresh = self.fresh or said == "["
            if len(self._inside) > self.limits.depth:
                raise QueryRefused(f"brackets are nested deeper than {self.limits.depth}; write it flatter")
        elif self._inside and said == _OPENING[self._inside[-1]]:
            self._inside.pop()
            self._terms.pop()
        if said == ",":
            self._terms[-1] = 0
        if said in _ENDS:
            self._operators = 0
            if said == ";" and not self._inside:
                self._clauses = 0
        elif said in _OPERATORS:
            self._operators += 1
            if self._operators > self.limits.operators:
                raise QueryRefused(f"more than {self.limits.operators} operators stand in a row; split the expression")

    def _word(self, word: str) -> None:
        if word == "SERVICE":
            raise _fetch(word)
        if word == "LOAD":
            self._loading = []
        if not self._told:
            self._told = word not in _PROLOGUE
            self.form = word if word in _QUERIES else "UPDATE" if word in _UPDATES else None
        if word in _CLAUSES:
            self._clauses += 1
            if self._clauses > self.limits.clauses:
                raise QueryRefused(f"more than {self.limits.clauses} clauses; split the query")
        self.chance = self.chance or word in _CHANCE
        self.fresh = self.fresh or word == "_"

    def _load(self, token: Token) -> None:
        """Let a LOAD pass that nothing could be fetched by and that asks to be ignored then; no other."""
        assert self._loading is not None
        if not self._loading and token.text.upper() == "SILENT":
            self._loading.append(token.text)
            return
        scheme = _SCHEME.match(token.text) if token.kind == "iri" and self._loading else None
        if scheme is None or scheme[1].lower() in _FETCHED:
            raise _fetch("LOAD")
        self._loading = None


def _fetch(word: str) -> FetchRefused:
    return FetchRefused(f"{word} is not allowed here: nothing is fetched from elsewhere; take it out")
