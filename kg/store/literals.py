"""Literals on their way to an engine that does not keep every one, and in canonical form again on their way back.

Virtuoso keeps 15 decimals and microseconds, cuts the rest, and makes decimals of integers of 19 digits. A literal that
is finer goes there as text under a datatype of ours, so that it comes back to the last digit; it does not calculate
with that. It takes a whole decimal for an integer in some updates, unless it has a point.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.iris import EV, XSD
from kg.store.engine import Term

_TOO_FINE: Final = (
    r"-?[0-9]*\.[0-9]{16,}" + rf'"\^\^<{re.escape(XSD)}decimal',
    r"-?[0-9]{19}" + rf'"\^\^<{re.escape(XSD)}integer',
    r'[^"]*\.[0-9]{7,}[^"]*' + rf'"\^\^<{re.escape(XSD)}dateTime',
)
_FINE: Final = re.compile(rf'("(?:{"|".join(_TOO_FINE)})> \.)$')
_WHOLE: Final = re.compile(rf'("-?[0-9]+)("\^\^<{re.escape(XSD)}decimal> \.)$')
_EXACT: Final = EV + "exact-"
_ZEROS: Final = re.compile(r"(\.[0-9]*?)0+(?=$|Z|[+-])")
_SECONDS: Final = re.compile(r"\.(?=$|Z|[+-])")
_INTEGER: Final = re.compile(r"([+-]?)0*([0-9]+)")
_BOOLEANS: Final = {"1": "true", "0": "false"}
_PLAIN: Final = re.compile(r"[+-]?[0-9]*\.?[0-9]*")


def exact(line: str) -> str:
    """Return a canonical line as an engine keeps it that cuts what is too fine for it."""
    line = _WHOLE.sub(r"\1.0\2", line)
    return _FINE.sub(lambda found: found[1].replace(f"^^<{XSD}", f"^^<{_EXACT}"), line)


def returned(term: Term | None) -> Term | None:
    """Return a term of a result in canonical form, by its value: nothing is rounded.

    Raises ValueError for a number that is none.
    """
    match term:
        case Literal():
            return _literal(term)
        case Triple() | BlankNode() | NamedNode() | None:
            return term


def _literal(term: Literal) -> Literal:
    datatype = term.datatype.value
    if datatype.startswith(_EXACT):
        datatype = XSD + datatype.removeprefix(_EXACT)
        return Literal(term.value, datatype=NamedNode(datatype))
    form = _FORMS.get(datatype)
    if form is None:
        return term
    value = form(term.value)
    return term if value == term.value else Literal(value, datatype=term.datatype)


def _integer(text: str) -> str:
    found = _INTEGER.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is no integer")
    return f"{'-' if found[1] == '-' and found[2] != '0' else ''}{found[2]}"


def _decimal(text: str) -> str:
    if not _PLAIN.fullmatch(text) or not any(c.isdigit() for c in text):
        raise ValueError(f"{text[:40]!r} is no decimal")
    sign, digits = ("-" if text[0] == "-" else ""), text.lstrip("+-")
    whole, _, fraction = digits.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    value = f"{whole}.{fraction}" if fraction else whole
    return value if value == "0" else sign + value


def _double(text: str) -> str:
    float(text)
    return text


def _boolean(text: str) -> str:
    return _BOOLEANS.get(text, text)


def _moment(text: str) -> str:
    return _SECONDS.sub("", _ZEROS.sub(r"\1", text)).replace("+00:00", "Z").replace("-00:00", "Z")


_FORMS: Final[dict[str, Callable[[str], str]]] = {
    XSD + "integer": _integer,
    XSD + "decimal": _decimal,
    XSD + "double": _double,
    XSD + "float": _double,
    XSD + "boolean": _boolean,
    XSD + "dateTime": _moment,
}
