"""What is measured, by whom, and how a table goes from one process to another, without mlm_steps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

Run = Callable[[], float]
"""One repetition; returns the criterion, or not a number where there is none."""
Task = Callable[[pd.DataFrame, str], Run]
"""From the data and a formula to what is timed."""

ANY_FORMULA = re.compile(r".*")
ONE_TERM = re.compile(r"[^|]* \| \w+\)")
"""Formulas with one random term of one factor, its effects correlated."""


@dataclass(frozen=True, slots=True)
class Case:
    """A model on data.

    Attributes
    ----------
    title : str
        The row's first cell.
    formula : str
    frame : callable
        Reads or simulates the data. Whole numbers are levels of factors, texts too.
    task : str
        What the targets compare: ``fit``, ``df`` (fit and degrees of freedom), ``kenward-roger``,
        ``bootstrap`` or ``profile``.
    targets : mapping of str to float
        Per peer the largest ratio of our time to theirs.
    group : str
        Cases of the same group share a table.
    """

    title: str
    formula: str
    frame: Callable[[], pd.DataFrame]
    task: str = "df"
    targets: Mapping[str, float] = field(default_factory=dict)
    group: str = "models"

    @property
    def tasks(self) -> tuple[str, ...]:
        """What is measured: a fit also with degrees of freedom, and the reverse."""
        return ("fit", "df") if self.task in ("fit", "df") else (self.task,)


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that fits mixed models.

    Attributes
    ----------
    title : str
    module : str
        What must be importable, or ``Rscript``.
    tasks : mapping of str to Task
        What it can do. An R program reads its tasks from its own file.
    largest : int
        Rows beyond which it takes too long, or too much memory, to be measured.
    known : pattern
        The formulas that it knows.
    """

    title: str
    module: str
    tasks: Mapping[str, Task]
    largest: int = 10**9
    known: re.Pattern[str] = ANY_FORMULA


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one program took for one task.

    Attributes
    ----------
    median, least : float
        Processor seconds of a call: the median of the calls, and the least.
    calls : int
        How many calls of the same process were timed.
    megabytes : float
        Largest memory of the process beyond what it held before.
    criterion : float
    note : str
        Why there are no numbers.
    """

    median: float = float("nan")
    least: float = float("nan")
    calls: int = 0
    megabytes: float = float("nan")
    criterion: float = float("nan")
    note: str = ""


def write_frame(frame: pd.DataFrame, folder: Path) -> None:
    """Write columns as plain binary files that every program reads at once."""
    kinds = {}
    for name, column in frame.items():
        if column.dtype.kind == "f":
            kinds[name] = "number"
            column.to_numpy("<f8").tofile(folder / f"{name}.bin")
            continue
        codes, levels = pd.factorize(column, sort=True)
        kinds[name] = "whole" if column.dtype.kind in "iu" else "text"
        codes.astype("<i4").tofile(folder / f"{name}.bin")
        (folder / f"{name}.levels").write_text("\n".join(map(str, levels)) + "\n", encoding="utf-8")
    (folder / "columns.json").write_text(json.dumps({"rows": len(frame), "kinds": kinds}), encoding="utf-8")


def read_frame(folder: Path) -> pd.DataFrame:
    """Return what ``write_frame`` wrote."""
    kinds = json.loads((folder / "columns.json").read_text(encoding="utf-8"))["kinds"]
    return pd.DataFrame({name: _column(folder, name, kind) for name, kind in kinds.items()})


def _column(folder: Path, name: str, kind: str) -> np.ndarray:
    if kind == "number":
        return np.fromfile(folder / f"{name}.bin", "<f8")
    levels = (folder / f"{name}.levels").read_text(encoding="utf-8").split("\n")[:-1]
    values = np.array(levels, dtype=np.int64 if kind == "whole" else object)
    return values[np.fromfile(folder / f"{name}.bin", "<i4")]
