"""What things are called: slugs of reviews, studies and strata, and the text of labels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from kg import iris
from kg.errors import InputRefused

_LONGEST = 60
_CODED = re.compile(r"_x([0-9a-fA-F]{4})_")
_CD_NUMBER = re.compile(r"(?:^|[./_-])((?:CD|MR|ED)[0-9]{6})(?:[./_-]|$)", re.IGNORECASE)
_DOI = re.compile(r"10\.[0-9]{4,9}/[^\s<>\"{}|^`\\]+")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def decoded(identifier: str) -> str:
    """Return an identifier of RevMan 5 with its coded characters read: ``MRC_x002d_1`` is ``MRC-1``."""

    def character(found: re.Match[str]) -> str:
        made = chr(int(found[1], 16))
        return made if made.isprintable() else ""

    return _CODED.sub(character, identifier)


def plain(text: str | None) -> str:
    """Return a label on one line, without the spaces around it."""
    return " ".join((text or "").split())


def slug(text: str) -> str:
    """Return a short slug of a label; a long one, or one without Latin letters, ends in a digest of the whole."""
    made = _latin(text)
    return made if made and len(made) <= _LONGEST else _marked(made, text)


def whole_slug(text: str) -> str:
    """Return a slug that no other label has: one that does not say all, as of ``> 3 months``, ends in a digest."""
    made = _latin(text)
    return made if made.replace("-", " ") == text.casefold() and len(made) <= _LONGEST else _marked(made, text)


def _latin(text: str) -> str:
    try:
        return iris.slug(text)
    except InputRefused:
        return ""


def _marked(made: str, text: str) -> str:
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{made[:_LONGEST].strip('-')}-{mark}".strip("-")


def apart(names: Iterable[str]) -> dict[str, str]:
    """Return a slug for each name, no two alike: the second of two equal slugs gets a number."""
    made: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        first = candidate = slug(name)
        count = 1
        while candidate in taken:
            count += 1
            candidate = f"{first}-{count}"
        taken.add(candidate)
        made[name] = candidate
    return made


def doi(text: str | None) -> str | None:
    """Return a DOI, without the address it may be written with, or nothing where the text is none."""
    found = plain(text).removeprefix("https://doi.org/").removeprefix("http://dx.doi.org/")
    return found if _DOI.fullmatch(found) else None


def cochrane_number(text: str | None) -> str | None:
    """Return the number of a Cochrane review, such as CD000023, from its DOI or a name that holds it."""
    found = _CD_NUMBER.search(text or "")
    return found[1].upper() if found else None


def year(text: str | None) -> int | None:
    """Return the year that a text such as ``2005a`` begins with, or nothing."""
    found = _YEAR.match((text or "").strip())
    return int(found[0]) if found else None
