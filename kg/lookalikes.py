"""Names that look alike: the skeleton of Unicode Technical Standard 39, by which two names are confusable."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_HIDDEN = re.compile(r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
                     r"\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]")  # fmt: skip
"""Characters that draw nothing: Default_Ignorable_Code_Point."""
_SIGNS = frozenset("αβγδεζηθικλμνπρστυφχψω")
"""Greek letters that stand as signs in names of substances and receptors; omicron is none."""

TERMS = ("Drug", "DrugClass", "Intervention", "Receptor", "Condition", "AdverseEffect", "Outcome", "Instrument")
"""Classes of things whose labels are what people ask for."""


def folded(text: str) -> str:
    """Return a name as names are compared: Unicode form KC, case folded, blanks as single spaces."""
    once = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", once).split())


def shown(text: str) -> str:
    """Return a name without what draws nothing or steers a terminal, blanks as single spaces."""
    plain = _HIDDEN.sub("", text)
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in plain).split())


def hidden(text: str) -> bool:
    """Tell whether a text has characters that draw nothing, turn its direction or steer a terminal."""
    return bool(_HIDDEN.search(text)) or any(unicodedata.category(c) == "Cc" for c in text)


def mixed(text: str) -> bool:
    """Tell whether a text of Latin letters has letters of another script that are drawn as Latin ones.

    Greek letters that chemistry uses as signs, such as alpha, are not among them.
    """
    letters = [c for c in text if c.isalpha()]
    if text.isascii() or not any("LATIN" in unicodedata.name(c, "") for c in letters):
        return False
    prototypes = _prototypes()
    return any(
        "LATIN" not in unicodedata.name(c, "LATIN") and prototypes.get(c, c).isascii() and c not in _SIGNS
        for c in unicodedata.normalize("NFKC", "".join(letters))
    )


def skeletons(text: str) -> frozenset[str]:
    """Return what a name looks like, as written and in either case; confusable names have one of these in common."""
    plain = unicodedata.normalize("NFKC", _HIDDEN.sub("", text))
    return frozenset(_skeleton(" ".join(form.split())) for form in (plain, plain.lower(), plain.upper()))


def _skeleton(text: str) -> str:
    prototypes = _prototypes()
    drawn = "".join(prototypes.get(c, c) for c in unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFD", drawn.casefold()).replace("rn", "m")


@cache
def _prototypes() -> dict[str, str]:
    """Return, for each character, the one that stands for all that look like it.

    The library lists pairs in both directions; the smallest of those that hang together stands for them, ASCII first.
    """
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415  (slow to load, and rarely needed)

    alike = {one: [entry["c"] for entry in others] for one, others in confusables_data.items()}
    found: dict[str, str] = {}
    for one in alike:
        if len(one) == 1 and one not in found:
            together, waiting = {one}, [one]
            while waiting:
                new = set(alike.get(waiting.pop(), ())) - together
                together |= new
                waiting += new
            first = min(together, key=lambda text: (not text.isascii(), len(text), text.casefold() != text, text))
            found.update({text: first for text in together if len(text) == 1})
    return found
