"""A step ends when the run that started it is gone, so that no orphan writes into a later run."""

from __future__ import annotations

import os
import time

__all__ = ["POOLED", "VARIABLE", "end_with_run", "in_run", "run_is_gone", "this_process"]

VARIABLE = "MLM_RUN"
"""Environment variable that names the process of the run, as ``machine:number``."""
POOLED = "MLM_POOLED"
"""Environment variable of a command that the pool of a run executes."""


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
        return False  # a process of another user: the number was given out again
    return False


def end_with_run() -> None:
    """End this process soon after the run that started it on this machine, if one did, has ended."""
    if VARIABLE in os.environ:
        import threading  # here, since the thin client imports this module for run_is_gone alone

        threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while not run_is_gone():
        time.sleep(0.2)
    os._exit(143)
