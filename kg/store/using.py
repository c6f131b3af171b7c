"""The dataset of an update that its request names: written into the text as ``USING``, which is what it means.

SPARQL 1.1 Protocol, section 2.2.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from kg.errors import QueryRefused
from kg.store.tokens import Token, tokens

_CLASH = frozenset({"USING", "WITH"})


def with_using(text: str, default_graphs: Sequence[str], named_graphs: Sequence[str]) -> str:
    """Return an update whose WHERE clauses look into the graphs named; without any, the text as it is.

    Raises QueryRefused where the text names graphs itself.
    """
    if not default_graphs and not named_graphs:
        return text
    clauses = "".join(f" USING <{g}>" for g in default_graphs) + "".join(f" USING NAMED <{g}>" for g in named_graphs)
    made, copied = [], 0
    before: Token | None = None
    depth = 0
    found = list(tokens(text))
    for number, token in enumerate(found):
        word = token.text.upper() if token.kind == "word" else ""
        if depth == 0 and word in _CLASH:
            raise QueryRefused(f"the request names graphs, and so does the update by {word}; leave one out")
        if depth == 0 and word == "WHERE":
            made.append(text[copied : token.start])
            copied = token.start
            if before is not None and before.text.upper() == "DELETE":
                made.append(_block(text, found[number + 1 :]) + " ")  # DELETE WHERE { } is short for both
            made.append(clauses.lstrip() + " ")
        depth += (token.text in "{[(") - (token.text in "}])") if token.kind == "sign" else 0
        before = token
    return "".join(made) + text[copied:]


def _block(text: str, following: Sequence[Token]) -> str:
    """Return the group that begins a run of tokens; nothing where it has no end."""
    depth = 0
    for token in following:
        if token.kind == "sign":
            depth += (token.text == "{") - (token.text == "}")
        if depth == 0:
            return text[following[0].start : token.end]
    return ""
