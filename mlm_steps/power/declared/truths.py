"""Declared effects as parameters of the model (statistics, section 16.2).

Each way of declaring them is a function from the columns of the model and what was declared to a ``Truth``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.declared.columns import ModelColumns
from mlm_steps.power.truth import Truth

__all__ = ["Shares", "arend_schaefer", "by_source", "population_sources", "raw"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shares:
    """Effects as shares of the outcome's total variance (Enders, Keller & Woller 2023).

    Attributes
    ----------
    icc : float
        Share between groups, of the outcome itself.
    within, between, product, slope : float
        Shares that level-1 fixed effects, level-2 fixed effects beyond them, cross-level products and random
        slopes explain.
    total : float
        The total variance.
    weights : mapping of str to float
        Relative importance of the columns; 1 by default.
    correlation : float
        Between the random intercept and each random slope.
    """

    icc: float
    within: float = 0.0
    between: float = 0.0
    product: float = 0.0
    slope: float = 0.0
    total: float = 1.0
    weights: Mapping[str, float] = field(default_factory=dict)
    correlation: float = 0.0


def raw(
    columns: ModelColumns, fixed: Mapping[str, float], covariances: Mapping[str, Array], sigma: float
) -> Truth:
    """Return the truth that is declared as parameters.

    ``covariances`` holds per grouping factor the matrix of its coefficients, in the terms' column order.
    """
    beta = np.array([fixed.get(column.name, 0.0) for column in columns.columns])
    terms, used = [], dict.fromkeys(covariances, 0)
    for term in columns.source.template.random:
        k = term.z.shape[1]
        whole, start = np.atleast_2d(np.asarray(covariances[term.group], dtype=float)), used[term.group]
        terms.append(whole[start : start + k, start : start + k])
        used[term.group] = start + k
    return Truth(beta, tuple(terms), sigma)


def by_source(columns: ModelColumns, shares: Shares) -> Truth:
    """Return the truth in which each source explains its declared share of the variance.

    Raises
    ------
    UsageError
        If no variance is left for the residual or the random intercept.
    """
    _has_sources(columns, shares)
    V, s = shares.total, shares
    beta = np.zeros(len(columns.columns))
    level1, level2, products = (columns.of_kind(kind) for kind in ("level-1", "level-2", "product"))
    for positions, share, name in (
        (level1, s.within, "within"),
        (level2, s.between, "between"),
        (products, s.product, "product"),
    ):
        if share and not positions:
            raise UsageError(
                Fault(
                    f"truth.r2.{name}", f"the model has no {name} effect that could explain {share:g}", None
                )
            )
        beta[positions] = _scaled(
            _covariance(columns, positions, name), _weights(columns, positions, shares), V * share
        )
    residual = V * (1.0 - s.icc - s.within - s.product - s.slope)
    if residual <= 0.0:
        raise _impossible(
            "the residual", s, "icc + within + product + slope", 1.0, s.icc + s.within + s.product + s.slope
        )
    slopes, T = _slopes(columns, shares)
    left = V * s.icc - _between(columns, beta, level1, level2)
    tau = _intercept(left, [columns.mean(each) for each in slopes], T, s.correlation)
    if tau <= 0.0:
        raise _impossible(
            "the random intercept",
            s,
            "the variance between groups that the effects explain",
            V * s.icc,
            V * s.icc - left,
        )
    return raw(
        columns,
        dict(zip((c.name for c in columns.columns), beta.tolist(), strict=True)),
        _matrix(columns, tau, dict(zip(slopes, T.tolist(), strict=True)), s.correlation),
        float(np.sqrt(residual)),
    )


def arend_schaefer(
    columns: ModelColumns, *, icc: float, level1: float, level2: float, cross: float, slope_variance: float
) -> Truth:
    """Return the truth of standardised effects by Arend and Schäfer (2019)."""
    tau = icc / (1.0 - icc)
    values = {"level-1": level1, "level-2": level2 * np.sqrt(tau), "product": cross * np.sqrt(slope_variance)}
    fixed = {column.name: float(values.get(column.kind, 0.0)) for column in columns.columns}
    _has_one_factor(columns, "preset arend")
    names = [name for term in columns.source.template.random for name in term.names]
    slope = slope_variance * (1.0 - cross**2)
    slopes = {name: slope for name in names if name != "(Intercept)"}
    matrices = _matrix(columns, tau * (1.0 - level2**2), slopes)
    return raw(columns, fixed, matrices, float(np.sqrt(1.0 - level1**2)))


def population_sources(columns: ModelColumns, truth: Truth) -> dict[str, float]:
    """Return the variance that each source explains in the population, in outcome units squared.

    ``within``, ``between``, ``product``, ``slope``, ``intercept`` (at the means of the slope predictors) and
    ``residual``; for one grouping factor.
    """
    level1, level2, products = (columns.of_kind(kind) for kind in ("level-1", "level-2", "product"))
    Phi_w, Phi_p = _covariance(columns, level1, "within"), _covariance(columns, products, "product")
    T = np.zeros((0, 0))
    for each in truth.covariances:  # terms of one factor are uncorrelated
        k = T.shape[0]
        T = np.pad(T, (0, each.shape[0]))
        T[k:, k:] = each
    names = [name for term in columns.source.template.random for name in term.names]
    slopes = [i for i, name in enumerate(names) if name != "(Intercept)"]
    phi = np.array([columns.within(names[i], names[i]) for i in slopes])
    z = np.array([1.0 if name == "(Intercept)" else columns.mean(name) for name in names])
    return {
        "within": float(truth.beta[level1] @ Phi_w @ truth.beta[level1]),
        "between": _between(columns, truth.beta, level1, level2),
        "product": float(truth.beta[products] @ Phi_p @ truth.beta[products]),
        "slope": float(np.diag(T)[slopes] @ phi),
        "intercept": float(z @ T @ z),
        "residual": truth.sigma**2,
    }


def _has_one_factor(columns: ModelColumns, what: str) -> None:
    """Refuse random effects of several factors, or without an intercept."""
    terms = columns.source.template.random
    groups = list(dict.fromkeys(term.group for term in terms))
    if len(groups) > 1:
        text = f"{what} describes one grouping factor, but the model has {' and '.join(groups)}"
        raise UsageError(Fault("truth", text, "give fixed, random and sigma, or vpc with d"))
    if not any("(Intercept)" in term.names for term in terms):
        text = f"{what} needs a random intercept, which the model does not have"
        raise UsageError(Fault("truth", text, "give fixed, random and sigma"))


def _has_sources(columns: ModelColumns, shares: Shares) -> None:
    """Refuse models in which shares of the variance do not determine the parameters."""
    _has_one_factor(columns, "icc")
    faults = []
    for column in columns.columns[1:] if columns.columns[0].kind == "intercept" else columns.columns:
        if (not column.plain or column.kind == "other") and shares.weights.get(column.name) != 0.0:
            what = f"no share of the variance determines the coefficient of '{column.name}'"
            faults.append(
                Fault("truth.r2", what, f"give fixed, random and sigma, or the weight 0 for '{column.name}'")
            )
    terms = columns.source.template.random
    for name in [name for term in terms for name in term.names if name != "(Intercept)"]:
        if not columns.knows(name) or columns.within(name, name) <= 0.0:
            what = f"the share of the random slope of '{name}' is unknown: it does not vary within groups"
            if not columns.knows(name):
                what = f"the share of the random slope of '{name}' is unknown"
            faults.append(Fault("truth.r2.slope", what, "give fixed, random and sigma"))
    if shares.correlation and len(terms) > 1:
        what = "the random effects of the model are uncorrelated"
        faults.append(Fault("truth.correlation", what, "write (1 + x | group), or leave out correlation"))
    if faults:
        raise UsageError(*faults)


def _matrix(
    columns: ModelColumns, intercept: float, slopes: Mapping[str, float], correlation: float = 0.0
) -> dict[str, Array]:
    """Return the covariance matrix of the only factor, in the order of the terms' coefficients."""
    terms = columns.source.template.random
    names = [name for term in terms for name in term.names]
    variances = np.array([intercept if name == "(Intercept)" else slopes[name] for name in names])
    matrix = np.diag(variances)
    at = names.index("(Intercept)")
    others = [i for i in range(len(names)) if i != at]
    matrix[at, others] = matrix[others, at] = correlation * np.sqrt(intercept * variances[others])
    return {terms[0].group: matrix}


def _weights(columns: ModelColumns, positions: list[int], shares: Shares) -> Array:
    return np.array([shares.weights.get(columns.columns[i].name, 1.0) for i in positions])


def _scaled(Phi: Array, weights: Array, explained: float) -> Array:
    """Return coefficients in proportion to weight / SD that explain a variance together."""
    if not weights.any() or not explained:
        return np.zeros(weights.size)
    a = weights / np.sqrt(np.diag(Phi))
    scaled: Array = a * np.sqrt(explained / (a @ Phi @ a))
    return scaled


def _covariance(columns: ModelColumns, positions: list[int], kind: str) -> Array:
    """Return the population covariance of columns of one kind."""
    parts = [columns.columns[i].parts for i in positions]
    if kind == "within":
        return np.array([[columns.within(a[0], b[0]) for b in parts] for a in parts]).reshape(
            len(parts), len(parts)
        )
    if kind == "product":
        return np.array(
            [[columns.within(a[0], b[0]) * columns.between(a[1], b[1]) for b in parts] for a in parts]
        ).reshape(len(parts), len(parts))
    Phi = np.array([[columns.between(a[0], b[0]) for b in parts] for a in parts]).reshape(
        len(parts), len(parts)
    )
    raw_x = [columns.columns[i].parts[0] for i in columns.of_kind("level-1")]
    raw_x = [x for x in raw_x if columns.between(x, x) > 0.0]
    if not raw_x or not parts:
        return Phi
    across = np.array([[columns.between(a[0], x) for x in raw_x] for a in parts])
    own = np.array([[columns.between(x, w) for w in raw_x] for x in raw_x])
    return np.asarray(Phi - across @ np.linalg.solve(own, across.T))


def _slopes(columns: ModelColumns, shares: Shares) -> tuple[list[str], Array]:
    """Return the variables with random slopes and the variances of the slopes."""
    names = [n for term in columns.source.template.random for n in term.names if n != "(Intercept)"]
    if shares.slope and not names:
        raise UsageError(
            Fault("truth.r2.slope", f"the model has no random slope that could explain {shares.slope:g}")
        )
    phi = np.array([columns.within(name, name) for name in names])
    if not names:
        return [], np.zeros(0)
    weights = np.array([shares.weights.get(name, 1.0) for name in names])
    raw_tau = weights / phi
    return names, raw_tau * (shares.total * shares.slope / float(raw_tau @ phi))


def _between(columns: ModelColumns, beta: Array, level1: list[int], level2: list[int]) -> float:
    """Return the variance between groups that the fixed effects explain."""
    positions = [*level1, *level2]
    parts = [columns.columns[i].parts[0] for i in positions]
    Phi = np.array([[columns.between(a, b) for b in parts] for a in parts]).reshape(len(parts), len(parts))
    gamma = beta[positions]
    return float(gamma @ Phi @ gamma) if positions else 0.0


def _intercept(left: float, means: list[float], T: Array, r: float) -> float:
    """Return tau00 from the variance between groups at the means of the slope predictors."""
    m = np.asarray(means)
    linear = float(r * (m @ np.sqrt(T))) if m.size else 0.0
    constant = left - (float(m**2 @ T) if m.size else 0.0)
    inside = linear**2 + constant
    root = -linear + np.sqrt(inside) if inside > 0.0 else 0.0
    return float(root**2) if root > 0.0 else 0.0


def _impossible(what: str, shares: Shares, sum_of: str, most: float, found: float) -> UsageError:
    text = f"no variance is left for {what}: {sum_of} is {found:.4g} of at most {most:.4g}"
    names = ("icc", "within", "between", "product", "slope")
    declared = ", ".join(f"{name} {getattr(shares, name):g}" for name in names)
    return UsageError(Fault("truth", text, f"declared: {declared}; make one of them smaller"))
