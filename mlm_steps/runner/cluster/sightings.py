"""See in the results folder which steps a cluster has begun and finished, before it reports their jobs.

A job may have many steps, and a cluster is asked seldom. A step that begins writes its log, and a step that
has ended is in the ledger. So these files tell which steps run and which have ended, on every cluster.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from mlm_steps.steps.run.layout import Layout

__all__ = ["Sightings"]


class Sightings:
    """Compares the logs and the ledger of a results folder with those from before the jobs were submitted."""

    def __init__(self, out: Path) -> None:
        self._layout = Layout(out)
        self._logs: dict[str, object] = {}
        self._entries = self._started()

    def expect(self, step: str) -> None:
        """Note the log of a step that is being submitted."""
        self._logs[step] = self._log(step)

    def begun(self, steps: Iterable[str]) -> list[str]:
        """Return the steps among some submitted ones whose logs have been written since."""
        return [step for step in steps if step in self._logs and self._log(step) != self._logs[step]]

    def ended(self, steps: Iterable[str]) -> list[str]:
        """Return the steps among some submitted ones that have been entered in the ledger since."""
        now = self._started()
        return [step for step in steps if step in now and now[step] != self._entries.get(step)]

    def _log(self, step: str) -> object:
        try:
            status = self._layout.log(step).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _started(self) -> dict[str, object]:
        """Return when each step in the ledger was started; empty while the ledger cannot be read."""
        try:
            steps = json.loads(self._layout.provenance.read_bytes())["steps"]
            return {name: entry["started"] for name, entry in steps.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}
