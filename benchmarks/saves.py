"""Time from a save to the report in the browser, under ``mlm serve --watch``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

import psutil

from benchmarks.taken import Taken, highest

__all__ = ["Served"]

TICKS = os.sysconf("SC_CLK_TCK")
IDLE = 0.5
"""Seconds without work after which the server has loaded all that it loads."""
LONGEST = 300.0


class Served:
    """``mlm serve --watch`` in a folder, as a context that ends it."""

    def __init__(self, folder: Path) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-P", "-m", "mlm_steps", "serve", "--watch"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        address = self._server.stdout.readline().split()[4]
        self._events = urlopen(f"{address}events", timeout=LONGEST)
        self._report = self._next_report(0)
        self._wait_until_idle()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._events.close()
        self._server.send_signal(signal.SIGINT)
        self._server.wait(LONGEST)
        self._server.stdout.close()

    def take(self, save: Callable[[], object], *, tree: bool = False) -> Taken:
        """Save, and return what passed until the server told the browsers of the new report.

        ``tree`` also looks at the memory of all processes, the server's included.
        """
        process = psutil.Process(self._server.pid)
        with highest(process, wanted=tree) as sums:
            before, start = self._cpu(), time.perf_counter()
            save()
            self._report = self._next_report(self._report)
            wall = time.perf_counter() - start
            self._wait_until_idle()
        return Taken(self._cpu() - before, wall, process.memory_info().rss / 2**20, sums[0])

    def _next_report(self, number: int) -> int:
        """Read events until one has a newer report, and return its number."""
        while line := self._events.readline():
            if line.startswith(b"data:"):
                state = json.loads(line[5:])
                if state["fault"]:
                    raise RuntimeError(state["text"])
                if state["report"] > number:
                    return state["report"]
        raise RuntimeError("the server has ended")

    def _wait_until_idle(self) -> None:
        before = -1.0
        while self._cpu() - before > IDLE / 10:  # it looks at the files all the time
            before = self._cpu()
            time.sleep(IDLE)

    def _cpu(self) -> float:
        """Return the processor seconds of the server and of the runs that have ended."""
        words = Path(f"/proc/{self._server.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, words[11:15])) / TICKS
