"""How a random coefficient varies between groups: its plausible values and reliability (section 10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from mlm_steps.engine.posterior.conditional import conditional_variances, prediction_variances
from mlm_steps.engine.posterior.random_effects import fixed_part_of, reliabilities
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import grouping_factors

__all__ = ["RandomCoefficient", "mode_covariances", "random_coefficients"]

Array = NDArray[np.float64]

NORMAL_QUANTILE = 1.96
"""The 97.5 % quantile of the normal distribution gives the range of 95 % of the groups' coefficients."""


@dataclass(frozen=True, slots=True)
class RandomCoefficient:
    """One random coefficient over its groups; None for what does not exist, with a code in ``codes``.

    Attributes
    ----------
    term_index : int
        Position of the term in the design, from 0.
    group, effect : str
    mean : float or None
        The fixed coefficient of the same name, where the predictors of its interactions are 0.
    sd : float
        Standard deviation of the coefficient between groups, in the units of the coefficient.
    low, high : float or None
        mean ± 1.96 sd: the range of the coefficients of 95 % of the groups.
    share_opposite : float or None
        Share of groups whose coefficient has the opposite sign of the mean, Phi(-|mean| / sd).
    reliability : float or None
        Mean reliability of the groups' least-squares coefficients.
    n_reliable : int or None
        Number of groups with such a coefficient.
    eb_reliability : float
        Mean of 1 - condVar / sd² over all groups.
    codes : mapping of str to str
    """

    term_index: int
    group: str
    effect: str
    mean: float | None
    sd: float
    low: float | None
    high: float | None
    share_opposite: float | None
    reliability: float | None
    n_reliable: int | None
    eb_reliability: float
    codes: Mapping[str, str]


def random_coefficients(fit: MixedFit) -> tuple[RandomCoefficient, ...]:
    """Return every random coefficient, in the order of the terms; on the scale of the link."""
    return tuple(_coefficients(fit))


def _coefficients(fit: MixedFit) -> Iterator[RandomCoefficient]:
    linear = reliabilities(fit) if isinstance(fit, LmmFit) else ()
    reliable = {(each.term_index, each.effect): each for each in linear}
    without = "not_applicable" if not linear else "several_factors" if _several(fit) else "not_estimable"
    known = set(fit.design.columns)
    for index, (term, T) in enumerate(zip(fit.design.random, fit.covariances, strict=True)):
        own = conditional_variances(fit)[index]
        for place, (name, mean) in enumerate(
            zip(term.names, fixed_part_of(fit, index).tolist(), strict=True)
        ):
            variance = float(T[place, place])
            spread, codes = _range(mean, float(np.sqrt(variance)), fixed=name in known)
            of_ols = reliable.get((index, name))
            if of_ols is None or of_ols.mean is None:
                codes |= {"reliability": without}
            if without in ("not_applicable", "several_factors"):
                codes |= {"n_reliable": without}
            yield RandomCoefficient(
                term_index=index,
                group=term.group,
                effect=name,
                sd=float(np.sqrt(variance)),
                **spread,
                reliability=None if of_ols is None else of_ols.mean,
                n_reliable=None if of_ols is None or "n_reliable" in codes else of_ols.n_groups,
                eb_reliability=float((1.0 - own[:, place, place] / variance).mean()) if variance else 0.0,
                codes=codes,
            )


def _several(fit: MixedFit) -> bool:
    return len(grouping_factors(fit)) > 1


def _range(mean: float, sd: float, *, fixed: bool) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return mean, range and share of the other sign, and the codes of those that do not exist."""
    names = ("mean", "low", "high", "share_opposite")
    if not fixed or not np.isfinite(mean):
        code = "not_in_fixed_part" if not fixed else "separation"
        return dict.fromkeys(names), dict.fromkeys(names, code)
    half = NORMAL_QUANTILE * sd
    share = float(ndtr(-abs(mean) / sd)) if sd > 0.0 else 0.0
    return dict(zip(names, (mean, mean - half, mean + half, share), strict=True)), {}


def mode_covariances(fit: MixedFit) -> Mapping[str, list[object]]:
    """Return the covariances of the effects of each level as columns, one row per pair of effects.

    ``cond_cov`` belongs to ``cond_sd`` of the ``ranef`` table, ``pred_cov`` to ``pred_sd``; the latter does
    not exist for a generalized model.
    """
    names = ("term_index", "group", "level", "effect_1", "effect_2", "cond_cov", "pred_cov", "null_codes")
    columns: dict[str, list[object]] = {name: [] for name in names}
    if all(len(term.names) == 1 for term in fit.design.random):
        return columns
    predicted = prediction_variances(fit) if isinstance(fit, LmmFit) else None
    for index, (term, given) in enumerate(zip(fit.design.random, conditional_variances(fit), strict=True)):
        J = len(term.levels)
        for a, b in combinations(range(len(term.names)), 2):
            of_error = None if predicted is None else predicted[index][:, a, b].tolist()
            columns["term_index"] += [index] * J
            columns["group"] += [term.group] * J
            columns["level"] += term.levels
            columns["effect_1"] += [term.names[a]] * J
            columns["effect_2"] += [term.names[b]] * J
            columns["cond_cov"] += given[:, a, b].tolist()
            columns["pred_cov"] += [None] * J if of_error is None else of_error
            columns["null_codes"] += ["" if of_error else "pred_cov=not_applicable"] * J
    return columns
