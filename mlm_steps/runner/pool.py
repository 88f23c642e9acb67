"""The server of the warm pool: one process that has loaded the libraries, and whose forks run the commands.

On two cores, a step in a new interpreter spent 1 to 2 s on imports, and a step in a fork of this process
about 0.05 s. A child ends when the client of its command ends, and all children end with the run that started
the pool, even if the pool was killed as well. So no child writes after its run has ended.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import shutil
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from mlm_steps.runner.worker import Command, answer, work
from mlm_steps.steps import STEPS

__all__ = ["load_all", "serve"]

NEEDED = (
    "numpy",
    "pandas",
    "pyarrow.csv",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "mlm_steps.runner.lean:load_scipy",
    "mlm_steps.data.assemble",
    "mlm_steps.engine.fit.estimates",
    "mlm_steps.engine.fit.lmm",
    "mlm_steps.runner.begin",
)
"""The modules that the check of a run and its first step need; they are loaded before the first call.

The libraries stand before the modules of this package that import them. When those modules were loaded first,
the same libraries took .15 s longer.
"""
USUAL = tuple(step for step, declared in STEPS.items() if not declared.rare)
"""The steps whose modules are loaded if it is not known which steps a run will make."""


class _Child:
    """A fork of the pool, the channel to it, and the connection of the command that it runs."""

    def __init__(self, process: int, channel: socket.socket, *, complete: bool) -> None:
        self.process, self.channel, self.complete = process, channel, complete
        self.connection: socket.socket | None = None
        self.idle = False

    @property
    def is_working(self) -> bool:
        """Whether the child runs a command and has not died."""
        return self.connection is not None and self.channel.fileno() >= 0

    def give(self, connection: socket.socket) -> None:
        """Let the child run the command of a connection."""
        self.connection, self.idle = connection, False
        with suppress(OSError):  # the child has died; its exit code answers the call
            socket.send_fds(self.channel, [b"\0"], [connection.fileno()])

    def hear(self) -> None:
        """Answer the call after the command has ended; let the child end if it is to run no other."""
        found = answer(self.channel)
        if found is not None:
            self.reply(found[0])
        self.idle = found is not None and found[1] and self.complete
        if not self.idle:
            self.channel.close()

    def reply(self, code: int) -> None:
        """Send the exit code of the command, if it runs one."""
        if self.connection is not None:
            with suppress(OSError):
                self.connection.sendall((128 - code if code < 0 else code).to_bytes(4, "big", signed=True))
            self.connection.close()
            self.connection = None


def serve(
    address: str,
    lifeline: int,
    command: Command,
    prepare: Callable[[], object],
    keeper: Callable[[], Callable[[], bool]],
    *,
    steps: Collection[str] = USUAL,
    limit: int | None = None,
) -> int:
    """Answer calls at a socket address until the file descriptor ``lifeline`` reaches its end.

    Every child inherits the values that these functions compute: ``prepare`` is called once, before the first
    command; the function that ``keeper`` returns is called after each command until it returns True. A child
    that has inherited everything runs several commands, others run one. The modules of ``steps`` are loaded;
    another step can be made, but loads its modules itself. At most ``limit`` children work at a time; further
    calls wait.
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
    waiting = _load(_modules(steps))
    children: dict[int, _Child] = {}
    kept = False
    while True:
        pending = next(waiting, False) is None
        working = {child.channel: child for child in children.values() if child.is_working}
        full = limit is not None and len(working) >= limit
        watched: list[socket.socket | int] = [lifeline, ended, *working, *([] if full else [listener])]
        ready, _, _ = select.select(watched, [], [], 0 if pending else None)
        heard = [child for channel, child in working.items() if channel in ready]
        for child in heard:
            child.hear()
        if ended in ready:
            os.read(ended, 4096)
            _reap(children)
        if heard or ended in ready:
            kept = kept or keep()
        if lifeline in ready:
            for process in children:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            shutil.rmtree(Path(address).parent, ignore_errors=True)  # a killed run cannot remove it
            return 0
        if listener in ready:
            idle = next((child for child in children.values() if child.idle), None)
            chosen = idle or _fork(listener, lifeline, command, children, complete=kept and not pending)
            chosen.give(listener.accept()[0])  # after the fork, which would keep it open, too


def load_all() -> None:
    """Load what the steps of a run need, so that the forks of this process have it."""
    for _ in chain(_load(NEEDED), _load(_modules(USUAL))):
        pass


def _modules(steps: Collection[str]) -> Iterator[str]:
    """Yield the modules of steps in the order in which they run, each with what it imports later."""
    yield "mlm_steps.records.base:build_parts"
    for step, declared in STEPS.items():
        if step in steps:
            yield from (f"mlm_steps.steps.{step}", *declared.preload)
    yield "mlm_steps.records.base:build_parts"  # of the records that these modules have loaded


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


def _reap(children: dict[int, _Child]) -> None:
    """Answer the calls of children that have ended without an answer."""
    for process, child in list(children.items()):
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            child.reply(os.waitstatus_to_exitcode(status))
            child.channel.close()
            del children[process]


def _fork(
    listener: socket.socket,
    lifeline: int,
    command: Command,
    children: dict[int, _Child],
    *,
    complete: bool,
) -> _Child:
    """Return a new child, which waits for a connection."""
    ours, theirs = socket.socketpair()
    gc.freeze()  # a garbage collection in the child would write to, and so copy, every page of the parent
    process = os.fork()
    if process:
        theirs.close()
        children[process] = _Child(process, ours, complete=complete)
        return children[process]
    gc.disable()
    code = 3
    try:
        connections = [child.connection for child in children.values() if child.connection is not None]
        for other in (listener, ours, *connections, *(child.channel for child in children.values())):
            other.close()
        code = work(theirs, lifeline, command)
    except BaseException:  # a bug in mlm: no caller would print the traceback
        with suppress(OSError):  # the disk of the log may be full
            traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
