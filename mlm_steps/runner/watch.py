"""A step ends when the run that started it is gone, so that no orphan writes into a later run."""

from __future__ import annotations

import os
import threading
import time

__all__ = ["VARIABLE", "end_with_run", "this_process"]

VARIABLE = "MLM_RUN"
"""Environment variable that names the process of the run, as ``machine:number``."""


def this_process() -> str:
    """Return this process's name for ``VARIABLE``."""
    return f"{os.uname().nodename}:{os.getpid()}"


def end_with_run() -> None:
    """End this process soon after the run that started it on this machine, if one did, has ended."""
    machine, _, number = os.environ.get(VARIABLE, "").rpartition(":")
    if machine == os.uname().nodename and number.isdigit():
        threading.Thread(target=_watch, args=(int(number),), daemon=True).start()


def _watch(run: int) -> None:
    while True:
        try:
            os.kill(run, 0)
        except ProcessLookupError:
            os._exit(143)
        except PermissionError:
            return  # a process of another user: the number was reused
        time.sleep(0.2)
