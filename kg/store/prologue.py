"""SPARQL texts without their prologue, as every engine reads them: each IRI is written out.

Some engines take ``BASE`` before ``PREFIX`` alone, and a text that stands within another can have neither.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin

from kg.errors import QueryRefused
from kg.store.tokens import Token, tokens, unescaped

_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPED_POINT: Final = re.compile(r"\\(?:[uU]|$)")
"""A code point escape outside a string, where it may stand for any part of a text; within one, it stays."""
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def expanded(text: str, base: str = "") -> str:
    """Return a query or an update with ``BASE``, ``PREFIX`` and comments taken out, and every IRI written in full.

    Raises QueryRefused for a prefix that is not declared.
    """
    prefixes: dict[str, str] = {}
    made: list[str] = []
    found = list(tokens(text))
    if any(_ESCAPED_POINT.search(token.text) for token in found if token.kind != "text"):
        found = list(tokens(unescaped(text)))
    number, end = 0, 0
    while number < len(found):
        token = found[number]
        made.append(" " if token.start > end else "")
        end = token.end
        word = token.text.upper() if token.kind == "word" else ""
        following = found[number + 1 : number + 3]
        kinds = [t.kind for t in following]
        if word == "BASE" and kinds[:1] == ["iri"]:
            base = _resolved(following[0].text[1:-1], base)
            number += 2
        elif word == "PREFIX" and kinds == ["name", "iri"]:
            prefixes[following[0].text[:-1]] = _resolved(following[1].text[1:-1], base)
            number += 3
        elif token.text == "_" and kinds[:1] == ["name"] and following[0].start == token.end:
            made.append("_" + following[0].text)
            end = following[0].end
            number += 2
        else:
            made.append(_written(token, prefixes, base))
            number += 1
    return "".join(made).strip()


def without_dataset(text: str) -> tuple[str, list[str], list[str]]:
    """Return a query without prologue and without ``FROM``, and the graphs of its ``FROM`` and ``FROM NAMED``."""
    graphs: dict[bool, list[str]] = {False: [], True: []}
    found = list(tokens(text))
    kept, end = [], 0
    for number, token in enumerate(found):
        if token.kind != "word" or token.text.upper() != "FROM":
            continue
        named = found[number + 1].text.upper() == "NAMED"
        last = found[number + 1 + named]
        graphs[named].append(last.text[1:-1])
        kept.append(text[end : token.start])
        end = last.end
    return "".join((*kept, text[end:])), graphs[False], graphs[True]


def selected(text: str) -> tuple[str, ...] | None:
    """Return the variables that a SELECT query without prologue names as its columns; nothing for all (``*``)."""
    names: list[str] = []
    depth, alias = 0, False
    for token in tokens(text):
        word = token.text.upper() if token.kind == "word" else ""
        if token.text == "{" or word in {"WHERE", "FROM"}:
            break
        if token.text == "*" and depth == 0:
            return None
        depth += (token.text == "(") - (token.text == ")")
        if token.kind == "variable" and (depth == 0 or alias):
            names.append(token.text[1:])
        alias = word == "AS"
    return tuple(names)


def _written(token: Token, prefixes: dict[str, str], base: str) -> str:
    if token.kind == "iri":
        return f"<{_resolved(token.text[1:-1], base)}>"
    if token.kind == "name":
        prefix, _, local = token.text.partition(":")
        if prefix not in prefixes:
            raise QueryRefused(f"the query cannot be parsed: the prefix {prefix}: is not declared")
        return f"<{prefixes[prefix]}{_ESCAPED.sub(lambda e: e[1], local)}>"
    return token.text


def _resolved(iri: str, base: str) -> str:
    return iri if not base or _ABSOLUTE.match(iri) else urljoin(base, iri)
