"""Estimated marginal means of a factor and their differences."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.design.predictors import Setting
from mlm_steps.effects.fitted import TOO_LARGE, Fitted
from mlm_steps.records.effects import Condition, FactorMeans, LevelMean, Pairwise

__all__ = ["factor_means"]


def factor_means(
    fitted: Fitted,
    factor: str,
    *,
    by: str | None = None,
    at: Setting | None = None,
    adjust: str = "tukey",
) -> tuple[FactorMeans, ...]:
    """Return the expected outcome at each level of a factor, and all differences of these means.

    As emmeans does, other factors are averaged with equal weights for their levels, and so are numbers that
    have two values; other numbers are at their mean over the rows.

    Parameters
    ----------
    fitted : Fitted
    factor : str
        A predictor with levels.
    by : str, optional
        Another: there is a result for each of its levels.
    at : mapping, optional
        Values at which other predictors are held instead.
    adjust : str
        Key of ``ADJUSTMENTS``, for the differences.
    """
    predictors, given = fitted.predictors, dict(at or {})
    sets: Sequence[Setting] = predictors.settings(given, [by]) if by is not None else [given]
    return tuple(_means(fitted, factor, setting, adjust) for setting in sets)


def _means(fitted: Fitted, factor: str, given: Setting, adjust: str) -> FactorMeans:
    predictors = fitted.predictors
    levels = predictors.by_name[factor].levels
    averaged = [
        name for name, p in predictors.by_name.items() if p.levels and name != factor and name not in given
    ]
    held = [p for name, p in predictors.by_name.items() if not p.levels and name not in given]
    means: list[LevelMean] = []
    differences: tuple[Pairwise, ...] = ()
    try:
        settings = [predictors.settings({**given, factor: level}, averaged) for level in levels]
    except ValueError:
        means = [LevelMean(level=level, test=TOO_LARGE) for level in levels]
    else:
        rows = predictors.averages(settings)
        tests = fitted.tested(rows)
        means = [LevelMean(level=level, test=test) for level, test in zip(levels, tests, strict=True)]
        differences = fitted.pairwise(levels, rows, adjust)
    return FactorMeans(
        model=fitted.model,
        factor=factor,
        conditions=tuple(Condition(variable=name, value=value) for name, value in given.items()),
        averaged=tuple(averaged),
        held=tuple(fitted.condition(p.name, p.held) for p in held),
        interacts=predictors.partners(factor),
        df_method=fitted.against.method,
        confidence=fitted.confidence,
        adjust=adjust,
        means=tuple(means),
        differences=differences,
    )
