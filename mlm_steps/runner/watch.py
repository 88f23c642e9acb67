"""End a step when the run that started it has ended, so that it does not write into a later run."""

from __future__ import annotations

import os
import time

__all__ = [
    "POOLED",
    "SERVER",
    "VARIABLE",
    "end_with_parent",
    "end_with_run",
    "end_with_server",
    "in_run",
    "run_is_gone",
    "this_process",
]

VARIABLE = "MLM_RUN"
"""Environment variable that names the process of the run, as ``machine:number``."""
POOLED = "MLM_POOLED"
"""Environment variable of a command that the pool of a run executes."""
SERVER = "MLM_SERVER"
"""Environment variable of a run that ``mlm serve`` has forked: the number of the server's process."""
WATCHED = 0.2
"""Seconds between two looks of a process at whether the one that started it still exists."""


def this_process() -> str:
    """Return this process's name for ``VARIABLE``."""
    return f"{os.uname().nodename}:{os.getpid()}"


def in_run() -> bool:
    """Return whether a run executes this command, and its standard error is a log."""
    return POOLED in os.environ or VARIABLE in os.environ


def run_is_gone() -> bool:
    """Return whether a run on this machine started this process and has ended."""
    machine, _, number = os.environ.get(VARIABLE, "").rpartition(":")
    if machine != os.uname().nodename or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # a process of another user: the system has reused the number
    return False


def end_with_run() -> None:
    """End this process soon after the end of the run that started it; do nothing without such a run.

    A command in the pool ends with its run by other means.
    """
    if VARIABLE in os.environ and POOLED not in os.environ:
        import threading  # imported here, since the client of the pool uses only run_is_gone

        threading.Thread(target=_watch, daemon=True).start()


def end_with_parent(parent: int) -> None:
    """End this process, a fork of another one, soon after the end of that process."""
    import threading

    threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()


def end_with_server() -> None:
    """End a run that ``mlm serve`` has forked soon after the end of the server."""
    number = os.environ.get(SERVER)
    if number is not None:
        end_with_parent(int(number))


def _watch() -> None:
    while not run_is_gone():
        time.sleep(WATCHED)
    os._exit(143)


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCHED)
    os._exit(143)
