"""What a request of the SPARQL 1.1 Protocol asks for: a query or an update, its dataset, and how long it may take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Final, Literal
from urllib.parse import parse_qsl

from fastapi import Request
from pyoxigraph import NamedNode

from api.body import received
from api.problems import Problem, parameter
from kg.store import guard

Kind = Literal["query", "update"]
_FORM: Final = "application/x-www-form-urlencoded"
_DIRECT: Final[dict[str, Kind]] = {"application/sparql-query": "query", "application/sparql-update": "update"}
_GRAPHS: Final[dict[Kind, tuple[str, str]]] = {
    "query": ("default-graph-uri", "named-graph-uri"),
    "update": ("using-graph-uri", "using-named-graph-uri"),
}
_MOST_GRAPHS: Final = 1000
_MOST_FIELDS: Final = 3000
_ENCODED: Final = 4
"""How many times as long as its text a body may be: a form encodes what is not ASCII, and names graphs."""
_LONGEST_IRI: Final = 8000
Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Operation:
    """A query or an update as it was asked for; ``seconds`` is the time that the caller allows."""

    kind: Kind
    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    seconds: float | None = None


async def operation(request: Request, kinds: Sequence[Kind]) -> Operation | None:
    """Return what a request asks for, nothing where it asks for nothing.

    Raises a problem: 400 for what is malformed, 408 and 413 for a body that is too slow or too large, 415 for one of
    another form.
    """
    address = _fields(request.scope["query_string"], "the address")
    if request.method == "GET":
        if any(name == "update" for name, _ in address):
            raise Problem("refused", "An update is sent by POST, to /sparql/update.")
        return _of_fields(address, kinds)
    media_type, charset = _content_type(request.headers.get("content-type", ""))
    async with received(request, _largest(media_type, kinds)) as body:
        if body.coding not in {"", "identity"}:
            raise Problem("unsupported-media-type", "The body is sent plain, without Content-Encoding.")
        content = body.content.read_bytes() if isinstance(body.content, Path) else body.content
    if charset not in {"", "utf-8", "utf8", "us-ascii", "ascii"}:
        raise Problem("unsupported-media-type", f"The text is sent in UTF-8, not in {charset[:40]}.")
    if media_type == _FORM:
        return _of_fields([*address, *_fields(content, "the body")], kinds)
    kind = _DIRECT.get(media_type)
    if kind not in kinds:
        taken = [_FORM, *(name for name, other in _DIRECT.items() if other in kinds)]
        raise Problem("unsupported-media-type", f"The body is sent as {' or '.join(taken)}.", more={"accepted": taken})
    assert kind is not None
    clash = [name for name, _ in address if name in {"query", "update"}]
    if clash:
        raise Problem("refused", f"There is a {kind} in the body and a {clash[0]} in the address; send one.")
    return _made(kind, _decoded(content), address)


def _largest(media_type: str, kinds: Sequence[Kind]) -> int:
    """Return how many bytes a body may have, by what it says it is and what is meant for the address."""
    kind = _DIRECT.get(media_type, kinds[0])
    return _ENCODED * (guard.QUERY if kind == "query" else guard.UPDATE).bytes


def _of_fields(fields: Fields, kinds: Sequence[Kind]) -> Operation | None:
    given: list[tuple[Kind, str]] = [
        ("query" if name == "query" else "update", value) for name, value in fields if name in {"query", "update"}
    ]
    if not given:
        return None
    if len(given) > 1:
        raise Problem("refused", f"The request has {len(given)} queries or updates; send one.")
    kind, text = given[0]
    if kind not in kinds:
        raise Problem("refused", f"This address takes no {kind}.")
    return _made(kind, text, fields)


def _made(kind: Kind, text: str, fields: Fields) -> Operation:
    limits = guard.QUERY if kind == "query" else guard.UPDATE
    if len(text) > limits.bytes:
        raise Problem("too-large", f"The {kind} is longer than {limits.bytes} bytes; split it.")
    default, named = (_iris(fields, name) for name in _GRAPHS[kind])
    other = _GRAPHS["update" if kind == "query" else "query"]
    wrong = next((name for name, _ in fields if name in other), None)
    if wrong:
        detail = f"{wrong} does not belong to a {kind}; leave it out"
        raise Problem("refused", detail, [parameter(wrong, detail)])
    return Operation(kind, text, default, named, _seconds(fields))


def _iris(fields: Fields, name: str) -> tuple[str, ...]:
    found = [value for field, value in fields if field == name]
    if len(found) > _MOST_GRAPHS:
        raise Problem("refused", f"{name} is given {len(found)} times; {_MOST_GRAPHS} are taken.")
    for value in found:
        check_iri(name, value)
    return tuple(found)


def check_iri(name: str, value: str) -> None:
    """Refuse the value of a parameter that is no absolute IRI.

    Raises a problem (400) naming the parameter.
    """
    try:
        NamedNode(value[:_LONGEST_IRI])
        good = len(value) <= _LONGEST_IRI
    except ValueError:
        good = False
    if not good:
        detail = f"{name} is {value[:100]!r}, which is no absolute IRI; correct it"
        raise Problem("input-refused", detail, [parameter(name, detail)])


def _seconds(fields: Fields) -> float | None:
    given = [value for name, value in fields if name == "timeout" and value]
    if not given:
        return None
    try:
        seconds = float(given[0])
    except ValueError:
        seconds = 0.0
    if len(given) > 1 or not 0 < seconds < float("inf"):
        detail = f"timeout is {', '.join(given)[:100]!r}; write one number of seconds above 0"
        raise Problem("input-refused", detail, [parameter("timeout", detail)])
    return seconds


def _fields(content: bytes, place: str) -> list[tuple[str, str]]:
    try:
        text = content.decode("utf-8")
        found = parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError as error:
        raise Problem("refused", f"What {place} encodes is not UTF-8; send it in UTF-8.") from error
    except ValueError as error:
        raise Problem("refused", f"There are too many fields in {place}.") from error
    return found


def _content_type(header: str) -> tuple[str, str]:
    """Return media type and charset of a Content-Type header, in lower case."""
    message = Message()
    message["content-type"] = header
    if not header:
        return "", ""
    return message.get_content_type(), str(message.get_param("charset", "")).strip().lower()


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem("refused", f"The text is not UTF-8: byte {error.start} is wrong; send it in UTF-8.") from error
