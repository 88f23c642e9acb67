"""Slopes within and between groups, and contextual effects, of the predictors of a model.

Statistics, section 4. The model is refitted with separate slopes (``split_design``) and keeps its random
part, with slopes of the centred predictors. Without a random slope of the predictor, the contextual effect is
also the coefficient of its group mean beside the uncentred predictor (Kreft, de Leeuw & Aiken 1995).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.effects.split import SplitColumn, SplitDesign, split_design
from mlm_steps.engine import Control, Estimates, Method, MixedFit
from mlm_steps.engine.result.mixed_fit import slope_correlation
from mlm_steps.errors import FitError
from mlm_steps.inference import CoefficientTests, Context, Reference, reference, test_rows
from mlm_steps.records.context import ContextSlope, PredictorContext, RungContext
from mlm_steps.records.tested import Tested
from mlm_steps.variance.aggregation import aggregation

__all__ = ["ContextOf", "rung_context"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ContextOf:
    """A fitted model and how its refit is made and tested.

    Attributes
    ----------
    model : str
    estimates : Estimates
    method : {"REML", "ML"}
    df_method : str
        Key of ``mlm_steps.inference.METHODS``.
    confidence : float
    sources : mapping of str to ndarray, shape (n,)
        For columns that are centred within groups, the values before centring.
    above : collection of str
        Variables of a higher level, which are not split although they may vary in some groups.
    control : Control or None
    """

    model: str
    estimates: Estimates
    method: Method
    df_method: str
    confidence: float
    sources: Mapping[str, Array]
    above: Collection[str] = ()
    control: Control | None = None


def rung_context(of: ContextOf) -> RungContext | None:
    """Return the slopes of the predictors that vary within groups; None if there are none."""
    fit = of.estimates.under(of.method)
    split = split_design(fit.design, of.sources, of.above)
    if not split.columns:
        return None
    there = Estimates(split.design, control=of.control, agq=fit.agq)
    refit, failed = None, ""
    if split.is_split:
        try:
            refit = there.under(of.method)
        except FitError as error:
            failed = "; ".join(fault.what for fault in error.faults)
    tests = None if refit is None else _Tests(refit, of)
    predictors = tuple(_predictor(each, split, fit, tests) for each in split.columns)
    return RungContext(
        model=of.model,
        outcome=fit.design.outcome,
        link=fit.link,
        method=fit.method,
        df_method=of.df_method if tests is None else tests.against.method,
        confidence=of.confidence,
        predictors=predictors,
        singular=fit.singular,
        correlation=slope_correlation(fit),
        reason=failed,
        **({} if refit is None else _change(of, there, refit)),
    )


def _change(of: ContextOf, there: Estimates, refit: MixedFit) -> dict[str, float | int | bool | None]:
    """Return how the refit differs from the model in deviance, by ML, and in its random part."""
    old, new = of.estimates.under("ML"), there.under("ML")
    deviance, npar = new.criterion - old.criterion, new.npar - old.npar
    return {
        "delta_deviance": deviance,
        "delta_npar": npar,
        "delta_aic": deviance + 2.0 * npar,
        "singular_there": refit.singular,
        "correlation_there": slope_correlation(refit),
    }


class _Tests:
    """Tests of combinations of coefficients of a fit."""

    def __init__(self, fit: MixedFit, of: ContextOf) -> None:
        self.p = fit.design.p
        self.against: Reference = reference(fit, of.df_method, Context())
        self._confidence = of.confidence

    def of(self, L: Array | None) -> Tested:
        """Return the test of L beta = 0, L of shape (p,); None stands for an inestimable combination."""
        if L is None or not self.against.estimable(L[None, :]).all():
            return Tested(code="not_estimable")
        return _tested(test_rows(self.against, L[None, :], self._confidence))


def _tested(tests: CoefficientTests) -> Tested:
    df = float(tests.df[0])
    return Tested(
        estimate=float(tests.estimate[0]),
        se=float(tests.se[0]),
        df=df if np.isfinite(df) else None,
        statistic=float(tests.t[0]),
        p=float(tests.p[0]),
        ci_low=float(tests.ci_low[0]),
        ci_high=float(tests.ci_high[0]),
    )


def _predictor(of: SplitColumn, split: SplitDesign, fit: MixedFit, tests: _Tests | None) -> PredictorContext:
    names = split.given.columns
    parts = {part for product in split.products.values() if of.position in product for part in product}
    found = PredictorContext(
        term=of.term,
        column=of.column,
        factors=of.factors,
        raw=of.raw,
        means=tuple(names[position] for position in of.own_means),
        moderators=tuple(names[position] for position in sorted(parts - {of.position})),
    )
    if not of.factors:
        return found.with_values(code="not_applicable", reason=of.reason)
    if tests is None:
        return found.with_values(code="not_estimable", reason="the model with separate slopes has no fit")
    own = ContextSlope(kind="as_fitted", test=_as_fitted(of, split, fit))
    return found.with_values(slopes=(own, *_slopes(of, split, tests)))


def _as_fitted(of: SplitColumn, split: SplitDesign, fit: MixedFit) -> Tested:
    """Return the average slope in the model itself with its standard error, without a test."""
    L = np.zeros(split.given.p)
    L[of.position] = 1.0
    for product, mean in _products_with(of.position, split, {}):
        L[product] = mean
    variance = float(L @ fit.vcov @ L)
    if not (np.isfinite(L @ fit.beta) and variance > 0):
        return Tested(code="not_estimable")
    return Tested(estimate=float(L @ fit.beta), se=float(np.sqrt(variance)))


def _slopes(of: SplitColumn, split: SplitDesign, tests: _Tests) -> Iterator[ContextSlope]:
    """Yield the slope within groups, and per factor the slope between groups and the contextual effect."""
    within = _within(of, split, tests.p)
    yield ContextSlope(kind="within", test=tests.of(within))
    slopes = {factor: _between(factor, of, split, tests.p) for factor in of.factors}
    for factor in of.factors:
        below = split.levels.below(factor, of.factors)
        lower, between = slopes[below[-1]] if below else within, slopes[factor]
        contextual = None if between is None or lower is None else between - lower
        yield ContextSlope(kind="between", factor=factor, test=tests.of(between))
        icc2 = _reliability(of.deviations[factor] + of.means[factor], split.levels.refs[factor])
        yield ContextSlope(kind="contextual", factor=factor, test=tests.of(contextual), icc2=icc2)


def _reliability(x: Array, refs: NDArray[np.intp]) -> float | None:
    """Return ICC(2) of a predictor; None without an estimate of its null model."""
    try:
        return aggregation(x, refs)[1]
    except FitError:
        return None


def _within(of: SplitColumn, split: SplitDesign, p: int) -> Array | None:
    """Return the weights of the slope within groups, averaged over the rows; None if it is collinear."""
    if of.position not in split.kept:
        return None
    L = np.zeros(p)
    L[split.kept[of.position]] = 1.0
    for product, mean in _products_with(of.position, split, split.withins):
        if product in split.kept:
            L[split.kept[product]] = mean
    return L


def _products_with(
    position: int, split: SplitDesign, replaced: Mapping[int, Array]
) -> Iterator[tuple[int, float]]:
    """Yield each product that a column is part of, with the mean of the product of its other parts.

    ``replaced`` holds other values of columns.
    """
    for product, parts in split.products.items():
        if position in parts:
            others = [replaced.get(part, split.given.X[:, part]) for part in parts if part != position]
            yield product, float(np.prod(others, axis=0).mean())


def _between(factor: str, of: SplitColumn, split: SplitDesign, p: int) -> Array | None:
    """Return the weights of the slope between groups: the sum over the means of the factor and those below.

    None if one of the means is a linear combination of other columns.
    """
    L = np.zeros(p)
    factors = [*split.levels.below(factor, of.factors), factor]
    for name in factors:
        place = split.means.get((of.position, name))
        if place is None:
            return None
        L[place] = 1.0
    for position, name in of.own_means.items():
        per_unit = _units(split.given.X[:, position], of.means[name])
        for product, mean in _products_with(position, split, split.withins):
            if name in factors and product in split.kept:
                L[split.kept[product]] = per_unit * mean
    return L


def _units(x: Array, mean: Array) -> float:
    """Return the change of a column of the design per unit of the group mean that it holds."""
    away = mean - mean.mean()
    return float(away @ x / (away @ away))
