"""Typed reading of a JSON record: every field may be absent, none may be of another type than its own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.posted import Place
from kg.sources.ctgov.words import clean
from kg.sources.safe_json import Json

_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True)
class Field:
    """A value of a record with its JSON pointer; what is absent is an empty field."""

    value: Json
    pointer: str = ""

    @property
    def place(self) -> Place:
        """Where in the record the field stands."""
        return Place(self.pointer)

    def at(self, *path: str) -> Field:
        """Return the field at the end of a path of names, empty where any of it is absent.

        Raises RecordRefused where a part of the path is no object.
        """
        found = self
        for name in path:
            if found.value is None:
                break
            if not isinstance(found.value, dict):
                raise RecordRefused(found.place, f"{_shown(found.value)} stands where an object is meant")
            found = Field(found.value.get(name), f"{found.pointer}/{name}")
        return found

    def each(self, *path: str) -> list[Field]:
        """Return the items of the list at a path, none where it is absent.

        Raises RecordRefused where there is something else than a list of objects.
        """
        held = self.at(*path)
        if held.value is None:
            return []
        if not isinstance(held.value, list):
            raise RecordRefused(held.place, f"{_shown(held.value)} stands where a list is meant")
        found = [Field(item, f"{held.pointer}/{n}") for n, item in enumerate(held.value)]
        for item in found:
            if not isinstance(item.value, dict):
                raise RecordRefused(item.place, f"{_shown(item.value)} stands where an object is meant")
        return found

    def text(self, *path: str) -> str | None:
        """Return the text at a path, also where it is written as a number; nothing where it is absent or empty.

        Raises RecordRefused for anything else, such as true or a list, and for text that cannot be kept.
        """
        found = self.at(*path)
        match found.value:
            case None:
                return None
            case bool():
                raise RecordRefused(found.place, f"{_shown(found.value)} stands where text or a number is meant")
            case str():
                return clean(found.value, found.place)
            case int() | Decimal():
                return str(found.value)
        raise RecordRefused(found.place, f"{_shown(found.value)} stands where text or a number is meant")

    def texts(self, *path: str) -> tuple[str, ...]:
        """Return the texts of the list at a path.

        Raises RecordRefused where there is something else than a list of texts.
        """
        held = self.at(*path)
        if held.value is None:
            return ()
        if not isinstance(held.value, list):
            raise RecordRefused(held.place, f"{_shown(held.value)} stands where a list is meant")
        found = (Field(item, f"{held.pointer}/{n}").text() for n, item in enumerate(held.value))
        return tuple(text for text in found if text)

    def flag(self, *path: str) -> bool | None:
        """Return whether the field at a path says yes or no.

        Raises RecordRefused where it says anything else.
        """
        found = self.at(*path)
        if found.value is None or isinstance(found.value, bool):
            return found.value
        flag = _FLAGS.get(str(found.value).strip().casefold())
        if flag is None:
            raise RecordRefused(found.place, f"{_shown(found.value)} stands where true or false is meant")
        return flag


def _shown(value: Json) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool():
            return "true" if value else "false"
    return repr(value)[:60]
