"""The part of the log density that does not depend on the linear predictor, summed over the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlm_steps.engine.families import Family, Outcome

__all__ = ["Constants"]


@dataclass(frozen=True, slots=True, eq=False)
class Constants:
    """The constants of a family for one outcome.

    Attributes
    ----------
    family : Family
    outcome : Outcome
        For counts, their distinct values, with the sums of the weights.
    fixed : float or None
        The sum, if it depends on no parameter.
    """

    family: Family
    outcome: Outcome
    fixed: float | None

    @classmethod
    def of(cls, family: Family, outcome: Outcome) -> Constants:
        """Return the constants of an outcome."""
        if not family.has_dispersion:
            return cls(family, outcome, float(outcome.weights @ family.constant(outcome, 1.0)))
        if family.integers:
            distinct, where = np.unique(outcome.y, return_inverse=True)
            weights = np.asarray(np.bincount(where, outcome.weights), dtype=np.float64)
            return cls(family, Outcome.of(distinct, None, weights), None)
        return cls(family, outcome, None)

    def value(self, phi: float) -> float:
        """Return Σ a times the constant."""
        if self.fixed is not None:
            return self.fixed
        return float(self.outcome.weights @ self.family.constant(self.outcome, phi))

    def slope(self, phi: float) -> float:
        """Return its derivative in log(phi)."""
        if self.fixed is not None:
            return 0.0
        return float(self.outcome.weights @ self.family.constant_slope(self.outcome, phi))
