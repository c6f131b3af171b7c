"""Asking a reader, and its result as a response: coded, tagged, whole or streamed."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from fastapi import Request
from starlette.responses import Response

from api.clients import client_of
from api.negotiation import Form
from api.responses import REVALIDATE
from api.sparql.codings import CODINGS, coding
from api.sparql.endpoint import Endpoint
from api.sparql.forms import made_as
from api.sparql.kept import Content
from api.sparql.streaming import ClientGone, Streamed, while_connected
from kg.store.frames import Ask

_VARY = "Accept, Accept-Encoding"
_GONE = 499


@dataclass(frozen=True)
class Asked:
    """What a reader is asked, in which form it is wanted, and what its entity tag is made of; nothing for no tag."""

    ask: Ask
    form: Form
    tagged: tuple[str, ...] | None
    links: tuple[str, ...] = ()


async def answered(request: Request, endpoint: Endpoint, asked: Asked) -> Response:
    """Return the result of what is asked, about the state of the store that the request sees.

    Raises QueryRefused, QueryStopped, NoGraph, StoreUnavailable.
    """
    held = AsyncExitStack()
    try:
        async with while_connected(request):
            state = await held.enter_async_context(endpoint.reading(request))
            tag = None if asked.tagged is None else state.tag(*asked.tagged, asked.form.media_type)
            if tag is not None and _has(request, tag):
                await held.aclose()
                return Response(status_code=304, headers=_headers(asked, _given_tag(request, tag)))
            wanted = coding(request.headers.get("accept-encoding"))
            kept = endpoint.kept.get(tag, wanted) if tag is not None else None
            if kept is not None:
                await held.aclose()
                return _whole(asked, tag, kept)
            limits = endpoint.readers.limits
            ask = replace(
                asked.ask,
                place=state.place,
                format=made_as(asked.form),
                coding=wanted,
                most_rows=limits.rows,
                most_bytes=limits.bytes,
            )
            result = await held.enter_async_context(endpoint.readers.asked(ask, client_of(request)))
    except ClientGone:
        await held.aclose()
        return Response(status_code=_GONE)
    except BaseException:
        await held.aclose()
        raise
    whole = result.whole
    if whole is None:
        return Streamed(result, held, _headers(asked, tag, result.coding), asked.form.content_type)
    await held.aclose()
    content = Content(whole, result.coding)
    if tag is not None:
        endpoint.kept.put(tag, wanted, content)
    return _whole(asked, tag, content)


def _whole(asked: Asked, tag: str | None, content: Content) -> Response:
    return Response(content.bytes, headers=_headers(asked, tag, content.coding), media_type=asked.form.content_type)


def _headers(asked: Asked, tag: str | None, coding: str = "") -> dict[str, str]:
    made = {"Vary": _VARY, "Cache-Control": REVALIDATE if tag else "no-store"}
    if tag:
        made["ETag"] = _coded(tag, coding)
    if coding:
        made["Content-Encoding"] = coding
    if asked.links:
        made["Link"] = ", ".join(asked.links)
    return made


def _coded(tag: str, coding: str) -> str:
    """Return the tag of a representation in a coding: it is another one than that without."""
    return f'{tag[:-1]}-{coding}"' if coding else tag


def _given(request: Request) -> set[str]:
    given = request.headers.get("if-none-match", "")
    return {item.strip().removeprefix("W/") for item in given.split(",")}


def _has(request: Request, tag: str) -> bool:
    given = _given(request)
    return "*" in given or any(_coded(tag, coding) in given for coding in ("", *CODINGS))


def _given_tag(request: Request, tag: str) -> str:
    """Return the one of the tags of a state that the client has."""
    given = _given(request)
    return next((coded for coding in ("", *CODINGS) if (coded := _coded(tag, coding)) in given), tag)
