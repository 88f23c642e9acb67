"""What a measure of explained variance is given, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.records import Icc, Notice, VarianceMeasure

__all__ = ["Contribution", "Explained", "Measure"]


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """One rung and those it is compared with.

    Attributes
    ----------
    model : str
        Name of the rung.
    fit : LmmFit
        Its fit by the declared method.
    null, previous : tuple of str and LmmFit, or None
        Name and fit, by the same method, of the null model and of the rung before; None if there is none, or
        if the rung is itself the null model or the first.
    """

    model: str
    fit: LmmFit
    null: tuple[str, LmmFit] | None = None
    previous: tuple[str, LmmFit] | None = None


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one measure adds to the record of a rung.

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
    """What a measure looks like: a function of an Explained, in a module of the word a user writes.

    It returns a number for every fit, singular ones too, or None with a code.
    """

    def __call__(self, explained: Explained) -> Contribution:
        """Return what the measure adds to the record."""
        ...
