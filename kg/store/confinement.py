"""Walls around a process that runs texts of strangers: no network, little memory, no life beyond its parent's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from typing import Final

_NEW_USER: Final = 0x10000000
_NEW_NETWORK: Final = 0x40000000
_DEATH_SIGNAL: Final = 1
_NO_NEW_PRIVILEGES: Final = 38


def without_network() -> bool:
    """Take the network away from this process and its children, and say whether the system allowed it.

    The process has a network of its own then, in which nothing can be reached, the loopback neither. It needs to be
    the only thread.
    """
    if sys.platform != "linux":
        return False
    system = ctypes.CDLL(None, use_errno=True)
    return any(system.unshare(flags) == 0 for flags in (_NEW_NETWORK, _NEW_USER | _NEW_NETWORK))


def within(memory: int) -> None:
    """Limit the memory of this process and its children; a dump is never written, no right is ever won."""
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # a lower limit holds already, or the system knows none
            resource.setrlimit(what, (most, most))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def until_parent_ends(parent: int) -> None:
    """End this process when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def no_more_descriptors() -> None:
    """Let this process open nothing more, sockets least of all, until ``more_descriptors``."""
    lowest_free = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest_free)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))


def more_descriptors() -> None:
    """Let this process open files again."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
