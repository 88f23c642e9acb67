"""The random effects of a fit, group by group (statistics, section 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.posterior.conditional import conditional_variances, diagonal_sds, prediction_sds
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import grouping_factors

__all__ = ["GroupPrecision", "Reliability", "group_precision", "random_effects", "reliabilities"]

FULL_RANK = 1e-10
"""Smallest eigenvalue of a group's correlation matrix of Z below which the group has no OLS estimates."""
COLUMNS = ("estimate", "cond_sd", "pred_sd", "ols", "shrinkage", "reliability")
ADDED = ("coefficient", "ols_coefficient", "eb_reliability")
"""Columns after those of the table's contract."""
FROM_OWN_ROWS = ("ols", "shrinkage", "reliability", "ols_coefficient")
"""Columns for which a group's own rows have to determine its coefficients."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """The reliability of one coefficient in the groups' own data (statistics, section 10).

    Attributes
    ----------
    term_index : int
        Position of the term in the design, from 0.
    group, effect : str
    mean : float or None
        Mean over the groups that have an OLS estimate; None where none has.
    n_groups : int
        Number of groups that have an OLS estimate.
    """

    term_index: int
    group: str
    effect: str
    mean: float | None
    n_groups: int


@dataclass(frozen=True, slots=True, eq=False)
class GroupPrecision:
    """Estimates of the random effects from the data of each group alone; k over all terms of one factor.

    Attributes
    ----------
    ols : ndarray, shape (J, k)
        Least-squares estimate of b from the group's own rows, given beta; NaN where not estimable.
    sampling : ndarray, shape (J, k)
        Variance of ``ols`` given b, the diagonal of sigma² (Z' W Z)⁻¹; NaN where not estimable.
    shrinkage : ndarray, shape (J, k)
        Diagonal of T (T + sigma² (Z' W Z)⁻¹)⁻¹: the weight of the group's own estimate; NaN where that is
        not estimable.
    reliability : ndarray, shape (J, k)
        T_qq / (T_qq + sigma² [(Z' W Z)⁻¹]_qq); NaN where not estimable.
    """

    ols: NDArray[np.float64]
    sampling: NDArray[np.float64]
    shrinkage: NDArray[np.float64]
    reliability: NDArray[np.float64]


def random_effects(fit: MixedFit) -> Mapping[str, list[object]]:
    """Return the rows of the ``ranef`` table of one fit as columns (statistics, section 20).

    One row per term, level and effect. ``ols`` is the group's own least-squares estimate on the scale of
    ``estimate`` (a deviation from the fixed part), so that arrows from one to the other show the shrinkage.
    ``coefficient`` and ``ols_coefficient`` are these deviations plus the fixed coefficient of the same name,
    if there is one (lme4's ``coef``). ``eb_reliability`` is 1 - cond_sd² / T_qq, which every group has.

    ``null_codes`` gives the reason for each None: ``several_factors`` where a group's own data do not
    determine the quantity because the rows also belong to other factors, ``not_estimable`` where the group
    has too few rows, ``separation`` where the fixed coefficient is infinite. For a generalized model, on the
    scale of the link, those that need a residual variance have the code ``not_applicable``.
    """
    columns: dict[str, list[object]] = {
        name: []
        for name in ("term_index", "group", "level", "effect", *COLUMNS[:4], "n_j", *COLUMNS[4:], *ADDED)
    }
    columns["null_codes"] = []
    linear = fit if isinstance(fit, LmmFit) else None
    several = len(grouping_factors(fit)) > 1
    precision = None if several or linear is None else group_precision(linear)
    conditional = [diagonal_sds(each) for each in conditional_variances(fit)]
    predicted = [np.full(b.shape, np.nan) for b in fit.modes] if linear is None else prediction_sds(linear)
    code = "not_applicable" if linear is None else "several_factors" if several else "not_estimable"
    start = 0
    for index, (term, modes) in enumerate(zip(fit.design.random, fit.modes, strict=True)):
        own = slice(start, start + len(term.names))
        start = own.stop
        values = {"estimate": modes, "cond_sd": conditional[index], "pred_sd": predicted[index]}
        for name in COLUMNS[3:]:
            values[name] = (
                np.full(modes.shape, np.nan) if precision is None else getattr(precision, name)[:, own]
            )
        fixed = fixed_part_of(fit, index)
        values |= {"coefficient": fixed + modes, "ols_coefficient": fixed + values["ols"]}
        values["eb_reliability"] = _eb_reliability(conditional[index], fit.covariances[index])
        _append(columns, index, fit, values, code)
    return columns


def group_precision(fit: LmmFit) -> GroupPrecision:
    """Return the estimates of each group's random effects from its own rows.

    For models with one grouping factor, whatever the number of its terms: with several, the rows of a group
    also carry the effects of the other factors.
    """
    design = fit.design
    refs, J = design.random[0].refs, len(design.random[0].levels)
    Z = np.hstack([term.z for term in design.random])
    weights = np.ones(design.n) if design.weights is None else design.weights
    marginal = fit.residuals + (Z * np.hstack(fit.modes)[refs]).sum(axis=1)
    ZWZ = _sums(refs, J, Z, Z * weights[:, None])
    ZWr = _sums(refs, J, Z, (marginal * weights)[:, None])
    inverse = _inverses(ZWZ)
    T = _block_diagonal(fit.covariances)
    S = fit.sigma**2 * inverse
    tau, sampling = np.diag(T), np.diagonal(S, axis1=1, axis2=2)
    return GroupPrecision(
        ols=(inverse @ ZWr)[:, :, 0],
        sampling=sampling,
        shrinkage=_shrinkage(T, S),
        reliability=tau / (tau + sampling),
    )


def reliabilities(fit: LmmFit) -> tuple[Reliability, ...]:
    """Return the mean reliability of each random coefficient; None for models with several factors."""
    precision = group_precision(fit) if len(grouping_factors(fit)) == 1 else None
    found, column = [], 0
    for index, term in enumerate(fit.design.random):
        for effect in term.names:
            values = np.array([]) if precision is None else precision.reliability[:, column]
            values = values[np.isfinite(values)]
            mean = float(values.mean()) if len(values) else None
            found.append(Reliability(index, term.group, effect, mean, len(values)))
            column += 1
    return tuple(found)


def _append(
    columns: dict[str, list[object]],
    index: int,
    fit: MixedFit,
    values: Mapping[str, NDArray[np.float64]],
    code: str,
) -> None:
    term = fit.design.random[index]
    J, k = len(term.levels), len(term.names)
    columns["term_index"] += [index] * (J * k)
    columns["group"] += [term.group] * (J * k)
    columns["level"] += [level for level in term.levels for _ in range(k)]
    columns["effect"] += list(term.names) * J
    columns["n_j"] += np.repeat(np.bincount(term.refs, minlength=J), k).tolist()
    present = {name: np.isfinite(array.ravel()) for name, array in values.items()}
    for name, array in values.items():
        columns[name] += [
            value if there else None
            for value, there in zip(array.ravel().tolist(), present[name], strict=True)
        ]
    codes = {name: code if name in (*FROM_OWN_ROWS, "pred_sd") else "separation" for name in values}
    columns["null_codes"] += [
        "; ".join(f"{name}={codes[name]}" for name in values if not present[name][row])
        for row in range(J * k)
    ]


def fixed_part_of(fit: MixedFit, index: int) -> NDArray[np.float64]:
    """Return the fixed coefficient of each effect of a term, shape (k,): 0 for an effect without one."""
    design = fit.design
    known = dict(zip(design.columns, fit.beta.tolist(), strict=True))
    return np.array([known.get(name, 0.0) for name in design.random[index].names])


def _eb_reliability(sds: NDArray[np.float64], T: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 - condVar_qq / T_qq of each level, shape (J, k); 0 for an effect without variance."""
    tau = np.diag(T)
    return np.asarray(np.where(tau > 0.0, 1.0 - sds**2 / np.where(tau > 0.0, tau, 1.0), 0.0))


def _sums(
    refs: NDArray[np.intp], J: int, left: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the cross-products of two sets of columns per group, shape (J, columns left, columns right)."""
    sums = np.empty((J, left.shape[1], right.shape[1]))
    for a, b in np.ndindex(sums.shape[1:]):
        sums[:, a, b] = np.bincount(refs, weights=left[:, a] * right[:, b], minlength=J)
    return sums


def _inverses(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse of each matrix, NaN for those that are not of full rank."""
    scale = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    scale = np.where(scale > 0, scale, 1.0)
    units = scale[:, :, None] * scale[:, None, :]
    correlations = matrices / units
    full = np.linalg.eigvalsh(correlations)[:, 0] > FULL_RANK
    inverses = np.full(matrices.shape, np.nan)
    L = np.linalg.cholesky(correlations[full])
    half = np.linalg.solve(L, np.broadcast_to(np.eye(L.shape[1]), L.shape))
    inverses[full] = half.transpose(0, 2, 1) @ half / units[full]
    return inverses


def _block_diagonal(blocks: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    size = sum(len(block) for block in blocks)
    matrix, start = np.zeros((size, size)), 0
    for block in blocks:
        stop = start + len(block)
        matrix[start:stop, start:stop] = block
        start = stop
    return matrix


def _shrinkage(T: NDArray[np.float64], S: NDArray[np.float64]) -> NDArray[np.float64]:
    full = np.isfinite(S).all(axis=(1, 2))
    weights = np.full(S.shape[:2], np.nan)
    # T (T + S)⁻¹ is the transpose of (T + S)⁻¹ T, and has its diagonal.
    solved = np.linalg.solve(T + S[full], np.broadcast_to(T, S[full].shape))
    weights[full] = np.diagonal(solved, axis1=1, axis2=2)
    return weights
