"""What a profile needs of a model: its deviance with one parameter fixed (statistics, section 8)."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Constrained", "ConstrainedPoint"]

Array = NDArray[np.float64]


class ConstrainedPoint(NamedTuple):
    """The deviance, minus a constant, with its gradient and Hessian in the free coordinates."""

    value: float
    gradient: Array
    hessian: Array | None


class Constrained(Protocol):
    """The deviance of a model as a function of one fixed coordinate c and the free coordinates."""

    @property
    def best(self) -> float:
        """Value of c at the optimum."""
        ...

    @property
    def start(self) -> Array:
        """The free coordinates at the optimum."""
        ...

    @property
    def low(self) -> float:
        """Lower bound of c."""
        ...

    @property
    def high(self) -> float:
        """Upper bound of c."""
        ...

    @property
    def step(self) -> float:
        """A change of c of the order of a standard error."""
        ...

    @property
    def ceiling(self) -> float:
        """Upper bound of the rise of the deviance for all c."""
        ...

    @property
    def exact_hessian(self) -> bool:
        """Whether every evaluation may come with its Hessian."""
        ...

    def point(self, c: float, x: Array, *, hessian: bool) -> ConstrainedPoint | None:
        """Return the deviance with the parameter fixed at c; None where it does not exist."""
        ...

    def shown(self, c: float) -> float:
        """Return the parameter in the units of the design."""
        ...

    def is_itself(self, x: Array) -> bool:
        """Return whether the parameter has the fixed value at this point, not the value of opposite sign."""
        ...
