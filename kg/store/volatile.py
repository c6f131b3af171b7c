"""A folder for what need not last, in memory where the system has such a place."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import Final

from kg.store.folder import clear

_PREFIX: Final = "evigraph-volatile-"
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108  (a folder in it, with a name that nobody can guess)


class VolatileFolder:
    """A new folder, gone when it is closed; one whose owner was killed is gone when the next is made."""

    def __init__(self) -> None:
        parent = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        _clear_forsaken(parent)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        self._held = _held(self.path)

    def close(self) -> None:
        """Delete the folder."""
        clear(self.path)
        if self._held is not None:
            os.close(self._held)
            self._held = None


def _clear_forsaken(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        held = _held(folder)
        if held is not None:
            clear(folder)
            os.close(held)


def _held(folder: Path) -> int | None:
    """Hold a folder as its owner; nothing where another does, or it is another's."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
        else:
            return descriptor
    return None
