"""The client of the warm pool: it sends a command to the pool and waits for its exit code.

If there is a pool, each step runs this file as a script. Sending a step takes about as long as an interpreter
needs to start, so the file imports nothing of the package and few other modules. It imports the extension
module ``_socket``, since importing ``socket`` takes as long as all other imports together.
"""

from __future__ import annotations

import _socket
import os
import sys

TYPE_CHECKING = False  # typing.TYPE_CHECKING without the import
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LOST", "call", "code", "connect", "send"]

LOST = 3
"""Exit code when the process that ran the command was killed."""


def call(address: str, words: Sequence[str], outputs: tuple[int, int] = (1, 2)) -> int | None:
    """Run a command in the pool at a socket address and return its exit code; None if there is no pool.

    ``outputs`` are the descriptors that become its standard output and standard error.
    """
    connection = connect(address)
    if connection is None:
        return None
    try:
        send(connection, words, outputs)
        answer = code(connection)
        return LOST if answer is None else answer
    except OSError:  # the pool ended while it had the command
        return LOST
    finally:
        connection.close()


def connect(address: str) -> _socket.socket | None:
    """Return a connection to the pool at a socket address; None if there is no pool."""
    connection = _socket.socket(_socket.AF_UNIX)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        return None
    return connection


def send(connection: _socket.socket, words: Sequence[str], outputs: tuple[int, int]) -> None:
    """Send a command; OSError if the pool has ended."""
    folder = os.getcwd()  # noqa: PTH109 - pathlib and json would take longer to import than the call lasts
    request = os.fsencode("\0".join([folder, *words]))
    streams = b"".join(stream.to_bytes(4, sys.byteorder) for stream in outputs)
    message = len(request).to_bytes(4, "big") + request
    connection.sendmsg([message], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])


def code(connection: _socket.socket) -> int | None:
    """Wait for the exit code of the command that was sent; it is None if the pool ends before."""
    answer = connection.recv(4)
    return int.from_bytes(answer, "big", signed=True) if len(answer) == 4 else None


def _main(words: list[str]) -> int:
    found = call(os.environ.get("MLM_POOL", ""), words)
    if found is None:
        os.execv(sys.executable, [sys.executable, "-P", "-m", "mlm_steps", *words])  # noqa: S606 - no shell
    return found


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
