"""Responses: a representation with its entity tag, its links, and 304 where the caller has it already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from api.negotiation import Form, by_suffix, preferred
from api.problems import Problem

REVALIDATE = "no-cache"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON; a number that is not finite becomes null."""
    return orjson.dumps(value)


def chosen(request: Request, offered: Sequence[Form], suffix: str | None = None) -> Form:
    """Return the form that a suffix names, or else the one that Accept likes best.

    Raises a problem: 404 for a suffix that is not known here, 406 where nothing fits.
    """
    if suffix is not None:
        form = by_suffix(suffix, offered)
        if form is None:
            known = ", ".join(f".{each.suffix}" for each in offered)
            raise Problem("not-found", f"This address has no form with the suffix .{suffix[:40]}; it has {known}.")
        return form
    form = preferred(request.headers.get("accept"), offered)
    if form is None:
        types = [each.media_type for each in offered]
        raise Problem(
            "not-acceptable",
            f"None of the media types accepted is available; available are {', '.join(types)}.",
            more={"available": types},
        )
    return form


def unchanged(request: Request, tag: str) -> bool:
    """Tell whether the caller holds the representation of a strong entity tag (RFC 9110, section 13.1.2)."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    return given.strip() == "*" or tag in {item.strip().removeprefix("W/") for item in given.split(",")}


def headers(tag: str, links: Sequence[str] = (), more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the headers of a representation that was chosen by Accept."""
    made = {"ETag": tag, "Vary": "Accept", "Cache-Control": REVALIDATE, **(more or {})}
    return made | {"Link": ", ".join(links)} if links else made


def not_modified(tag: str, links: Sequence[str] = ()) -> Response:
    """Return 304 with the headers that the 200 would have."""
    return Response(status_code=304, headers=headers(tag, links))


def represented(content: bytes | str, form: Form, tag: str, links: Sequence[str] = (), name: str = "") -> Response:
    """Return a representation; with a name it is offered as a file of that name."""
    plain = _UNSAFE.sub("-", name)
    more = {"Content-Disposition": f'inline; filename="{plain}.{form.suffix}"'} if name else None
    return Response(content, headers=headers(tag, links, more), media_type=form.content_type)


def alternates(place: str, forms: Sequence[Form], shown: Form) -> list[str]:
    """Return the links to the other forms of a document, each at its suffix."""
    return [f'<{place}.{form.suffix}>; rel="alternate"; type="{form.media_type}"' for form in forms if form != shown]
