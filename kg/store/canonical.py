"""The canonical form of a record: the bytes that its digest is made of.

One line of N-Triples per triple, sorted by code point, each ending with a newline. It is made here, before any engine
sees the record, so that it is the same on every engine:

* strings are in Unicode normal form C; language tags are lower case;
* ``xsd:integer`` has no plus sign and no leading zero, and fits in 64 bits;
* ``xsd:decimal`` has no exponent, no trailing zero, no point without digits behind it (``10.0`` is ``10``, which the
  datatype allows), at most 15 significant digits and 18 decimals (rounded half to even: more is noise of
  floating point, and no engine keeps it), and is below 10**20;
* ``xsd:boolean`` is ``true`` or ``false``; UTC is written ``Z``; seconds have no trailing zeros;
* there is no blank node, no floating-point number, no duration, no derived integer type.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final, NoReturn

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.errors import InputRefused
from kg.iris import XSD

_STRING: Final = XSD + "string"

_SIGNIFICANT = Context(prec=15, rounding=ROUND_HALF_EVEN)
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
_FINEST = Decimal("1e-18")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_ZONE = r"(Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
_DATE = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}){_ZONE}")
_DATE_TIME = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})(?:\.([0-9]{{1,9}}))?{_ZONE}"
)
_YEAR = re.compile(r"[0-9]{4}")
_YEAR_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_BOOLEANS = {"true": "true", "1": "true", "false": "false", "0": "false"}
_REMEDIES = {
    **dict.fromkeys(("double", "float"), "write it as xsd:decimal"),
    **dict.fromkeys(("duration", "dayTimeDuration", "yearMonthDuration"), "write it as a decimal number of days"),
}
_ESCAPES = {
    **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
    **{ord(c): f"\\{e}" for c, e in zip('\b\t\n\f\r"\\', 'btnfr"\\', strict=True)},
}


def canonical(triples: Iterable[Triple]) -> bytes:
    """Return the sorted canonical N-Triples of a record.

    Raises InputRefused for a term that has no canonical form; the message names the term and the remedy.
    """
    lines = {_line(triple) for triple in triples}
    return "".join(f"{line}\n" for line in sorted(lines)).encode()


def lines(content: bytes) -> list[str]:
    """Return the lines of canonical bytes, one triple each."""
    return content.decode().split("\n")[:-1]


def subject(line: str) -> str:
    """Return the subject of a canonical line, as written there."""
    return line[: line.index(" ")]


def digest(content: bytes) -> str:
    """Return the SHA-256 of canonical bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _line(triple: Triple) -> str:
    said = triple.object
    try:
        value = _literal(said) if isinstance(said, Literal) else _iri(said)
        return f"{_iri(triple.subject)} {_iri(triple.predicate)} {value} ."
    except InputRefused as refusal:
        raise InputRefused(f"{refusal} (in the triple {triple})") from None


def _iri(term: NamedNode | BlankNode | Triple) -> str:
    if isinstance(term, NamedNode):
        if not unicodedata.is_normalized("NFC", term.value):
            raise InputRefused(f"{term} is not in Unicode normal form C; normalise the IRI where it is made")
        return f"<{term.value}>"
    if isinstance(term, BlankNode):
        raise InputRefused(f"blank node {term}: give the thing an IRI")
    raise InputRefused(f"quoted triple {term}: state it as triples of a thing with an IRI")


def _literal(term: Literal) -> str:
    if term.language is not None:
        if term.direction is not None:
            raise InputRefused(f"{term} has a base direction, which is not stored; keep the language tag alone")
        return f"{_quoted(term.value)}@{term.language.lower()}"
    datatype = term.datatype.value
    if datatype == _STRING:
        return _quoted(term.value)
    if datatype in _FORMS:
        return f'"{_FORMS[datatype](term)}"^^<{datatype}>'
    if datatype.startswith(XSD):
        name = datatype.removeprefix(XSD)
        remedy = _REMEDIES.get(name, f"use one of {', '.join(sorted(_NAMES))}")
        raise InputRefused(f"{term} has datatype xsd:{name}, which is not stored; {remedy}")
    return f"{_quoted(term.value)}^^{_iri(term.datatype)}"


def _quoted(text: str) -> str:
    return f'"{unicodedata.normalize("NFC", text).translate(_ESCAPES)}"'


def _invalid(term: Literal, remedy: str) -> NoReturn:
    raise InputRefused(f"{term} is not a value of its datatype; {remedy}")


def _integer(term: Literal) -> str:
    if not _INTEGER.fullmatch(term.value):
        _invalid(term, "write digits with an optional minus sign")
    significant = term.value.lstrip("+-").lstrip("0") or "0"
    if len(significant) > 19 or not -(2**63) <= (value := int(term.value)) < 2**63:
        raise InputRefused(
            f"{term} does not fit in 64 bits; write an identifier as a string, a quantity in a larger unit"
        )
    return str(value)


def _decimal(term: Literal) -> str:
    if not _DECIMAL.fullmatch(term.value):
        _invalid(term, "write digits with an optional minus sign and point, no exponent")
    value = _SIGNIFICANT.create_decimal(term.value)
    if value and value.adjusted() >= 20:
        raise InputRefused(f"{term} is beyond 10**20; use a larger unit")
    kept = value.quantize(_FINEST, context=_WIDE)
    if value and not kept:
        raise InputRefused(f"{term} is closer to zero than 10**-18; use a smaller unit, or 0")
    text = format(kept, "f").rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _boolean(term: Literal) -> str:
    return _BOOLEANS.get(term.value) or _invalid(term, "write true or false")


def _date(term: Literal) -> str:
    match = _DATE.fullmatch(term.value)
    if not match or not _parses(date.fromisoformat, match[1]):
        _invalid(term, "write an existing day as YYYY-MM-DD")
    return match[1] + _zone(match[2])


def _date_time(term: Literal) -> str:
    match = _DATE_TIME.fullmatch(term.value)
    if not match or not _parses(datetime.fromisoformat, match[1]):
        _invalid(term, "write an existing moment as YYYY-MM-DDThh:mm:ssZ")
    fraction = (match[2] or "").rstrip("0")
    return match[1] + (f".{fraction}" if fraction else "") + _zone(match[3])


def _zone(text: str | None) -> str:
    return "Z" if text in {"+00:00", "-00:00"} else text or ""


def _parses(read: Callable[[str], date], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _year(term: Literal) -> str:
    return term.value if _YEAR.fullmatch(term.value) else _invalid(term, "write four digits")


def _year_month(term: Literal) -> str:
    return term.value if _YEAR_MONTH.fullmatch(term.value) else _invalid(term, "write YYYY-MM")


def _any_uri(term: Literal) -> str:
    return _quoted(term.value)[1:-1]


_NAMES: Final[dict[str, Callable[[Literal], str]]] = {
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "dateTime": _date_time,
    "gYear": _year,
    "gYearMonth": _year_month,
    "anyURI": _any_uri,
}
_FORMS: Final = {XSD + name: form for name, form in _NAMES.items()}
