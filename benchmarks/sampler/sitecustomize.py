"""Write, for every process of a run, which function it was in and the processor time since the last look.

Python imports this module at its start if its folder is on ``PYTHONPATH``. With ``SAMPLES``, the name of a
folder, in the environment, each process writes a file ``NUMBER.PARENT.START`` there, with a line for each
look: the time, the processor seconds of the process since the last line, and the stack, outermost function
first. It is used by ``benchmarks/where.py`` alone and is no part of the package.
"""

import atexit
import contextlib
import fcntl
import os
import signal
import sys
import time

EVERY = 0.002
"""Seconds between two looks."""
FAR = 900
"""The file descriptor is above those that a run counts on."""


def begin() -> None:
    """Start to look at this process."""
    name = f"{os.environ['SAMPLES']}/{os.getpid()}.{os.getppid()}.{time.time():.4f}"
    opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    state["file"] = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, FAR)
    os.close(opened)
    state["seen"] = 0.0
    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, EVERY, EVERY)


def look(_: int = 0, frame: object = None) -> None:
    """Write a line."""
    now = time.process_time()
    spent, state["seen"] = now - state["seen"], now
    if spent < 1e-5:  # it waits
        return
    stack = []
    while frame is not None:
        stack.append(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")
        frame = frame.f_back
    os.write(state["file"], f"{time.time():.4f} {spent:.6f} {';'.join(reversed(stack))}\n".encode())


def wake_by(descriptor: int, **_: object) -> int:
    """Stand in for ``signal.set_wakeup_fd``: its descriptor is to become readable at other signals only."""
    before, state["wake"] = state.get("wake", -1), descriptor
    return before


def handle_by(number: int, handler: object) -> object:
    """Stand in for ``signal.signal``: the handler also writes to the descriptor of ``wake_by``."""

    def handle(number: int, frame: object) -> None:
        if state.get("wake", -1) >= 0:
            with contextlib.suppress(OSError):
                os.write(state["wake"], bytes([number]))
        handler(number, frame)

    return really_handle(number, handle if callable(handler) and handler is not look else handler)


def leave(code: int) -> None:
    """Write the last line of a process that ends without the exit functions."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    look(frame=sys._getframe(1))
    really_leave(code)


def stop() -> None:
    """Write the last line of a process that ends in the usual way."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    look(frame=sys._getframe())


if "SAMPLES" in os.environ:
    state: dict = {}
    really_leave, really_handle = os._exit, signal.signal
    os._exit, signal.signal, signal.set_wakeup_fd = leave, handle_by, wake_by
    os.register_at_fork(after_in_child=begin)
    atexit.register(stop)
    begin()
