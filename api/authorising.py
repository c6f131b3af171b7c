"""Who may write: a key in one header, compared as a hash; it is in no address and in no log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.problems import Problem
from api.writer import Writer

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="evigraph"'}
_LONGEST = 256


@dataclass(frozen=True)
class Author:
    """Who writes, and by what."""

    name: str
    writer: Writer


def author(request: Request) -> Author:
    """Return who a request is from.

    Raises a problem: 403 where the service takes no writes at all, 401 without a key or with a wrong one, 400 where
    several are given.
    """
    writer: Writer | None = request.app.state.writer
    if writer is None:
        raise Problem(
            "read-only",
            "This service takes no writes: no key is set. Make one with `kg key new NAME` and start it again.",
        )
    holder = writer.keys.holder(_key(request))
    if holder is None:
        raise Problem("no-key", "The key is not known here.", headers=_CHALLENGE)
    return Author(holder, writer)


def _key(request: Request) -> str:
    bearer, plain = (request.headers.getlist(name) for name in ("authorization", "x-api-key"))
    if len(bearer) + len(plain) > 1:
        raise Problem("refused", "The request has several keys; send one Authorization or one X-API-Key header.")
    if not bearer and not plain:
        raise Problem(
            "no-key", "Writing needs a key: send Authorization: Bearer KEY, or X-API-Key.", headers=_CHALLENGE
        )
    key = plain[0] if plain else ""
    if bearer:
        scheme, _, key = bearer[0].partition(" ")
        if scheme.lower() != "bearer":
            raise Problem("no-key", "The key is sent as Authorization: Bearer KEY.", headers=_CHALLENGE)
    key = key.strip()
    if not key or len(key) > _LONGEST or not key.isascii():
        raise Problem("no-key", "The key is not known here.", headers=_CHALLENGE)
    return key


AuthorDep = Annotated[Author, Depends(author)]
