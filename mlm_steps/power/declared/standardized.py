"""Standardised mean differences and shares of variance as parameters (statistics, section 16.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.errors import Fault, UsageError, did_you_mean
from mlm_steps.power.declared.columns import ModelColumns
from mlm_steps.power.declared.truths import raw
from mlm_steps.power.truth import Truth

__all__ = ["Per", "mean_differences", "variance_shares"]

Array = NDArray[np.float64]
Per = Literal["total", "within", "pretest"]

SUM = 1e-6
"""Distance from 1 that the sum of shares may have by the rounding of what is written."""


def mean_differences(
    columns: ModelColumns,
    d: Mapping[str, float],
    covariances: Mapping[str, Array],
    sigma: float,
    *,
    per: Per = "total",
    duration: float = 1.0,
) -> Truth:
    """Return the truth of standardised mean differences of two-valued predictors.

    Parameters
    ----------
    columns : ModelColumns
    d : mapping of str to float
        Per column, the difference between its two codes over the standard deviation; of a product with time,
        the difference after ``duration``.
    covariances : mapping of str to ndarray
        Per grouping factor, the covariance matrix of its coefficients.
    sigma : float
    per : {"total", "within", "pretest"}
        The standard deviation: of random intercepts and residual, of the residual, or of the outcome given
        the fixed effects at the first occasion, which is the smallest value of a predictor with ``values``.
    duration : float
        In the unit of time.

    Raises
    ------
    UsageError
        If a column is unknown, or ``pretest`` is asked for without occasions.
    """
    variance = {"within": lambda *_: 0.0, "total": _intercepts, "pretest": _at_first}[per]
    sd = float(np.sqrt(variance(columns, covariances) + sigma**2))
    fixed = {}
    for name, value in d.items():
        column = next((each for each in columns.columns if each.name == name), None)
        if column is None:
            known = [each.name for each in columns.columns]
            raise UsageError(
                Fault(f"truth.d.{name}", f"the model has no column '{name}'", did_you_mean(name, known))
            )
        codes = [columns.code_difference(part) for part in column.parts]
        distance = np.prod([each for each in codes if each is not None]) if codes else 1.0
        through_time = len(column.parts) > 1 and None in codes
        fixed[name] = float(value * sd / distance / (duration if through_time else 1.0))
    return raw(columns, fixed, covariances, sigma)


def _intercepts(columns: ModelColumns, covariances: Mapping[str, Array]) -> float:
    """Return the sum of the variances of the random intercepts."""
    names: dict[str, list[str]] = {}
    for term in columns.source.template.random:
        names.setdefault(term.group, []).extend(term.names)
    variances = (
        np.diag(np.atleast_2d(covariances[group]))[i]
        for group, own in names.items()
        for i, name in enumerate(own)
        if name == "(Intercept)"
    )
    return float(sum(variances))


def _at_first(columns: ModelColumns, covariances: Mapping[str, Array]) -> float:
    """Return the variance of the random effects at the first occasion, the mean over its rows."""
    design, predictors = columns.source.template, columns.predictors
    timed = [each for each in predictors.predictors if each.kind == "values"]
    if not timed:
        what = "pretest is the first occasion, and no predictor has values"
        raise UsageError(Fault("truth.per", what, "per: total, or give the time its values"))
    # Occasions are not drawn, so that any generator will do.
    drawn = predictors.draw([np.random.default_rng(0)], np.random.default_rng(0))
    values = np.broadcast_to(drawn[timed[0].name], (1, design.n))[0]
    first = values == values.min()
    total, used = 0.0, dict.fromkeys(covariances, 0)
    for term in design.random:
        z, start = term.z[first], used[term.group]
        own = slice(start, start + z.shape[1])
        used[term.group] = own.stop
        T = np.atleast_2d(covariances[term.group])[own, own]
        total += float(np.einsum("ni,ij,nj->n", z, T, z).mean())
    return total


def variance_shares(columns: ModelColumns, shares: Mapping[str, float], d: Mapping[str, float]) -> Truth:
    """Return the truth of variance partitioning coefficients (Westfall, Kenny & Judd 2014).

    Parameters
    ----------
    columns : ModelColumns
    shares : mapping of str to float
        ``residual``, and per random coefficient ``factor`` for an intercept or ``factor:column`` for a slope;
        they sum to 1.
    d : mapping of str to float
        Per column, the difference between its two codes in units of the total standard deviation.

    Raises
    ------
    UsageError
        If a share has no random coefficient, one is missing, or they do not sum to 1.
    """
    total = sum(shares.values())
    if abs(total - 1.0) > SUM:
        raise UsageError(Fault("truth.vpc", f"the shares sum to {total:.6g}, not to 1", "include residual"))
    left = dict(shares)
    covariances: dict[str, list[float]] = {}
    for term in columns.source.template.random:
        for name in term.names:
            key = term.group if name == "(Intercept)" else f"{term.group}:{name}"
            if key not in left:
                raise UsageError(Fault("truth.vpc", f"'{key}' has no share", f"given: {', '.join(shares)}"))
            covariances.setdefault(term.group, []).append(left.pop(key))
    residual = left.pop("residual", 0.0)
    if left:
        what = f"the model has no random effect '{next(iter(left))}'"
        raise UsageError(Fault("truth.vpc", what, did_you_mean(next(iter(left)), list(covariances))))
    if residual <= 0.0:
        raise UsageError(Fault("truth.vpc.residual", "the residual needs a share above 0"))
    matrices = {group: np.diag(values) for group, values in covariances.items()}
    fixed = {}
    for name, value in d.items():
        parts = next((each.parts for each in columns.columns if each.name == name), ())
        distance = columns.code_difference(parts[0]) if parts else None
        fixed[name] = value / (distance or 1.0)
    return raw(columns, fixed, matrices, float(np.sqrt(residual)))
