"""Taking a query apart: the plain SELECT that gives its rows, what is to be pooled, and what is left to do with it.

What stands between the functions goes to the engine as it was written; what is written wrongly, the engine refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import Literal, NamedNode

from kg.errors import QueryRefused
from kg.functions.names import CONTRAST, FN, FUNCTIONS, REASONS, WARNINGS
from kg.functions.text import Clauses, Span, Text, clauses
from kg.nearest import nearest
from kg.store.tokens import unescaped

_MARK: Final = re.compile(r"fn(?:\\?#|>)")
_FRESH: Final = "evf_{}"
_AGGREGATES: Final = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
_MOST_CONTRASTS: Final = 8
_STRING: Final = re.compile(r"""(["'])([^"'\\\n]*)\1""")
Constant = NamedNode | Literal


@dataclass(frozen=True)
class Given:
    """A contrast as a query asks for it: its arguments, each the name of a variable or a term."""

    arguments: tuple[str | Constant, ...]

    @property
    def variables(self) -> list[str]:
        """The variables among the arguments."""
        return [a for a in self.arguments if isinstance(a, str)]


@dataclass(frozen=True)
class Call:
    """A function that a query calls on a contrast, and the variable that takes the place of the call."""

    function: str
    contrast: int
    variable: str


@dataclass(frozen=True)
class Apart:
    """A query taken apart.

    ``rows`` is the SELECT that gives its rows, with ``columns``. They are pooled by the values of ``group``; where that
    is nothing, each is a pool of its own. The last query is ``select``, ``where`` put in, and ``rest``. ``whole`` says
    that it needs every row, not only one of each group.
    """

    rows: str
    columns: tuple[str, ...]
    group: tuple[str, ...] | None
    contrasts: tuple[Given, ...]
    calls: tuple[Call, ...]
    whole: bool
    select: str
    rest: str


def used(text: str) -> bool:
    """Tell whether a text calls one of the functions.

    Raises QueryRefused for a text whose prologue is not finished.
    """
    if not _MARK.search(text) and "\\u" not in text.lower():
        return False
    plain = Text(unescaped(text))
    return any((plain.iri(at) or "").startswith(FN) for at in range(plain.prologue.end, len(plain.tokens)))


def apart(text: str) -> Apart:
    """Take a query apart that calls functions.

    Raises QueryRefused for a call in a place where no value can be had, and for a function that is not known.
    """
    return _Taking(Text(unescaped(text))).done()


@dataclass
class _Taking:
    text: Text
    contrasts: dict[Given, int] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    calls: dict[tuple[str, int], Call] = field(default_factory=dict)

    def done(self) -> Apart:
        found = clauses(self.text)
        if "VALUES" in found.modifiers:
            raise QueryRefused("VALUES behind the WHERE is not taken with functions that pool; put it into the WHERE")
        self._contrasts(found.body)
        group = found.modifier("GROUP")
        behind = [found.projection, group, found.modifier("HAVING"), found.modifier("ORDER")]
        for part in behind:
            self._calls(part)
        if not self.calls:
            raise QueryRefused(
                "the query makes contrasts and asks nothing of them; call a function such as evf:estimate"
            )
        self._check_variables(found, behind)
        aggregates = any(self.text.word(at) in _AGGREGATES for part in behind for at in part)
        grouped = aggregates or "GROUP" in found.modifiers or not any(_scope(c) == "row" for c in self.calls.values())
        self._check_scopes(grouped=grouped)
        keys, computed = self._keys(group)
        shown = self.text.piece(found.projection) + self._added(found.projection)
        aliases = self._aliases(found.projection)
        needed = dict.fromkeys(
            name
            for name in (
                *keys,
                *(v for part in behind if part != group for v in self.text.variables(part)),
                *(v for given in self.contrasts for v in given.variables),
            )
            if name in keys or name not in aliases
        )
        own = {_FRESH.format(n) for n in range(len(self.calls) + 1)}
        columns = tuple(name for name in needed if name not in own)
        wanted = " ".join([*(f"?{name}" for name in columns if name not in computed), *computed.values()])
        prologue, dataset, body = map(self.text.piece, (self.text.prologue, found.dataset, found.body))
        return Apart(
            rows=f"{prologue} SELECT {wanted or '(1 AS ?evf_row)'} {dataset} WHERE {body}",
            columns=columns or ("evf_row",),
            group=tuple(keys) if grouped else None,
            contrasts=tuple(self.contrasts),
            calls=tuple(self.calls.values()),
            whole=aggregates or not grouped,
            select=f"{prologue} SELECT {shown} WHERE",
            rest=self._rest(found, keys, grouped=grouped),
        )

    # Contrasts.

    def _contrasts(self, body: Span) -> None:
        """Read the contrasts that the body binds, and have them left out of it."""
        depth, at = 0, body.start
        while at < body.end:
            said = self.text.word(at)
            depth += (said == "{") - (said == "}")
            if said == "BIND" and self._function(at + 2) == CONTRAST:
                closing = self.text.closing(at + 1)
                call = self.text.closing(at + 3)
                behind = Span(call + 1, closing)
                if depth != 1 or self.text.word(call + 1) != "AS" or len(list(behind)) != 2:
                    raise QueryRefused("BIND (evf:contrast(...) AS ?name) stands in the outermost WHERE, on its own")
                self._name(self.text.tokens[call + 2].text[1:], self._given(Span(at + 4, call)))
                self.text.replace(Span(at, closing + 1), "{ }")
                at = closing
            elif (name := self._function(at)) is not None:
                raise QueryRefused(
                    f"evf:{name} cannot stand inside WHERE: values of pools are there only afterwards; "
                    "BIND evf:contrast in the outermost WHERE, and compare values in HAVING"
                )
            at += 1

    def _name(self, variable: str, given: Given) -> None:
        if variable in self.named:
            raise QueryRefused(f"?{variable} is bound to two contrasts; give each a name of its own")
        self.named[variable] = self._numbered(given)

    def _numbered(self, given: Given) -> int:
        number = self.contrasts.setdefault(given, len(self.contrasts))
        if number >= _MOST_CONTRASTS:
            raise QueryRefused(f"the query asks for more than {_MOST_CONTRASTS} different contrasts; split it")
        return number

    def _given(self, part: Span) -> Given:
        items = self.text.items(part)
        if len(items) < 3:
            raise QueryRefused("evf:contrast takes an experimental arm, a control arm, an outcome, and options")
        return Given(tuple(map(self._argument, items)))

    def _argument(self, part: Span) -> str | Constant:
        if len(list(part)) == 1:
            token = self.text.tokens[part.start]
            if token.kind == "variable":
                return token.text[1:]
            if iri := self.text.iri(part.start):
                return NamedNode(iri)
            if token.kind == "text" and (plain := _STRING.fullmatch(token.text)):
                return Literal(plain[2])
        raise QueryRefused(
            f"{self.text.piece(part)[:100]!r} is no argument of evf:contrast; give a variable, an IRI or a plain text, "
            "and BIND an expression to a variable first"
        )

    # Calls.

    def _function(self, at: int) -> str | None:
        iri = self.text.iri(at)
        return iri.removeprefix(FN) if iri is not None and iri.startswith(FN) else None

    def _calls(self, part: Span) -> None:
        """Put a variable in the place of every call in a clause."""
        at = part.start
        while at < part.end:
            name = self._function(at)
            if name is not None:
                end = self._call(name, at)
                at = end
            at += 1

    def _call(self, name: str, at: int) -> int:
        if name == CONTRAST:
            raise QueryRefused(
                "evf:contrast has no value of its own; ask for one such as evf:estimate(evf:contrast(...))"
            )
        if name not in FUNCTIONS:
            close = ", ".join(f"evf:{n}" for n in nearest(name, FUNCTIONS))
            raise QueryRefused(f"there is no function evf:{name}; the nearest are {close}")
        if self.text.word(at + 1) != "(":
            raise QueryRefused(f"evf:{name} is called with a contrast in parentheses, such as evf:{name}(?contrast)")
        closing = self.text.closing(at + 1)
        inside = Span(at + 2, closing)
        number = None
        if (
            self._function(at + 2) == CONTRAST
            and self.text.word(at + 3) == "("
            and self.text.closing(at + 3) + 1 == closing
        ):
            number = self._numbered(self._given(Span(at + 4, closing - 1)))
        elif len(list(inside)) == 1 and self.text.tokens[at + 2].kind == "variable":
            number = self.named.get(self.text.tokens[at + 2].text[1:])
        if number is None:
            raise QueryRefused(
                f"evf:{name} is called with {self.text.piece(inside)[:100]!r}; give it a variable that the WHERE binds "
                "to evf:contrast(...), or such a call"
            )
        call = self._called(name, number)
        self.text.replace(Span(at, closing + 1), f"?{call.variable}")
        return closing

    def _called(self, name: str, number: int) -> Call:
        return self.calls.setdefault((name, number), Call(name, number, _FRESH.format(len(self.calls))))

    def _added(self, projection: Span) -> str:
        """Return columns for what is not estimable and what is doubtful, where the query does not ask for them."""
        taken = {t.text[1:] for t in self.text.tokens if t.kind == "variable"}
        made = []
        for number in sorted({call.contrast for call in self.calls.values()}):
            for function, name in ((REASONS, "notEstimable"), (WARNINGS, "warnings")):
                if (function, number) in self.calls:
                    continue
                free = name if name not in taken else f"{name}_{number}"
                while free in taken:
                    free += "_"
                taken.add(free)
                made.append(f" (?{self._called(function, number).variable} AS ?{free})")
        return "".join(made)

    # Checks.

    def _check_variables(self, found: Clauses, behind: list[Span]) -> None:
        if "*" in {self.text.word(at) for at in list(found.projection)[:2]}:
            raise QueryRefused("SELECT * is not taken with functions that pool; name the columns")
        for part in (found.body, *behind):
            for name in self.text.variables(part):
                if name in self.named:
                    raise QueryRefused(f"?{name} is a contrast and has no value of its own; call a function on it")
            for at in part if part is not found.body else ():
                if self.text.word(at) == "{":
                    raise QueryRefused(
                        "EXISTS stands in the WHERE, not behind it, in a query that pools; move it there"
                    )
        for token in self.text.tokens:
            if token.kind == "variable" and token.text[1:].startswith("evf_"):
                raise QueryRefused(f"{token.text} has a name that is kept for values of pools; give it another")

    def _check_scopes(self, *, grouped: bool) -> None:
        for call in self.calls.values():
            scope = _scope(call)
            if scope == "row" and grouped:
                raise QueryRefused(
                    f"evf:{call.function} is of one contrast, and the query puts rows together; ask for evf:estimate"
                )
            if scope == "pool" and not grouped:
                raise QueryRefused(
                    f"evf:{call.function} pools rows, and evf:effect or evf:variance is of one; ask in two queries"
                )

    # Pieces.

    def _aliases(self, projection: Span) -> set[str]:
        return {
            self.text.tokens[at + 1].text[1:]
            for at in projection
            if self.text.word(at) == "AS" and at + 1 < projection.end and self.text.tokens[at + 1].kind == "variable"
        }

    def _keys(self, group: Span) -> tuple[list[str], dict[str, str]]:
        """Return the variables that rows are grouped by, and the expressions that some of them are computed by."""
        keys: list[str] = []
        computed: dict[str, str] = {}
        at = group.start + 2
        if group.start < group.end and self.text.word(group.start + 1) != "BY":
            raise QueryRefused("GROUP is followed by BY and what to group by")
        while at < group.end:
            if self.text.tokens[at].kind == "variable":
                keys.append(self.text.tokens[at].text[1:])
                at += 1
                continue
            opening = at if self.text.word(at) == "(" else at + 1
            if self.text.word(opening) != "(":
                raise QueryRefused("GROUP BY takes variables, calls, and expressions in parentheses")
            closing = self.text.closing(opening)
            if any(a in self.text.replaced for a in range(at, closing)):
                raise QueryRefused("rows cannot be grouped by the value of their own pool; compare it in HAVING")
            named = opening == at and self.text.word(closing - 2) == "AS"
            name = self.text.tokens[closing - 1].text[1:] if named else f"evf_key{len(keys)}"
            whole = self.text.piece(Span(at, closing + 1))
            computed[name] = whole if named else f"({whole} AS ?{name})"
            keys.append(name)
            at = closing + 1
        return keys, computed

    def _rest(self, found: Clauses, keys: list[str], *, grouped: bool) -> str:
        parts = []
        if grouped:
            parts.append(
                "GROUP BY " + " ".join(f"?{name}" for name in [*keys, *(c.variable for c in self.calls.values())])
            )
        parts += [self.text.piece(found.modifier(name)) for name in ("HAVING", "ORDER")]
        if "ORDER" not in found.modifiers and grouped and keys:
            parts.append("ORDER BY " + " ".join(f"?{name}" for name in keys))
        parts += [self.text.piece(found.modifier(name)) for name in ("LIMIT", "OFFSET")]
        return " ".join(filter(None, parts))


def _scope(call: Call) -> str:
    return FUNCTIONS[call.function].scope
