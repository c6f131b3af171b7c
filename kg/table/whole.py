"""All rows of a query with its parameters open, read column by column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat
from typing import Final

from kg.catalog import Plain, Query, Selects
from kg.store import plain

_PROLOGUE: Final = re.compile(r"^(?:PREFIX|BASE)\b.*\n", re.MULTILINE)
_OPTIONAL: Final = re.compile(r"^ *OPTIONAL \{ \?(\w+) (\w+:\w+) \?(\w+) \}\n", re.MULTILINE)
_ORDER: Final = re.compile(r"^ORDER BY((?: \?\w+)+)\s*\Z", re.MULTILINE)
Columns = dict[str, list[Plain]]


def order(query: Query) -> list[str]:
    """Return the columns that a query sorts its rows by."""
    found = _ORDER.search(query.text)
    return re.findall(r"\w+", found[1]) if found else []


@dataclass(frozen=True)
class Whole:
    """A query with its parameters open.

    Joining dozens of optional values row by row, and sorting, is what an engine is slow at. Each optional value that
    plays no other part is read for all subjects in one go, and joined here. The rows come in no order.
    """

    query: Query

    @cached_property
    def _text(self) -> str:
        return _ORDER.sub("", self.query.bound(dict.fromkeys(self.query.params, ())))

    @cached_property
    def _apart(self) -> list[re.Match[str]]:
        """The optional values that nothing else in the query looks at."""
        body = self._text[self._text.index("WHERE") :]
        found = _OPTIONAL.finditer(self._text)
        return [
            m for m in found if {m[1], m[3]} <= self.query.columns.keys() and len(re.findall(rf"\?{m[3]}\b", body)) == 1
        ]

    def columns(self, engine: Selects) -> Columns:
        """Return the values of each column, all of one length."""
        text = self._text
        for match in self._apart:
            text = text.replace(match[0], "", 1)
        solutions = engine.select(text)
        names = tuple(self.query.columns)
        assert solutions.columns == names, f"the header of {self.query.name} names other columns than it selects"
        apart = {m[3] for m in self._apart}
        found: Columns = {name: [] for name in names}
        appends = [(i, found[name].append) for i, name in enumerate(names) if name not in apart]
        length = 0
        for row in solutions.rows:
            length += 1
            for i, append in appends:
                append(plain(row[i]))
        for name in apart:
            found[name] = [None] * length
        for match in self._apart:
            _join(found, match[1], match[3], *self._values(match[2], engine))
        return found

    def _values(self, path: str, engine: Selects) -> tuple[dict[Plain, Plain], dict[Plain, list[Plain]]]:
        """Return the value of each subject, and all values of those that have several."""
        prologue = "".join(_PROLOGUE.findall(self._text))
        one: dict[Plain, Plain] = {}
        several: dict[Plain, list[Plain]] = {}
        for s, o in engine.select(f"{prologue}SELECT ?s ?o WHERE {{ ?s {path} ?o }}").rows:
            subject, value = plain(s), plain(o)
            if subject in one:
                several.setdefault(subject, [one[subject]]).append(value)
            else:
                one[subject] = value
        return one, several


def _join(
    found: Columns, subject: str, column: str, one: dict[Plain, Plain], several: dict[Plain, list[Plain]]
) -> None:
    """Fill a column with the values of the subjects; a row whose subject has several stands once for each."""
    subjects = found[subject]
    if several and not several.keys().isdisjoint(subjects):
        counts = [len(several.get(s, (None,))) for s in subjects]
        values = [v for s in subjects for v in several.get(s, (one.get(s),))]
        for name, own in found.items():
            found[name] = list(chain.from_iterable(map(repeat, own, counts)))
        found[column] = values
    elif one:
        found[column] = list(map(one.get, subjects))
