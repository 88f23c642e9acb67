"""The server of the warm pool: one process that has loaded the libraries and forks one child per command.

On two cores, a step in a new interpreter spent 1 to 2 s on imports, and a step in a fork of this process
about 0.05 s. A child ends when its client ends, and all children end with the run that started the pool, even
if the pool was killed as well. So no child writes after its run has ended.
"""

from __future__ import annotations

import array
import gc
import importlib
import os
import select
import shutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

from mlm_steps.runner.watch import POOLED
from mlm_steps.steps import STEPS

__all__ = ["load_all", "serve"]

NEEDED = (
    "numpy",
    "pandas",
    "pyarrow.csv",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "scipy.special",
    "scipy.linalg",
    "mlm_steps.data.assemble",
    "mlm_steps.engine.fit.estimates",
    "mlm_steps.engine.fit.lmm",
    "mlm_steps.runner.begin",
)
"""The modules that the check of a run and its first step need; they are loaded before the first call.

The libraries stand before the modules of this package that import them. When those modules were loaded first,
the same libraries took .15 s longer.
"""
PRELOADED = (
    "mlm_steps.records.base:build_parts",
    *(
        name
        for step, declared in STEPS.items()
        if not declared.rare
        for name in (f"mlm_steps.steps.{step}", *declared.preload)
    ),
    "mlm_steps.records.base:build_parts",  # of the records that these modules have loaded
)
"""The modules of all steps in the order in which they run, each with the libraries that it imports later."""

GONE = 130
"""Exit code of a process whose client has ended."""

Command = Callable[[Sequence[str]], int]


def serve(
    address: str,
    lifeline: int,
    command: Command,
    prepare: Callable[[], object],
    keeper: Callable[[], Callable[[], bool]],
    *,
    limit: int | None = None,
) -> int:
    """Answer calls at a socket address until the file descriptor ``lifeline`` reaches its end.

    Every child inherits the values that these functions compute: ``prepare`` is called once, before the first
    command; the function that ``keeper`` returns is called after each command until it returns True. At most
    ``limit`` children run at a time; further calls wait.
    """
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{address}.new")
    listener.listen(128)
    os.rename(f"{address}.new", address)  # noqa: PTH104 - a client may connect once the name exists
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run ends the pool after an interrupt
    ended = _child_signals()
    for _ in _load(NEEDED):
        pass
    prepare()
    keep = keeper()
    waiting = _load(PRELOADED)
    children: dict[int, socket.socket] = {}
    kept = False
    while True:
        pending = next(waiting, False) is None
        full = limit is not None and len(children) >= limit
        watched: list[socket.socket | int] = [lifeline, ended] if full else [lifeline, ended, listener]
        ready, _, _ = select.select(watched, [], [], 0 if pending else None)
        if ended in ready:
            os.read(ended, 4096)
            _reap(children)
            kept = kept or keep()
        if lifeline in ready:
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            shutil.rmtree(Path(address).parent, ignore_errors=True)  # a killed run cannot remove it
            return 0
        if listener in ready:
            connection, _ = listener.accept()
            child = _fork(connection, lifeline, command, [listener, *children.values()])
            children[child] = connection


def load_all() -> None:
    """Load what the steps of a run need, so that the forks of this process have it."""
    for _ in chain(_load(NEEDED), _load(PRELOADED)):
        pass


def _child_signals() -> int:
    """Return a descriptor that becomes readable whenever a child ends."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader


def _load(names: Iterable[str]) -> Iterator[None]:
    """Load modules and yield after each one, so that a call need not wait for all of them."""
    for name in names:
        module, _, function = name.partition(":")
        loaded = importlib.import_module(module)
        yield
        if function:
            yield from getattr(loaded, function)()


def _reap(children: dict[int, socket.socket]) -> None:
    """Send the exit codes of children that have ended."""
    for child in list(children):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            connection = children.pop(child)
            code = os.waitstatus_to_exitcode(status)
            with suppress(OSError):
                connection.sendall((128 - code if code < 0 else code).to_bytes(4, "big", signed=True))
            connection.close()


def _fork(
    connection: socket.socket, lifeline: int, command: Command, inherited: Sequence[socket.socket]
) -> int:
    gc.freeze()  # a garbage collection in the child would write to, and so copy, every page of the parent
    child = os.fork()
    if child:
        return child
    gc.disable()
    code = 3
    try:
        for other in inherited:
            other.close()
        code = _work(connection, lifeline, command)
    except BaseException:  # a bug in mlm: no caller would print the traceback
        with suppress(OSError):  # the disk of the log may be full
            traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _work(connection: socket.socket, lifeline: int, command: Command) -> int:
    """Read one request, set the client's streams and folder, and run the command."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    message, ancillary, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(8))
    if not message:
        return GONE  # the client ended while its call waited
    size = int.from_bytes(message[:4], "big")
    while len(message) < size + 4:
        message += connection.recv(65536)
    folder, *words = os.fsdecode(message[4:]).split("\0")
    streams = array.array("i")
    for _, _, data in ancillary:
        streams.frombytes(data)
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ[POOLED] = "1"
    threading.Thread(target=_end_with, args=(connection, lifeline), daemon=True).start()
    return command(words)


def _end_with(connection: socket.socket, lifeline: int) -> None:
    """End this process when the client ends, or the run; the pool may have been killed together with it."""
    ends: list[socket.socket | int] = [connection, lifeline]
    select.select(ends, [], [])
    os._exit(GONE)
