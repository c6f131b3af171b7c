"""The query collection: each file says what it needs and returns, and takes its values as typed terms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import yaml
from pyoxigraph import Literal, NamedNode

from kg.errors import InputRefused, UnknownTerm
from kg.iris import BASE, XSD
from kg.store import Solutions, plain

KINDS = ("iri", "text", "integer", "decimal", "boolean", "date", "term")
Plain = str | int | float | bool | None
Values = Mapping[str, Sequence[NamedNode | Literal]]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEADER = re.compile(r"^#\+ ?(.*)$", re.MULTILINE)
_BLOCK = re.compile(r"VALUES\s*\(\s*((?:\?\w+\s*)+)\)\s*\{[^{}]*\}")
_FORM = re.compile(r"^\s*(SELECT|ASK|CONSTRUCT)\b", re.MULTILINE | re.IGNORECASE)
_ORDER = re.compile(r"^ORDER BY((?: \?\w+)+)\s*\Z", re.MULTILINE)
_UNSAFE_BREAKS = re.compile(r"[\x00-\x1f\x7f]")


class Selects(Protocol):
    """Whatever can answer a SELECT query."""

    def select(self, query: str) -> Solutions:
        """Return the solutions of a SELECT query."""


@dataclass(frozen=True)
class Rows:
    """The solutions of a query as plain values, with the columns its header names."""

    columns: tuple[str, ...]
    rows: list[tuple[Plain, ...]]

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield each row as a mapping from column to value."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


@dataclass(frozen=True)
class Query:
    """A query file: ``params`` and ``columns`` map names to kinds; the text runs as it stands in any endpoint."""

    name: str
    summary: str
    params: Mapping[str, str]
    columns: Mapping[str, str]
    text: str

    @property
    def form(self) -> str:
        """SELECT, ASK or CONSTRUCT: the first of these words that begins a line."""
        found = _FORM.search(self.text)
        return found[1].upper() if found else "SELECT"

    @property
    def order(self) -> list[str]:
        """The columns that the rows are sorted by."""
        found = _ORDER.search(self.text)
        return re.findall(r"\w+", found[1]) if found else []

    @cached_property
    def unordered(self) -> Query:
        """The same query without an order, for many rows: engines sort slowly."""
        return replace(self, text=_ORDER.sub("", self.text))

    @cached_property
    def _blocks(self) -> list[tuple[re.Match[str], list[str]]]:
        found = ((m, re.findall(r"\?(\w+)", m[1])) for m in _BLOCK.finditer(self.text))
        return [(m, names) for m, names in found if set(names) <= set(self.params)]

    def bound(self, values: Values) -> str:
        """Return the text with the rows of its VALUES blocks replaced by the terms given.

        A parameter that is not given keeps its example; an empty sequence leaves it open: a block of such alone goes.
        Raises InputRefused for a parameter that the query does not have.
        """
        unknown = set(values) - set(self.params)
        if unknown:
            raise InputRefused(
                f"query {self.name} has no parameter {', '.join(sorted(unknown))}; "
                f"it has {', '.join(self.params) or 'none'}"
            )
        text = self.text
        for match, names in reversed(self._blocks):
            if any(name in values for name in names):
                text = text[: match.start()] + self._block(match, names, values) + text[match.end() :]
        return text

    def _block(self, match: re.Match[str], names: list[str], values: Values) -> str:
        missing = [name for name in names if name not in values]
        if missing:
            raise InputRefused(f"query {self.name}: give {', '.join(missing)} together with {', '.join(names)}")
        if not any(values[name] for name in names):
            return ""
        rows: list[tuple[str, ...]] = [()]
        for name in names:
            terms = [str(term) for term in values[name]] or ["UNDEF"]
            rows = [(*row, term) for row in rows for term in terms]
        return f"VALUES ({match[1].strip()}) {{ {' '.join('(' + ' '.join(row) + ')' for row in rows)} }}"

    def run(self, engine: Selects, values: Values | None = None) -> Rows:
        """Return one row per solution, with the columns the header names, as plain values."""
        solutions = engine.select(self.bound(values or {}))
        rows = [tuple(map(plain, row)) for row in solutions.rows]
        truths = {i for i, name in enumerate(solutions.columns) if self.columns.get(name) == "boolean"}
        if truths:  # some engines write them as numbers
            rows = [tuple(bool(v) if i in truths and v in (0, 1) else v for i, v in enumerate(row)) for row in rows]
        return Rows(solutions.columns, rows)

    def term(self, name: str, text: str) -> NamedNode | Literal:
        """Return the typed term that a text stands for as the value of a parameter.

        Raises InputRefused where the text is not of the parameter's kind.
        """
        if name not in self.params:
            raise InputRefused(f"query {self.name} has no parameter {name}; it has {', '.join(self.params) or 'none'}")
        return typed(text, self.params[name], name)


def typed(text: str, kind: str, name: str) -> NamedNode | Literal:
    """Return a term of a kind; texts without a scheme are read as paths below the base IRI."""
    if _UNSAFE_BREAKS.search(text):
        raise InputRefused(f"{name}: control characters are not taken; write it on one line")
    try:
        match kind:
            case "iri" | "term":
                return NamedNode(text if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text) else BASE + text)
            case "integer":
                return Literal(str(int(text)), datatype=NamedNode(XSD + "integer"))
            case "decimal":
                return Literal(format(Decimal(text), "f"), datatype=NamedNode(XSD + "decimal"))
            case "boolean" if text not in ("true", "false"):
                raise InputRefused(f"{name} is {text!r}; write true or false")
            case "boolean" | "date":
                return Literal(text, datatype=NamedNode(XSD + kind))
            case _:
                return Literal(text)
    except (ValueError, InvalidOperation) as error:
        raise InputRefused(f"{name} is {text!r}, which is not a {kind}; correct it") from error


def read(path: Path, root: Path) -> Query:
    """Read one query file; its name is its path below the collection, without the suffix.

    Raises InputRefused where the header is missing or says a kind that is not known.
    """
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(root).with_suffix("").as_posix()
    try:
        header = yaml.load("\n".join(_HEADER.findall(text)), _LOADER)  # noqa: S506
        query = Query(
            name=name,
            summary=header["summary"],
            params=header["params"] or {},
            columns=header["columns"],
            text=text,
        )
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise InputRefused(f"{name}.rq: its #+ header must say summary, params and columns ({error})") from error
    wrong = {k for k in (*query.params.values(), *query.columns.values()) if k not in KINDS}
    if wrong:
        raise InputRefused(f"{name}.rq: kind {', '.join(sorted(wrong))} is not known; known are {', '.join(KINDS)}")
    return query


class Catalog(Mapping[str, Query]):
    """All queries of a folder by name, read when first asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._paths = {p.relative_to(root).with_suffix("").as_posix(): p for p in sorted(root.rglob("*.rq"))}
        self._read: dict[str, Query] = {}

    def __getitem__(self, name: str) -> Query:
        if name not in self._paths:
            from kg.nearest import nearest  # noqa: PLC0415

            close = nearest(name, self._paths)
            raise UnknownTerm(f"no query {name!r}; did you mean {', '.join(close)}?", close)
        if name not in self._read:
            self._read[name] = read(self._paths[name], self._root)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
