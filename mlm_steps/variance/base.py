"""Input and output of the measures of explained variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.records import Icc, Notice, VarianceMeasure

__all__ = ["Contribution", "Explained", "Measure"]


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """One rung and the rungs that it is compared with.

    Attributes
    ----------
    model : str
        Name of the rung.
    fit : LmmFit
        Its fit by the declared method.
    null, previous : tuple of str and LmmFit, or None
        Name and fit, by the same method, of the null model and of the previous rung. None if there is none,
        as for the null model itself and the first rung.
    """

    model: str
    fit: LmmFit
    null: tuple[str, LmmFit] | None = None
    previous: tuple[str, LmmFit] | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """The rows and notices that one measure adds to the record of a rung.

    Attributes
    ----------
    icc : tuple of Icc
    measures : tuple of VarianceMeasure
    notices : tuple of Notice
    """

    icc: tuple[Icc, ...] = ()
    measures: tuple[VarianceMeasure, ...] = ()
    notices: tuple[Notice, ...] = ()


class Measure(Protocol):
    """A measure: a function of an Explained in a module of the same name.

    For every fit, including singular fits, it returns a number, or None with a code.
    """

    def __call__(self, explained: Explained) -> Contribution:
        """Return the rows and notices of the measure."""
        ...
