"""The process that starts others: it has loaded what they need, and forks them in a moment.

It does nothing else, so that it is small, has one thread, and was confined before it forked anything.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import sys
from typing import NoReturn

from kg.store import confinement, draft_process, reader_process, remote_process, scratch_process
from kg.store.nursery import KILL, MESSAGE, READER, REMOTE


def main() -> None:
    """Start and end processes as asked on standard input, until it ends; then end them all."""
    os.setsid()
    memory, confined = int(sys.argv[1]), sys.argv[2] == "confined"
    confinement.within(memory)
    networked = not (confined and confinement.without_network())
    awake, wake = os.pipe()
    for end in (awake, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    control = socket.socket(fileno=os.dup(0))
    children: dict[int, int] = {}
    try:
        while True:
            ready, _, _ = select.select([control.fileno(), awake], [], [])
            if awake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(awake, 4096)
                _reap(children)
            if control.fileno() in ready and not _obey(control, children, networked, (awake, wake)):
                break
    finally:
        for pid in children.values():
            os.kill(pid, signal.SIGKILL)


def _obey(control: socket.socket, children: dict[int, int], networked: bool, own: tuple[int, int]) -> bool:
    """Do what one message says; return whether there may be another."""
    content, passed, _, _ = socket.recv_fds(control, MESSAGE.size, 1)
    if len(content) < MESSAGE.size:
        return False
    kind, number = MESSAGE.unpack(content)
    if kind == KILL:
        if number in children:
            os.kill(children[number], signal.SIGKILL)
        return True
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _live(passed[0], kind, parent, networked, (control.fileno(), *own))
    children[number] = pid
    os.close(passed[0])
    return True


def _live(connection: int, kind: int, parent: int, networked: bool, own: tuple[int, ...]) -> NoReturn:
    """Be a process that serves one connection; its end is the end of the process."""
    status = 1
    try:
        confinement.until_parent_ends(parent)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in own:
            os.close(descriptor)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        with socket.socket(fileno=connection) as served:
            if kind == READER:
                reader_process.serve(served, networked, reader_process.Opened(), reader_process.OPERATIONS)
            elif kind == REMOTE:
                reader_process.serve(served, False, remote_process.Opened(), remote_process.OPERATIONS)
            else:
                operations = {**scratch_process.OPERATIONS, **draft_process.OPERATIONS}
                reader_process.serve(served, networked, scratch_process.Opened(), operations)
        status = 0
    finally:
        os._exit(status)


def _reap(children: dict[int, int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            for number, pid in list(children.items()):
                if pid == ended:
                    del children[number]


if __name__ == "__main__":
    with contextlib.suppress(struct.error, OSError):
        main()
