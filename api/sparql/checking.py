"""Checking a text before it goes to a reader; a long one does not keep others waiting meanwhile."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from anyio.to_thread import run_sync

from api.sparql.operation import Operation
from kg.store import guard
from kg.store.guard import Checked

_SHORT: Final = 4096


async def checked(asked: Operation) -> Checked:
    """Check the text of a query or an update.

    Raises QueryRefused, and of its kinds FetchRefused and TooLong.
    """
    limits = guard.QUERY if asked.kind == "query" else guard.UPDATE
    if len(asked.text) <= _SHORT:
        return _check(asked.text, limits)
    return await run_sync(guard.check, asked.text, limits)


@lru_cache(maxsize=1024)
def _check(text: str, limits: guard.Limits) -> Checked:
    """Check a short text; those that passed lately are known."""
    return guard.check(text, limits)
