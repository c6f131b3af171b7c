"""Text that fits: how wide a line is, where to cut it, and which characters may be printed at all.

Widths are those of Helvetica, which Arial and Liberation Sans share, so that a figure laid out here looks the same in a
browser, in print, and as drawn by vl-convert (it carries Liberation Sans).
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

_BOLD = 1.08  # the bold face is wider by 7 % on English text

# Advance widths in thousandths of the font size, characters 32 to 126 in order.
_ASCII = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_OTHER = {MINUS: 584, DASH: 556, ELLIPSIS: 1000, "\N{LEFTWARDS ARROW}": 1000, "\N{RIGHTWARDS ARROW}": 1000, "·": 333}

# Directional marks, embeddings, overrides and isolates turn the text around them; the others XML does not allow.
_UNWANTED = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_JOINER = "\N{ZERO WIDTH JOINER}"


def clean(text: str) -> str:
    """Return a text on one line, without characters that XML forbids or that change the direction of writing."""
    spaced = "".join(" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} else c for c in text)
    return re.sub(" {2,}", " ", _UNWANTED.sub("", spaced)).strip()


def capital(text: str) -> str:
    """Return a text with its first letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line in pixels."""
    return sum(_advance(c) for c in text) * size / 1000 * (_BOLD if bold else 1)


def elide(text: str, limit: float, size: float, *, bold: bool = False) -> str:
    """Return a text cut at its end, with an ellipsis, where it is wider than a limit."""
    if width(text, size, bold=bold) <= limit:
        return text
    cuts = [i for i in _cuts(text) if width(text[:i].rstrip() + ELLIPSIS, size, bold=bold) <= limit]
    return text[: cuts[-1]].rstrip(" ,;:(") + ELLIPSIS if cuts else ELLIPSIS


def elide_middle(text: str, limit: float, size: float) -> str:
    """Return a text cut before its last word, which for a study is the year that tells it from its neighbours."""
    if width(text, size) <= limit:
        return text
    head, space, tail = text.rpartition(" ")
    if not space or width(tail, size) > limit / 2:
        return elide(text, limit, size)
    return f"{elide(head + ' ', limit - width(' ' + tail, size), size)} {tail}"


def wrap(text: str, limit: float, size: float, lines: int, *, bold: bool = False) -> list[str]:
    """Return a text broken at spaces into lines that fit, the last one elided if there are too many."""
    done: list[str] = []
    line = ""
    words = text.split()
    for at, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if not line or width(longer, size, bold=bold) <= limit:
            line = longer
            continue
        if len(done) == lines - 1:
            line = " ".join([line, *words[at:]])
            break
        done.append(line)
        line = word
    return [elide(item, limit, size, bold=bold) for item in [*done, line]]


def _advance(character: str) -> float:
    """Return the advance width of one character in thousandths of the font size."""
    if " " <= character <= "~":
        return _ASCII[ord(character) - 32]
    if character in _OTHER:
        return _OTHER[character]
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    base = unicodedata.normalize("NFD", character)[0]
    if " " <= base <= "~":
        return _ASCII[ord(base) - 32]
    return 1000 if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0xFFFF else 610


def _cuts(text: str) -> list[int]:
    """Return the places where a text may be cut without taking a mark or a joined sign from its letter."""
    bound = {"Mn", "Me", "Mc", "Sk"}
    free = [
        i + 1
        for i, (before, after) in enumerate(pairwise(text))
        if unicodedata.category(after) not in bound and _JOINER not in (before, after)
    ]
    return [i for i in free if text[i - 1] != " "]
