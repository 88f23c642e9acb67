"""Whether the code that a long-lived process has loaded is still the code on disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from mlm_steps.report.share import share

__all__ = ["Loaded", "State", "state_of_file"]

State = tuple[int, int, int] | None
"""Time of the last change, size and number of a file; None if it does not exist."""
PACKAGES = ("site-packages", "dist-packages")
"""Names of the folders whose entries change when a package is installed, upgraded or removed."""


class Loaded:
    """The files of the code as they were when this process first saw them.

    They are those of this package and of its templates, loaded or not, those of all other loaded modules, and
    the folders of installed packages.
    """

    def __init__(self) -> None:
        self._own = frozenset(_own_files())
        self._known: dict[str, State] = {}
        self.changed()

    def changed(self) -> bool:
        """Return whether a file differs from what it was when it was first seen.

        Files of modules that were loaded since the last call are seen now.
        """
        own = frozenset(_own_files())
        now = {path: state_of_file(path) for path in {*own, *_other_files(), *self._known}}
        known, self._known = self._known, {**now, **self._known}
        return own != self._own or any(now[path] != state for path, state in known.items())


def state_of_file(path: str | Path) -> State:
    """Return the state of a file."""
    try:
        status = os.stat(path)  # noqa: PTH116 - for two thousand files before each run
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _own_files() -> Iterator[str]:
    for folder in (Path(__file__).resolve().parents[2], share("reports"), share("workflow")):
        for root, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
            yield from (os.path.join(root, name) for name in names)  # noqa: PTH118 - as above


def _other_files() -> Iterator[str]:
    yield from (path for path in sys.path if Path(path).name in PACKAGES)
    for module in [*sys.modules.values()]:
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            yield file
