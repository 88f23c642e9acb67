"""Keep what the steps of several specs share in their pool, each part once it exists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from mlm_steps.steps.run.layout import Layout

__all__ = ["Keeping"]


class Keeping:
    """Asks the keeper of a spec when its ledger has changed since the last time.

    Looking at the time of a ledger takes microseconds, and a plan that finds out whether the data are current
    tens of milliseconds. The pool asks after each of its commands.

    Parameters
    ----------
    analyses : iterable of (Path, Path)
        Each spec with its output folder.
    allow_outside : bool
        Whether the specs may read data from any folder.
    """

    def __init__(self, analyses: Iterable[Iterable[Path]], *, allow_outside: bool) -> None:
        self._outside = allow_outside
        self._waiting = {(spec, out): _changed(out) for spec, out in analyses}
        self._keepers: dict[tuple[Path, ...], Callable[[], bool]] = {}

    def __call__(self) -> bool:
        """Keep what exists by now; return whether nothing is left to keep for any spec."""
        for (spec, out), before in list(self._waiting.items()):
            now = _changed(out)
            if now == before:
                continue
            self._waiting[spec, out] = now
            if (spec, out) not in self._keepers:
                begin = import_module("mlm_steps.runner.begin")  # after the pool has loaded the libraries
                self._keepers[spec, out] = begin.Keeper(spec, out, allow_outside=self._outside)
            if self._keepers[spec, out]():
                del self._waiting[spec, out], self._keepers[spec, out]
        return not self._waiting


def _changed(out: Path) -> int | None:
    try:
        return Layout(out).provenance.stat().st_mtime_ns
    except OSError:
        return None
