"""Words of a record: cleaned for keeping, and folded for comparing."""

from __future__ import annotations

import re
import unicodedata

from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.posted import Place

_LONGEST = 100_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANK = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")
_ANALYSIS_SET = re.compile(
    r"\s*[(\[](?:m?itt|fas|ss|pps?|safety|safety (?:analysis )?set|full analysis set|per[- ]protocol(?: set)?|"
    r"(?:modified )?intent(?:ion)?[- ]to[- ]treat)[)\]]\s*$",
    re.IGNORECASE,
)


def clean(text: str, place: Place) -> str | None:
    """Return a text in one line, composed, without characters that are not seen; nothing where it is empty.

    Raises RecordRefused for control characters and for a text of more than 100,000 characters.
    """
    if len(text) > _LONGEST:
        raise RecordRefused(place, f"a text of more than {_LONGEST} characters; shorten it")
    if found := _CONTROL.search(text):
        raise RecordRefused(place, f"a text with the control character U+{ord(found[0]):04X}; take it out")
    if not text.isascii():
        text = "".join(
            c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in ("Cf", "Cc", "Cn")
        )
    return _BLANK.sub(" ", text).strip() or None


def folded(text: str) -> str:
    """Return a title as it is compared: case, spaces, punctuation and the form of letters do not count."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def group_title(title: str) -> str:
    """Return the title of a group without the analysis set that may stand behind it, as in ``Placebo (FAS)``."""
    return _ANALYSIS_SET.sub("", title) or title


def within(part: str, whole: str) -> bool:
    """Tell whether a text has another in it, as whole words."""
    return bool(part) and f" {folded(part)} " in f" {folded(whole)} "
