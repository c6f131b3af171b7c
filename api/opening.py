"""Opening a store for the service: to read, and with keys to write; seeing the commits of others as they come."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import anyio
from anyio import create_task_group
from anyio.to_thread import run_sync
from fastapi import FastAPI

from api.present import Present
from api.reader import Reader
from api.writer import Writer
from kg.evidence_base import EvidenceBase
from kg.keys import Keys
from kg.settings import Settings

_LOOK_SECONDS: Final = 1.0
_LOG = logging.getLogger("api")


@asynccontextmanager
async def opened(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    """Open the store of the settings for an application, for as long as it runs.

    Raises StoreUnavailable, InputRefused.
    """
    keys = Keys.of(settings)
    root = await run_sync(EvidenceBase.open, settings) if settings.store == "memory:" else None
    present: Present | None = None
    try:
        present = await run_sync(Present, root.beside if root else partial(EvidenceBase.open, settings))
        if keys and root is None:
            root = await run_sync(EvidenceBase.open, settings, "write")
            await run_sync(root.store.share)
        writer = Writer(root, keys, present, Reader()) if keys and root else None
        app.state.present, app.state.writer = present, writer
        try:
            async with create_task_group() as tasks:
                tasks.start_soon(run_sync, _prepared, present, writer)
                tasks.start_soon(_looking, present)
                yield
                tasks.cancel_scope.cancel()
        finally:
            if writer:
                await run_sync(writer.close)
    finally:
        app.state.present = None
        if present:
            await run_sync(present.close)
        if root:
            await run_sync(root.close)


async def _looking(present: Present) -> None:
    while True:
        await anyio.sleep(_LOOK_SECONDS)
        await run_sync(present.look)


def _prepared(present: Present, writer: Writer | None) -> None:
    """Answer and draw one question, and load what writing needs, so that the first to ask does not wait."""
    held = present.take()
    try:
        held.service.prepare()
        if writer:
            writer.start()
    except Exception:  # noqa: BLE001  (a bug here must not keep the service from starting; it is logged)
        _LOG.exception("the first to ask will wait a little longer")
    finally:
        present.give_back(held)
    gc.collect()
    gc.freeze()  # what stays for good is not looked through again and again, which takes a tenth of a second each time
