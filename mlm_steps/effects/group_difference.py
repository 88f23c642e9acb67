"""Standardised differences between the means of two groups of units (statistics, section 9.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from mlm_steps.design.grid import Predictor
from mlm_steps.design.matrices import Design
from mlm_steps.effects.fitted import Fitted
from mlm_steps.effects.means import factor_means
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.engine.result.spread import column_spread
from mlm_steps.inference.satterthwaite import variance_df
from mlm_steps.records.effects import ArmSize, Pairwise, StandardizedDifference
from mlm_steps.variance.refits import with_columns, with_intercepts

__all__ = ["group_difference"]

Array = NDArray[np.float64]
By = Literal["total", "within", "pretest"]

DELTA = "delta"
LEAST_UNITS = 3
"""Least number of units with a pretest, since the means of two groups take two degrees of freedom."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A standard deviation, and the degrees of freedom of its square."""

    by: By
    sd: float
    df: float


def group_difference(
    fitted: Fitted, fit: MixedFit, factor: str, pretest: Array | None = None
) -> tuple[StandardizedDifference, ...]:
    """Return the difference of the means of a predictor with two values, over standard deviations.

    The difference is that of the marginal means of the model, the later level minus the earlier. The
    standard deviations are those of the outcome within the levels of the predictor: of the model with the
    predictor as its only fixed effect and random intercepts, ``total`` is the root of all variances and
    ``within`` that of the residual variance; ``pretest`` is that of another column over its units, about the
    means of the two groups. With v degrees of freedom of the variance (Satterthwaite's; units minus 2 for the
    pretest), the standard error of d is sqrt(SE² / S² + d² / (2 v)), and g = d (1 - 3 / (4 v - 1)) (Hedges
    1981, 2007).

    Parameters
    ----------
    fitted : Fitted
        The fit as it is tested.
    fit : MixedFit
        Generalized models have the code ``not_applicable``.
    factor : str
        A predictor with two values.
    pretest : ndarray, shape (n,), optional
        An earlier measurement on the rows of the fit; NaN where it is missing.
    """
    predictor = fitted.predictors.by_name[factor]
    (means,) = factor_means(fitted, factor, adjust="none")
    (pair,) = means.differences
    arms = _arms(predictor, pair)
    sizes = _sizes(fit.design, arms)
    kinds: tuple[By, ...] = ("total", "within") if pretest is None else ("total", "within", "pretest")
    if not isinstance(fit, LmmFit):
        return tuple(_without(fitted, factor, pair, by, sizes, "not_applicable") for by in kinds)
    if pair.test.estimate is None:
        return tuple(_without(fitted, factor, pair, by, sizes, pair.test.code) for by in kinds)
    units = [*_units(fit, arms), *(() if pretest is None else [_pretest(fit.design, pretest, arms)])]
    return tuple(_difference(fitted, factor, pair, unit, sizes) for unit in units)


def _arms(predictor: Predictor, pair: Pairwise) -> NDArray[np.bool_]:
    """Return which rows have the first value of the difference."""
    first = predictor.code(pair.first)
    return np.asarray(predictor.values == first)


def _units(fit: LmmFit, arms: NDArray[np.bool_]) -> Iterator[_Unit]:
    """Yield the standard deviations of the outcome within the arms."""
    columns = np.column_stack([np.ones(fit.design.n), arms.astype(float)])
    design = with_columns(fit.design, columns, ("(Intercept)", "arm"), (0, 1))
    found = fit_lmm(with_intercepts(design), method=fit.method)
    parts = variance_parts(found)
    constant = parts.residual / found.sigma**2
    units = found.prepared.to_internal(np.ones(found.theta.size))

    def relative(theta: Array) -> Array:
        return np.array([constant + float(np.sum((theta / units) ** 2)), constant])

    df = variance_df(found, relative)
    yield _Unit("total", float(np.sqrt(parts.residual + parts.random)), float(df[0]))
    yield _Unit("within", float(np.sqrt(parts.residual)), float(df[1]))


def _pretest(design: Design, values: Array, arms: NDArray[np.bool_]) -> _Unit:
    """Return the standard deviation of a pretest about the means of the arms, over the units it belongs to.

    The units are the levels of the outermost factor within which it is constant, or the rows.
    """
    known = np.isfinite(values)
    kept, arm = values[known], arms[known]
    constant = [
        refs
        for refs in (term.refs[known] for term in design.random)
        if len(kept) and not column_spread(kept[:, None], refs).varies_within[0]
    ]
    if constant:
        refs = min(constant, key=lambda each: len(np.unique(each)))
        first = np.unique(refs, return_index=True)[1]
        kept, arm = kept[first], arm[first]
    if len(kept) < LEAST_UNITS:
        return _Unit("pretest", float("nan"), float("nan"))
    away = np.concatenate([part - part.mean() for part in (kept[arm], kept[~arm]) if part.size])
    df = float(len(kept) - 2)
    return _Unit("pretest", float(np.sqrt(away @ away / df)), df)


def _sizes(design: Design, arms: NDArray[np.bool_]) -> tuple[ArmSize, ArmSize]:
    """Return the number of rows, and of levels of each grouping factor, with each value."""
    first: dict[str, NDArray[np.intp]] = {}
    for term in design.random:
        first.setdefault(term.group, term.refs)
    return (_size(first, arms), _size(first, ~arms))


def _size(refs: dict[str, NDArray[np.intp]], rows: NDArray[np.bool_]) -> ArmSize:
    levels = {group: len(np.unique(each[rows])) for group, each in refs.items()}
    return ArmSize(rows=int(rows.sum()), levels=levels)


def _difference(
    fitted: Fitted, factor: str, pair: Pairwise, unit: _Unit, sizes: tuple[ArmSize, ArmSize]
) -> StandardizedDifference:
    estimate, se = pair.test.estimate, pair.test.se
    if estimate is None or se is None or not unit.sd > 0:
        code = "zero_reference" if unit.sd == 0 else "not_estimable"
        return _without(fitted, factor, pair, unit.by, sizes, code)
    d = estimate / unit.sd
    spread = float(np.sqrt((se / unit.sd) ** 2 + (d**2 / (2.0 * unit.df) if np.isfinite(unit.df) else 0.0)))
    tail = 0.5 + 0.5 * fitted.confidence
    quantile = float(ndtri(tail) if pair.test.df is None else stdtrit(pair.test.df, tail))
    return StandardizedDifference(
        model=fitted.model,
        factor=factor,
        first=pair.first,
        second=pair.second,
        by=unit.by,
        difference=estimate,
        sd=unit.sd,
        sd_df=unit.df if np.isfinite(unit.df) else None,
        d=d,
        se=spread,
        df=pair.test.df,
        ci_low=d - quantile * spread,
        ci_high=d + quantile * spread,
        ci_method=DELTA,
        g=d * (1.0 - 3.0 / (4.0 * unit.df - 1.0)),
        sizes=sizes,
    )


def _without(
    fitted: Fitted, factor: str, pair: Pairwise, by: By, sizes: tuple[ArmSize, ArmSize], code: str | None
) -> StandardizedDifference:
    return StandardizedDifference(
        model=fitted.model, factor=factor, first=pair.first, second=pair.second, by=by, sizes=sizes,
        code=code or "not_estimable",
    )  # fmt: skip
