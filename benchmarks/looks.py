"""Read what ``sampler/sitecustomize.py`` has written about the processes of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Look", "Process", "read"]

OWN = "/mlm_steps/"
OTHERS = "/site-packages/"
IMPORT = "<frozen importlib"


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the sampler.

    Attributes
    ----------
    at : float
        Seconds since the start of the run.
    cpu : float
        Processor seconds of the process since its last look.
    stack : tuple of str
        Modules, outermost first: ``ours:`` those of mlm_steps, ``site:`` those of other packages, ``import``
        for the machinery of imports, ``std:`` for all else.
    """

    at: float
    cpu: float
    stack: tuple[str, ...]

    def has(self, modules: Sequence[str]) -> bool:
        """Return whether some module on the stack begins with one of these words."""
        return any(module.startswith(tuple(modules)) for module in self.stack)

    def imported(self) -> str | None:
        """Return the package whose import is under way, the outermost of other authors; None without one."""
        if "import" not in self.stack:
            return None
        inner = self.stack[self.stack.index("import") :]
        others = (module[5:].partition("/")[0] for module in inner if module.startswith("site:"))
        return next(others, "mlm_steps, standard library")


@dataclass(frozen=True, slots=True)
class Process:
    """The looks of one process, the number of processes above it in the run, and its start in seconds."""

    depth: int
    start: float
    looks: tuple[Look, ...]

    @property
    def cpu(self) -> float:
        """Processor seconds."""
        return sum(look.cpu for look in self.looks)


def read(folder: Path) -> list[Process]:
    """Return the processes of one run in the order of their starts."""
    files = {}
    for path in folder.iterdir():
        number, parent, start = path.name.split(".", 2)
        files[number] = (float(start), parent, path)
    first = min(start for start, _, _ in files.values())
    return [
        Process(_depth(number, files), start - first, tuple(_looks(path, first)))
        for number, (start, _, path) in sorted(files.items(), key=lambda item: item[1][0])
    ]


def _depth(number: str, files: dict[str, tuple[float, str, Path]]) -> int:
    parent = files[number][1]
    return 1 + _depth(parent, files) if parent in files else 0


def _looks(path: Path, first: float) -> Iterator[Look]:
    for line in path.read_text(encoding="utf-8").splitlines():
        at, cpu, stack = line.split(" ", 2)
        yield Look(float(at) - first, float(cpu), tuple(map(_module, stack.split(";"))))


def _module(frame: str) -> str:
    file = frame.rpartition(":")[0]
    if file.startswith(IMPORT):
        return "import"
    for mark, kind in ((OTHERS, "site:"), (OWN, "ours:")):
        if mark in file:
            return kind + file.rpartition(mark)[2]
    return "std:" + file.rpartition("/")[2]
