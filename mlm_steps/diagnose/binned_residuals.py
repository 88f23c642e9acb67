"""Mean residuals in groups of rows with similar fitted values (statistics, section 22.8; Gelman & Hill)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.diagnose.base import Contribution, Subject, flag_of, p_text, tail_share, too_large
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck

__all__ = ["binned_residuals"]

Array = NDArray[np.float64]

LIMIT = 1.96
"""Standard errors that 95 % of the mean residuals do not exceed."""
MOST_BINS = 60
"""Largest number of groups of rows; there are about as many as the square root of the number of rows."""


class _Bins(NamedTuple):
    """Per group of rows the fitted value, the mean residual, its standard error and the number of rows."""

    fitted: Array
    residual: Array
    se: Array
    rows: Array

    @property
    def outside(self) -> float:
        """Share of groups whose mean residual is beyond its limits."""
        return float(np.mean(np.abs(self.residual) > LIMIT * self.se))


def binned_residuals(subject: Subject) -> Contribution:
    """Return the share of groups of rows whose mean residual is beyond its limits.

    Residuals at modes are shrunken, so that the share is compared with that of outcomes drawn from the model,
    which have modes of their own.
    """
    found = _bins(subject, subject.y, subject.eta)
    curve = Curve(
        name="binned_residuals",
        columns=("fitted", "residual", "low", "high", "rows"),
        points=tuple(
            (float(at), float(mean), -LIMIT * float(se), LIMIT * float(se), float(rows))
            for at, mean, se, rows in zip(*found, strict=True)
        ),
    )
    if not subject.drawn:
        return Contribution((too_large("binned_residuals"),), (curve,))
    others = np.array([_bins(subject, each.y, each.eta).outside for each in subject.drawn])
    share, p = found.outside, tail_share(found.outside, others)
    high = float(np.quantile(others, 0.95))
    text = (
        f"{round(share * found.rows.size)} of {found.rows.size} mean residuals of rows with similar fitted "
        f"values are beyond their limits of 95 %: share {share:.2f} (95 % of data sets of the model: at most "
        f"{high:.2f}), {p_text(p)}."
    )
    row = DiagnosticCheck(
        check="binned_residuals",
        statistic=share,
        low=0.0,
        high=high,
        p=p,
        replicates=others.size,
        flag=flag_of(p),
        sentence=text,
    )
    return Contribution((row,), (curve,))


def _bins(subject: Subject, y: Array, eta: Array) -> _Bins:
    mean = subject.family.mean(eta)
    total = subject.weights * subject.trials
    residual = subject.weights * (y - subject.trials * mean)
    variance = subject.weights * subject.family.variance(eta, subject.phi, subject.trials)
    count = int(np.clip(round(np.sqrt(y.size)), 1, MOST_BINS))
    groups = np.array_split(np.argsort(mean, kind="stable"), count)
    amount = np.array([total[rows].sum() for rows in groups])
    return _Bins(
        np.array([total[rows] @ mean[rows] for rows in groups]) / amount,
        np.array([residual[rows].sum() for rows in groups]) / amount,
        np.sqrt([variance[rows].sum() for rows in groups]) / amount,
        np.array([float(rows.size) for rows in groups]),
    )
