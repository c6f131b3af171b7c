"""A process that does nothing but read what was sent: it may be killed, and cannot take more memory than it has."""

from __future__ import annotations

import contextlib
import pickle
import resource
import signal
import struct
import sys

from api.sent import records
from kg.errors import EvidenceError, InputRefused
from kg.reading import TooLarge

MEMORY = 1024**3
LENGTH = struct.Struct(">Q")


def main() -> None:
    """Answer requests on standard input until it ends; each is a pickle behind its length, and so is each answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ValueError, OSError):  # a lower limit holds already, or the system knows none
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    while len(head := asked.read(LENGTH.size)) == LENGTH.size:
        sent = pickle.loads(asked.read(LENGTH.unpack(head)[0]))  # noqa: S301  (the service writes it)
        answer = pickle.dumps(_answer(sent), protocol=pickle.HIGHEST_PROTOCOL)
        told.write(LENGTH.pack(len(answer)) + answer)
        told.flush()


def _answer(sent: object) -> object:
    try:
        return records(sent)  # type: ignore[arg-type]
    except EvidenceError as refused:
        return refused
    except MemoryError:
        return TooLarge("body: reading it takes more memory than there is for one; send it in parts")
    except RecursionError:
        return InputRefused("body: nested too deep; flatten it")


if __name__ == "__main__":
    main()
