"""Our own records as JSON: one object a record, with the fields of the tables; what is not exactly right is refused."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from kg.errors import InputRefused
from kg.iris import SLUG
from kg.model import records as r
from kg.nearest import nearest
from kg.sources.incoming import Unit, Unreadable
from kg.sources.safe_json import Json, items
from kg.sources.tables import REPORTED

MEMBER = "records"
"""The member that holds the records, where a document is one object about several."""
_HIGHEST, _LOWEST = 20, -18
_SHOWN = 60
_MOST_FAULTS = 20
_OF_TRIAL = (r.Trial, r.Arm, r.DichotomousResult, r.ContinuousResult, r.ContrastResult, r.RiskOfBias)
PARTS: Mapping[str, tuple[type[Any], bool]] = {
    "trial": (r.Trial, False),
    "arms": (r.Arm, True),
    "dichotomous_results": (r.DichotomousResult, True),
    "continuous_results": (r.ContinuousResult, True),
    "contrasts": (r.ContrastResult, True),
    "risk_of_bias": (r.RiskOfBias, True),
    "drug": (r.Drug, False),
    "drug_class": (r.DrugClass, False),
    "receptor": (r.Receptor, False),
    "actions": (r.DrugAction, True),
    "identifiers": (r.Identifier, True),
    "review": (r.Review, False),
    "included_trials": (r.IncludedTrial, True),
    "analysis": (r.Analysis, False),
    "analysed_trials": (r.AnalysedTrial, True),
    "subgroup_levels": (r.SubgroupLevel, True),
    "published_estimates": (r.PublishedEstimate, True),
    "certainty": (r.Certainty, True),
}
"""The parts of a record, the kind of row that each holds, and whether it is a list of them."""
_KEYS: Mapping[type[Any], tuple[str, str]] = {
    r.Drug: ("drugs", "drug"),
    r.DrugAction: ("drugs", "drug"),
    r.DrugClass: ("drug-classes", "drug_class"),
    r.Receptor: ("receptors", "receptor"),
    r.Review: ("reviews", "review"),
    r.IncludedTrial: ("reviews", "review"),
    **dict.fromkeys(
        (r.Analysis, r.AnalysedTrial, r.SubgroupLevel, r.PublishedEstimate, r.Certainty), ("analyses", "analysis")
    ),
}
"""The source of the records that hold a kind of row, and the field that is their id."""


@dataclass(frozen=True)
class Fault:
    """What is wrong at one place of a document, which a JSON pointer names."""

    pointer: str
    message: str


@dataclass(frozen=True)
class Faulty(Unreadable):
    """A record that could not be read, with everything that is wrong in it."""

    faults: tuple[Fault, ...] = ()


def read(stream: BinaryIO, place: str, given: tuple[str, str] | None = None) -> Iterator[Unit | Faulty]:
    """Read a record, an array of records, or an object whose member ``records`` is one.

    ``given`` is source and id of a record that does not say them itself. Raises InputRefused where the document is no
    JSON.
    """
    for pointer, value in items(stream, place, MEMBER):
        yield record(value, pointer, place, given)


def record(value: Json | InputRefused, pointer: str, place: str, given: tuple[str, str] | None = None) -> Unit | Faulty:
    """Read one record that stands at a pointer of a document."""
    if given and isinstance(value, dict):
        value = {"source": given[0], "id": given[1], **value}
    found = _Record(pointer, place)
    if isinstance(value, InputRefused):
        found.fault("", str(value).removeprefix(f"{place}#{pointer}").lstrip(": "))
        unit = None
    else:
        unit = found.read(value)
    if unit is not None and not found.faults:
        return unit
    shown = found.faults[:_MOST_FAULTS]
    more = f"; and {len(found.faults) - len(shown)} more" if len(found.faults) > len(shown) else ""
    told = "; ".join(f"{fault.pointer or 'the record'}: {fault.message}" for fault in shown)
    return Faulty(f"{place}#{pointer}", told + more, tuple(shown))


class _Record:
    """One record as it is read, and what is wrong in it."""

    def __init__(self, pointer: str, place: str) -> None:
        self.faults: list[Fault] = []
        self._pointer, self._place = pointer, place
        self._source = self._id = ""

    def fault(self, within: str, message: str) -> None:
        self.faults.append(Fault(self._pointer + within, message))

    def read(self, value: Json) -> Unit | None:
        if not isinstance(value, dict):
            self.fault("", f"a record is an object with source, id and its parts; this is {_shown(value)}")
            return None
        self._unknown(value, ("source", "id", "provenance", *PARTS), "")
        self._source, self._id = (self._slug(value, name) for name in ("source", "id"))
        given = value.get("provenance", {})
        shared = given if isinstance(given, dict) else {}
        if shared is not given:
            self.fault("/provenance", "provenance is an object with source, locator and source_kind")
        self._unknown(shared, ("source", "locator", "source_kind"), "/provenance")
        rows = list(self._rows(value, shared))
        if not rows and not self.faults:
            self.fault("", f"the record says nothing; give it one of {', '.join(PARTS)}")
        return Unit(self._source, self._id, tuple(rows), f"{self._place}#{self._pointer}")

    def _slug(self, value: dict[str, Json], name: str) -> str:
        given = value.get(name)
        if isinstance(given, str) and SLUG.fullmatch(given):
            return given
        if given is None:
            self.fault(f"/{name}", f"a record needs {name}; add it")
        else:
            self.fault(f"/{name}", f"{_shown(given)} cannot be {name}: use lower-case letters, digits, '-' and '.'")
        return ""

    def _rows(self, value: dict[str, Json], shared: dict[str, Json]) -> Iterator[r.Row]:
        for name, (kind, several) in PARTS.items():
            given = value.get(name)
            if given is None:
                continue
            if not isinstance(given, list if several else dict):
                self.fault(f"/{name}", f"{name} is {'a list of objects' if several else 'an object'}")
                continue
            for number, cells in enumerate(given if several else [given]):
                where = f"/{name}/{number}" if several else f"/{name}"
                if isinstance(cells, dict):
                    made = self._row(kind, cells, shared, where)
                    if made is not None:
                        yield made
                else:
                    self.fault(where, f"{_shown(cells)} is no object with the fields of {name}")

    def _row(self, kind: type[Any], cells: dict[str, Json], shared: dict[str, Json], where: str) -> r.Row | None:
        fields = _FIELDS[kind]
        self._unknown(cells, fields, where)
        given = {**{name: v for name, v in shared.items() if name in fields}, **cells}
        self._own(kind, given, where)
        before = len(self.faults)
        values = {name: self._cell(given, name, hint, where) for name, hint in fields.items()}
        if len(self.faults) > before:
            return None
        if "reported_text" in fields and "reported_text" not in cells:
            values["reported_text"] = "; ".join(f"{c} {cells[c]}" for c in REPORTED if cells.get(c) is not None)
        values = {name: v for name, v in values.items() if v is not _ABSENT}
        return typing.cast(r.Row, kind(origin=r.Origin(f"{self._place}#{self._pointer}{where}", 0), **values))

    def _own(self, kind: type[Any], given: dict[str, Json], where: str) -> None:
        """Put source and id of the record where a row repeats them, or find that it contradicts them."""
        if kind in _OF_TRIAL:
            due = {"record_source": self._source, "trial": self._id}
        elif kind is r.Identifier:
            due = {"slug": self._id}
            named = given.get("kind")
            source = f"{named}{'es' if isinstance(named, str) and named.endswith('s') else 's'}"
            if named is not None and source != self._source:
                self.fault("/source", f"identifiers of kind {named} are kept in records of source {source}")
        else:
            source, name = _KEYS[kind]
            due = {name: self._id}
            if self._source and self._source != source:
                self.fault("/source", f"{where[1:].partition('/')[0]} is kept in records of source {source}")
        for name, value in due.items():
            said = given.setdefault(name, value)
            if said != value and not (name == "analysis" and isinstance(said, str) and said.lower() == value):
                self.fault(f"{where}/{name}", f"{_shown(said)} is not that of the record, {value!r}; leave it out")

    def _unknown(self, value: Mapping[str, Json], known: typing.Collection[str], where: str) -> None:
        for name in value:
            if name not in known:
                close = list(nearest(name[:100], sorted(known)))
                hint = f"; the nearest are {', '.join(close)}" if close else ""
                self.fault(where, f"{_shown(name)} is no field here{hint}")

    def _cell(self, given: dict[str, Json], name: str, hint: _Hint, where: str) -> Any:
        try:
            return _field(given.get(name), hint)
        except InputRefused as refused:
            self.fault(f"{where}/{name}", str(refused))
            return _ABSENT


_ABSENT = object()


@dataclass(frozen=True)
class _Hint:
    """What a field takes: the kinds of its values, whether it is a list, and what stands there where it is left out."""

    kinds: frozenset[type[Any]]
    several: bool
    required: bool
    has_default: bool
    empty: Any


def _hint(field: dataclasses.Field[Any], hint: Any) -> _Hint:
    several = typing.get_origin(hint) is tuple
    inner = typing.get_args(hint)[0] if several else hint
    kinds = set(typing.get_args(inner)) if isinstance(inner, types.UnionType) else {inner}
    has_default = field.default is not dataclasses.MISSING
    optional = several or has_default or type(None) in kinds or field.name == "reported_text"
    return _Hint(frozenset(kinds - {type(None)}), several, not optional, has_default, () if several else None)


def _fields(kind: type[Any]) -> Mapping[str, _Hint]:
    hints = typing.get_type_hints(kind)
    return {f.name: _hint(f, hints[f.name]) for f in dataclasses.fields(kind) if f.name != "origin"}


_FIELDS: Mapping[type[Any], Mapping[str, _Hint]] = {kind: _fields(kind) for kind, _ in PARTS.values()}


def _field(value: Json, hint: _Hint) -> Any:
    """Return what stands in a field, or what its absence means.

    Raises InputRefused.
    """
    if value is None:
        if hint.required:
            raise InputRefused("it is needed; add it")
        return _ABSENT if hint.has_default else hint.empty
    if not hint.several:
        return _value(value, hint)
    if not isinstance(value, list):
        raise InputRefused(f"{_shown(value)} is no list; write [{_shown(value)}]")
    return tuple(_value(each, hint) for each in value)


def _value(value: Json, hint: _Hint) -> Any:
    if bool in hint.kinds and isinstance(value, bool):
        return value
    if int in hint.kinds and isinstance(value, int) and not isinstance(value, bool):
        return value
    if Decimal in hint.kinds and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _decimal(value)
    if str in hint.kinds and isinstance(value, str):
        if not value.strip():
            raise InputRefused("an empty text says nothing; leave the field out")
        return value
    if r.Ref in hint.kinds and isinstance(value, dict) and set(value) == {"kind", "slug"}:
        kind, slug = value["kind"], value["slug"]
        if isinstance(kind, str) and isinstance(slug, str) and SLUG.fullmatch(kind) and SLUG.fullmatch(slug):
            return r.Ref(kind, slug)
    raise InputRefused(f"{_shown(value)} is not {_wanted(hint.kinds)}")


def _decimal(value: int | Decimal) -> Decimal:
    number = Decimal(value)
    if not number.is_finite() or (number and not _LOWEST <= number.adjusted() < _HIGHEST):
        raise InputRefused(f"{_shown(value)} is beyond what any result can be; check its digits and its unit")
    return number


def _wanted(kinds: frozenset[type[Any]]) -> str:
    if int in kinds:
        return "a whole number such as 28, without point or quotes"
    if Decimal in kinds:
        return "a number such as 27.93, without quotes"
    if bool in kinds:
        return "true or false"
    if r.Ref in kinds:
        return 'the slug of a thing such as "placebo", or {"kind": ..., "slug": ...}'
    return "a text"


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ascii(value)
    text = {"True": "true", "False": "false", "None": "null"}.get(text, text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
