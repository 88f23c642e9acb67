"""The values that all figures share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mlm_steps.design import Formula
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.records.run import RunRecords

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "SEED",
    "SMALLEST_GROUP",
    "Drawer",
    "Figure",
    "FigureInput",
    "Rows",
    "group_label",
    "spread",
    "unit_label",
    "units_label",
]

SMALLEST_GROUP = 3
"""Smallest number of rows of a group with its own least-squares line, since any two points lie on a line."""
SEED = 20201
"""Seed of all samples of groups or rows, so that the same data give the same figure."""
Row = tuple[object, ...]
Rows = tuple[tuple[str, ...], tuple[Row, ...]]


@dataclass(frozen=True, slots=True)
class FigureInput:
    """The records and data from which figures are drawn.

    Attributes
    ----------
    run : RunRecords
    frame : DataFrame
        The analysis sample.
    formulas : mapping of str to Formula
        Parsed formula per model.
    of : str
        The model that a figure of one model shows; empty for the last rung.
    """

    run: RunRecords
    frame: pd.DataFrame
    formulas: Mapping[str, Formula]
    of: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One drawn figure.

    Attributes
    ----------
    name : str
        The key of the figure in ``FIGURES``.
    title : str
    reading : str
        One or two sentences that state, with numbers, what the figure shows.
    alt : str
        The text for screen readers: type, axes and finding.
    svg : bytes
        The same input gives the same bytes.
    data : tuple of column names and rows
        The values that are drawn, for the CSV file beside the figure.
    """

    name: str
    title: str
    reading: str
    alt: str
    svg: bytes
    data: Rows


class Drawer(Protocol):
    """A function that draws one figure, or returns None if the figure does not apply to the run.

    To add one, write ``figures/<name>.py`` with such a function, and list it
    in ``FIGURES`` under the module's name.
    """

    def __call__(self, given: FigureInput) -> Figure | None:
        """Return the figure."""


def group_label(given: FigureInput, name: str) -> str:
    """Return the label of a grouping factor; ``class:school`` may be Class within School."""
    labels = given.run.labels
    parts, word = given.run.reading(name)
    return f" {word} ".join(safe(labels.column(part)) for part in parts)


def units_label(given: FigureInput, name: str) -> str:
    """Return the plural noun for the units of a grouping factor, such as schools, else School groups."""
    declared = given.run.noun_of(name)
    return f"{group_label(given, name)} groups" if declared is None else safe(declared[1])


def unit_label(given: FigureInput, name: str) -> str:
    """Return the noun for one unit of a grouping factor, such as school, else School group."""
    declared = given.run.noun_of(name)
    one = None if declared is None else declared[0]
    return f"{group_label(given, name)} group" if one is None else safe(one)


def spread(count: int, most: int, generator_seed: int = SEED) -> Sequence[int]:
    """Return at most ``most`` of the positions 0 … count - 1 in order, drawn with a fixed seed."""
    import numpy as np

    if count <= most:
        return range(count)
    drawn = np.random.default_rng(generator_seed).choice(count, size=most, replace=False)
    return [int(position) for position in np.sort(drawn)]
