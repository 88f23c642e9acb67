"""Progress while the workflow runs, from the events of Snakemake's logger."""

from __future__ import annotations

import logging
import sys
import time
from typing import TextIO

__all__ = ["Progress"]


class Progress(logging.Filter):
    """Says each step that ends, with the count of all.

    Snakemake replaces the handlers of its logger when a run starts, but not the filters: hence a filter
    that lets everything pass.

    Attributes
    ----------
    failed : list of str
        The steps that Snakemake counts as failed.
    """

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        super().__init__()
        self._total = total
        self._stream = stream
        self._steps: dict[int, str] = {}
        self._begun = time.monotonic()
        self._done = 0
        self.failed: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Take note of an event; always let it pass."""
        event = str(vars(record).get("event") or "")
        if event == "job_info":
            self._steps[vars(record)["jobid"]] = _name(vars(record))
        elif event == "job_finished":
            self.finished(self._steps.get(vars(record)["job_id"], ""))
        elif event == "job_error":
            self.failed.append(self._steps.get(vars(record).get("jobid", -1), "a step"))
        return True

    def finished(self, step: str) -> None:
        """Say that a step has ended."""
        if not step or step == "all":
            return
        self._done += 1
        count = f"{self._done}/{max(self._total, self._done)}"
        seconds = time.monotonic() - self._begun
        print(f"[{count:>7}] {seconds:6.1f} s  {step}", file=self._stream, flush=True)


def _name(event: dict[str, object]) -> str:
    wildcards = event.get("wildcards")
    values = wildcards.values() if isinstance(wildcards, dict) else ()
    return " ".join([str(event.get("rule_name", "")), *(str(value) for value in values)])
