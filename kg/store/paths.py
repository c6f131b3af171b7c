"""Hierarchies resolved before a query is sent, for engines that follow them wrongly where they are joined.

Virtuoso 7 gives too few rows, too many, or none for ``?x skos:broader+ ?y`` beside other patterns, without a word. Each
such pattern is replaced by the pairs that it stands for, which are found from the single steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kg.errors import QueryRefused
from kg.store.tokens import Token, tokens

MOST_PAIRS: Final = 2000
"""Pairs that one query may hold."""
_MOST_FOLLOWED: Final = 100_000
Steps = Callable[[str], Iterable[tuple[str, str]]]
"""Returns the pairs of IRIs that a path without repetition joins in one step."""

_REPEATED: Final = frozenset("+*")
_OF_PATHS: Final = frozenset("|/^()!?")
_TERMS: Final = frozenset({"iri", "variable"})
_BEFORE: Final = frozenset("{.}")
_AFTER: Final = frozenset("{.};)")


@dataclass(frozen=True)
class _Pattern:
    """A triple pattern whose predicate is repeated: the tokens from its subject to its object."""

    first: int
    last: int
    subject: str
    path: str
    reflexive: bool
    object: str


def resolved(text: str, steps: Steps) -> str:
    """Return a query without prologue, its repeated paths replaced by the pairs that they join.

    Raises QueryRefused for a path that is repeated within another, or joins more pairs than a query may hold.
    """
    found = list(tokens(text))
    patterns = list(_patterns(text, found))
    if patterns and any(token.kind == "word" and token.text.upper() in {"GRAPH", "FROM"} for token in found):
        raise _unresolved("leave out GRAPH and FROM")
    bound = _bound(found) if patterns else {}
    for pattern in reversed(patterns):
        made = _values(pattern, list(steps(pattern.path)), bound)
        text = text[: found[pattern.first].start] + made + text[found[pattern.last].end :]
    return text


def _patterns(text: str, found: Sequence[Token]) -> Iterable[_Pattern]:
    for number, token in enumerate(found):
        if token.kind != "sign" or token.text not in _REPEATED or not 1 < number < len(found) - 1:
            continue
        first = _path_start(found, number)
        if first is None:
            continue
        subject, said = found[first - 1], found[number + 1]
        before = found[first - 2].text if first > 1 else "{"
        after = found[number + 2].text if number + 2 < len(found) else "}"
        whole = subject.kind in _TERMS and said.kind in _TERMS and before in _BEFORE and after[0] in _AFTER
        if not whole and after.upper() not in {"FILTER", "OPTIONAL", "BIND", "VALUES", "MINUS", "UNION"}:
            raise _unresolved("write it as a pattern of its own: ?narrower skos:broader+ ?wider .")
        path = text[found[first].start : found[number - 1].end]
        yield _Pattern(first - 1, number + 1, subject.text, path, token.text == "*", said.text)


def _path_start(found: Sequence[Token], repeated: int) -> int | None:
    """Return where the path begins that a sign repeats; nothing where the sign calculates or counts."""
    before = found[repeated - 1]
    if before.kind == "iri":
        if found[repeated + 1].kind in _TERMS or found[repeated + 1].text in _OF_PATHS:
            return repeated - 1
        return None
    if before.text != ")":
        return None
    depth = 0
    for number in range(repeated - 1, 0, -1):
        token = found[number]
        if token.kind != "iri" and token.text not in _OF_PATHS:
            return None
        depth += (token.text == ")") - (token.text == "(")
        if depth == 0:
            return number if found[repeated + 1].kind in _TERMS and found[number - 1].kind in _TERMS else None
    return None


def _bound(found: Sequence[Token]) -> dict[str, set[str]]:
    """Return the IRIs that blocks of values give to a variable of their own."""
    bound: dict[str, set[str]] = {}
    for number, token in enumerate(found):
        if token.kind != "word" or token.text.upper() != "VALUES":
            continue
        kinds = [t.text for t in found[number + 1 : number + 5]]
        at = number + (2 if kinds and kinds[0] == "(" else 1)
        end = next((n for n in range(at, len(found)) if found[n].text == "}"), at)
        names = [t.text for t in found[at:end] if t.kind == "variable"]
        values = [t for t in found[at:end] if t.kind not in {"variable", "sign"}]
        if len(names) == 1 and all(t.kind == "iri" for t in values):
            bound[names[0]] = {t.text[1:-1] for t in values}
    return bound


def _values(pattern: _Pattern, steps: list[tuple[str, str]], bound: dict[str, set[str]]) -> str:
    ends = [{end[1:-1]} if end[0] == "<" else bound.get(end) for end in (pattern.subject, pattern.object)]
    pairs = _closure(steps, ends[0], ends[1])
    if pattern.reflexive:
        if ends[0] is None and ends[1] is None:
            raise _unresolved("say by VALUES where it begins or ends, or repeat it by +")
        pairs |= {(end, end) for wanted in ends if wanted is not None for end in wanted}
    pairs = {(s, o) for s, o in pairs if (ends[0] is None or s in ends[0]) and (ends[1] is None or o in ends[1])}
    names = [end for end in (pattern.subject, pattern.object) if end[0] != "<"]
    if len(set(names)) == 1 and len(names) == 2:
        pairs = {(s, o) for s, o in pairs if s == o}
    rows = sorted(
        {
            tuple(v for v, end in zip(pair, (pattern.subject, pattern.object), strict=True) if end[0] != "<")
            for pair in pairs
        }
    )
    if len(rows) > MOST_PAIRS:
        raise _unresolved(f"it joins more than {MOST_PAIRS} pairs; say by VALUES where it begins or ends")
    if not names:
        return "" if rows else "FILTER (false)"
    if len(set(names)) < len(names):
        names, rows = names[:1], [row[:1] for row in rows]
    block = " ".join("(" + " ".join(f"<{v}>" for v in row) + ")" for row in rows)
    return f"VALUES ({' '.join(names)}) {{ {block} }}"


def _closure(steps: Iterable[tuple[str, str]], firsts: set[str] | None, lasts: set[str] | None) -> set[tuple[str, str]]:
    """Return every pair that one step or more join, from some ends where they are given."""
    backwards = firsts is None and lasts is not None
    after: dict[str, set[str]] = defaultdict(set)
    for s, o in steps:
        after[o if backwards else s].add(s if backwards else o)
    found: set[tuple[str, str]] = set()
    for start in (lasts if backwards else firsts) or (list(after) if firsts is None and lasts is None else ()):
        reached: set[str] = set()
        waiting = list(after.get(start, ()))
        while waiting:
            place = waiting.pop()
            if place not in reached:
                reached.add(place)
                waiting.extend(after.get(place, ()))
        found |= {(end, start) if backwards else (start, end) for end in reached}
        if len(found) > _MOST_FOLLOWED:
            raise _unresolved("say by VALUES where it begins or ends")
    return found


def _unresolved(remedy: str) -> QueryRefused:
    return QueryRefused(f"this engine follows repeated paths wrongly, and this one cannot be resolved for it: {remedy}")
