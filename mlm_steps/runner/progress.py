"""Progress while the workflow runs, from the events of Snakemake's logger."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable
from typing import TextIO

__all__ = ["Progress"]

REPEATED = "resample"
"""The rule whose jobs are many and alike: those that are done tell how long the others will take."""


class Progress(logging.Filter):
    """Says each step that ends, with the count of all.

    Snakemake replaces the handlers of its logger when a run starts, but not the filters: hence a filter
    that lets everything pass.

    Attributes
    ----------
    failed : list of str
        The steps that Snakemake counts as failed.
    """

    def __init__(self, waiting: Iterable[str], stream: TextIO = sys.stderr) -> None:
        super().__init__()
        names = list(waiting)
        self._total = len(names)
        self._repeated = sum(name.partition("/")[0] == REPEATED for name in names)
        self._stream = stream
        self._steps: dict[int, str] = {}
        self._begun = time.monotonic()
        self._first: float | None = None
        self._done = self._repeated_done = 0
        self.failed: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Take note of an event; always let it pass."""
        event = str(vars(record).get("event") or "")
        if event == "job_info":
            self._begin(vars(record)["jobid"], _name(vars(record)))
        elif event == "job_finished":
            self.finished(self._steps.get(vars(record)["job_id"], ""))
        elif event == "job_error":
            self.failed.append(self._steps.get(vars(record).get("jobid", -1), "a step"))
        return True

    def _begin(self, job: int, step: str) -> None:
        self._steps[job] = step
        if self._first is None and step.partition(" ")[0] == REPEATED:
            self._first = time.monotonic()

    def finished(self, step: str) -> None:
        """Say that a step has ended."""
        if not step or step == "all":
            return
        self._done += 1
        count = f"{self._done}/{max(self._total, self._done)}"
        seconds = time.monotonic() - self._begun
        print(f"[{count:>7}] {seconds:6.1f} s  {step}{self._left(step)}", file=self._stream, flush=True)

    def _left(self, step: str) -> str:
        """Return how long the jobs of the bootstrap will take that are still to come, in words."""
        if step.partition(" ")[0] != REPEATED or self._first is None:
            return ""
        self._repeated_done += 1
        rest = max(self._repeated - self._repeated_done, 0)
        seconds = (time.monotonic() - self._first) / self._repeated_done * rest
        return f" ({rest} of {self._repeated} left, about {_duration(seconds)})" if rest else ""


def _duration(seconds: float) -> str:
    """Return a time to wait in words.

    Examples
    --------
    >>> _duration(42.3), _duration(200), _duration(9000)
    ('42 s', '3 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _name(event: dict[str, object]) -> str:
    wildcards = event.get("wildcards")
    values = wildcards.values() if isinstance(wildcards, dict) else ()
    return " ".join([str(event.get("rule_name", "")), *(str(value) for value in values)])
