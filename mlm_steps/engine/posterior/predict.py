"""Predictions for rows of the fit or of new data, and their errors (statistics, section 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.posterior.henderson import posterior
from mlm_steps.engine.posterior.posterior import Posterior, TermRows
from mlm_steps.engine.result.lmm_fit import LmmFit

__all__ = ["PredictionError", "Rows", "estimates"]

Array = NDArray[np.float64]


class Rows(Protocol):
    """The design of the rows to predict: a fit's own ``Design``, or ``apply_design`` of new data."""

    @property
    def X(self) -> Array:
        """Columns of the fixed effects, shape (m, p)."""

    @property
    def random(self) -> Sequence[TermRows]:
        """The random-effects terms, in the order of the fit."""

    @property
    def offset(self) -> Array | None:
        """Sum of the offsets, shape (m,)."""


def estimates(fit: LmmFit, rows: Rows, *, random: bool) -> Array:
    """Return o + X beta, with ``random`` + Z b at the conditional modes, shape (m,), in outcome units.

    The random effects of a level that is not among those of the fit are 0. The prediction is missing for a
    row with a missing predictor.
    """
    total = np.asarray(rows.X @ fit.beta, dtype=np.float64)
    if rows.offset is not None:
        total = total + rows.offset
    if not random:
        return total
    for term, modes in zip(rows.random, fit.modes, strict=True):
        b = np.where(term.refs[:, None] < 0, 0.0, modes[term.refs])
        known = np.where(term.refs[:, None] < 0, 0.0, term.z)
        total = total + np.einsum("ij,ij->i", known, b)
    return total


@dataclass(frozen=True, slots=True, eq=False)
class PredictionError:
    """The variance of the difference between a prediction and the predicted value.

    A call with theta, in the engine's units, returns that variance over sigma². The variance in each case:

    ============  ======================  ==========================================================
    ``random``    ``outcome``             variance
    ============  ======================  ==========================================================
    False         False                   Var(x'beta_hat)
    False         True                    the same + z'Tz + sigma² / w: a new row of a new group
    True          False                   of x'beta_hat + z'b_hat - x'beta - z'b by Henderson's
                                          equations, the covariance of beta_hat and b_hat - b included;
                                          for a level that the fit does not know + z'Tz, since b_hat = 0
    True          True                    the same + z'Tz of ``others`` + sigma² / w: a new row of the
                                          row's group
    ============  ======================  ==========================================================

    theta and sigma are treated as known.

    Attributes
    ----------
    fit : LmmFit
    rows : Rows
    random, outcome : bool
    weights : ndarray, shape (m,), or None
        Prior weights of the outcomes.
    others : sequence of TermRows, or None
        The terms of grouping factors whose modes are not predicted; the columns of all others are 0.
    """

    fit: LmmFit
    rows: Rows
    random: bool
    outcome: bool
    weights: Array | None = None
    others: Sequence[TermRows] | None = None

    def __call__(self, theta: Array) -> Array:
        """Return the variance over sigma² at theta in the engine's units, shape (m,)."""
        at = posterior(self.fit.prepared, theta)
        total = self._of_mean(at)
        if not self.outcome:
            return total
        if not self.random:
            total = total + at.prior_variances(self.rows.random, known=True)
        elif self.others is not None:
            total = total + at.prior_variances(self.others, known=True)
        return total + (1.0 if self.weights is None else 1.0 / self.weights)

    def variance(self) -> Array:
        """Return the variance at the estimates, shape (m,), in squared outcome units."""
        relative = self(self.fit.prepared.to_internal(self.fit.theta))
        return self.fit.sigma**2 * relative

    def _of_mean(self, at: Posterior) -> Array:
        if not self.random:
            return at.fixed_variances(self.rows.X)
        known = at.variances(self.rows.X, self.rows.random)
        return known + at.prior_variances(self.rows.random, known=False)
