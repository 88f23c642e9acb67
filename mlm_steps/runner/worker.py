"""The children of the warm pool: each makes one step after the other while it is as good as a new fork.

A fork takes about 15 ms of processor time, most of it for the pages that it copies when it first writes to
them. The work of a small step takes no longer.
"""

from __future__ import annotations

import array
import os
import resource
import select
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from mlm_steps.runner.watch import POOLED

__all__ = ["GONE", "Command", "answer", "work"]

GONE = 130
"""Exit code of a process whose client has ended."""
MOST_GROWTH = 32 * 2**20
"""Bytes by which the memory of a child may exceed that of the new fork before its next step."""

Command = Callable[[Sequence[str]], int]


def work(channel: socket.socket, lifeline: int, command: Command) -> int:
    """Run the commands of the connections that come through a channel; return the last exit code.

    After each command, the exit code and whether another may follow are sent back. None follows after a
    failure, after a growth of memory, and where the system cannot measure the peak of a single step.
    """
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ[POOLED] = "1"
    most = _resident() + MOST_GROWTH
    code = GONE
    while True:
        _, given, _, _ = socket.recv_fds(channel, 1, 1)
        if not given:
            return code  # the pool has ended, or wants a new fork for the next command
        code = _run(socket.socket(fileno=given[0]), lifeline, command)
        again = code == 0 and _resident() <= most and _forget_peak()
        channel.sendall(code.to_bytes(4, "big", signed=True) + bytes([again]))


def answer(channel: socket.socket) -> tuple[int, bool] | None:
    """Return the exit code of a child's command, and whether another may follow; None if the child died."""
    message = channel.recv(5, socket.MSG_WAITALL)
    return (int.from_bytes(message[:4], "big", signed=True), bool(message[4])) if len(message) == 5 else None


def _run(connection: socket.socket, lifeline: int, command: Command) -> int:
    """Read one request, set the client's streams and folder, and run the command."""
    message, ancillary, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(8))
    if not message:
        return GONE  # the client ended while its call waited
    size = int.from_bytes(message[:4], "big")
    while len(message) < size + 4:
        more = connection.recv(65536)
        if not more:
            return GONE  # the client ended while it sent its call
        message += more
    folder, *words = os.fsdecode(message[4:]).split("\0")
    streams = array.array("i")
    for _, _, data in ancillary:
        streams.frombytes(data)
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    watch = _Watch(connection, lifeline)
    with warnings.catch_warnings():  # a warning of an earlier step is shown again
        code = command(words)
    watch.end()
    _close_streams()
    connection.close()
    return code


class _Watch:
    """Ends this process when the client or the run ends, even if the pool was killed at the same time."""

    def __init__(self, connection: socket.socket, lifeline: int) -> None:
        self._connection, self._lifeline = connection, lifeline
        self._done = False
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Watch no longer, since the command has ended."""
        self._done = True
        with suppress(OSError):  # the client has just ended
            self._connection.shutdown(socket.SHUT_RD)
        self._thread.join()

    def _wait(self) -> None:
        ends: list[socket.socket | int] = [self._connection, self._lifeline]
        select.select(ends, [], [])
        if not self._done:
            os._exit(GONE)


def _close_streams() -> None:
    """Write what is left to the client's streams, and close them."""
    with suppress(OSError):  # the disk of the log may be full
        sys.stdout.flush()
        sys.stderr.flush()
    nothing = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nothing, number)
    os.close(nothing)


def _resident() -> int:
    """Return the resident memory of this process in bytes; 0 if the system does not tell it."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def _forget_peak() -> bool:
    """Let the next step report a peak of memory of its own; return whether the system allows this."""
    try:
        Path("/proc/self/clear_refs").write_bytes(b"5")
    except OSError:
        return False
    return True
