"""The graphs that a SPARQL text may speak of: every IRI in it, written out or by a prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin

from kg.store.tokens import tokens, unescaped

_ESCAPED: Final = re.compile(r"\\(.)")


def iris_named(text: str, base: str) -> Iterator[str]:
    """Yield the IRIs that a text names, each as often as it stands there; prefixes count from where they are declared.

    What a variable stands for is not known here.
    """
    prefixes: dict[str, str] = {}
    declared, name = "", ""
    for token in tokens(unescaped(text)):
        if token.kind == "word":
            declared, name = token.text.upper(), ""
        elif token.kind == "name" and declared == "PREFIX" and not name:
            name = token.text
        elif token.kind == "iri":
            iri = _joined(base, token.text[1:-1])
            if declared == "BASE":
                base = iri
            elif declared == "PREFIX" and name:
                prefixes[name[:-1]] = iri
            else:
                yield iri
            declared = name = ""
        elif token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if prefix in prefixes:
                yield prefixes[prefix] + _ESCAPED.sub(r"\1", local)


def _joined(base: str, iri: str) -> str:
    try:
        return urljoin(base, iri)
    except ValueError:  # such as an address whose host is no host
        return iri
