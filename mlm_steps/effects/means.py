"""Estimated marginal means of factors and their differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlm_steps.design.cells import cell_label, cells_of, level_name, with_outer
from mlm_steps.design.predictors import Predictors, PredictorValue, Setting
from mlm_steps.effects.back import taken_back, taken_back_difference
from mlm_steps.effects.comparisons import PAIRS, affordable
from mlm_steps.effects.fitted import TOO_LARGE, Fitted
from mlm_steps.effects.response_means import differences_on_response, on_response
from mlm_steps.records.effects import Compared, FactorMeans, LevelMean, Pairwise

__all__ = ["factor_means"]


def factor_means(
    fitted: Fitted,
    factor: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    at: Setting | None = None,
    compared: Compared = "pairwise",
    adjust: str = "tukey",
    control: str | None = None,
) -> tuple[FactorMeans, ...]:
    """Return the expected outcome at each level of factors, and differences of these means.

    As in emmeans, other factors and numbers with two values are averaged with equal weights; other
    numbers are held at their mean over the rows. If a factor is nested in another, it is averaged first, over
    the levels that occur within each level of the outer factor.

    Parameters
    ----------
    fitted : Fitted
    factor : str or sequence of str
        Predictors with levels. For several factors, each combination of levels has a mean.
    by : str or sequence of str, optional
        Other predictors; there is one result for each combination of their levels.
    at : mapping, optional
        Values at which other predictors are held.
    compared : {"pairwise", "control", "consecutive"}
        The differences to compute.
    adjust : str
        Key of ``ADJUSTMENTS``, for the differences.
    control : str, optional
        Label of the control level (of several factors, ``lo, ctl``). Default: the first level.
    """
    predictors, given = fitted.predictors, dict(at or {})
    others = _listed(by)
    factors = with_outer(predictors, _listed(factor), (*others, *given))
    request = _Request(fitted, factors, compared, adjust, control)
    return tuple(_means(request, setting) for setting in predictors.settings(given, others))


@dataclass(frozen=True, slots=True)
class _Request:
    """The requested means and differences."""

    fitted: Fitted
    factors: tuple[str, ...]
    compared: Compared
    adjust: str
    control: str | None

    def pairs(self, labels: Sequence[PredictorValue]) -> list[tuple[int, int]]:
        """Return the pairs of cells to compare; none if the control is not among the cells."""
        control = 0
        if self.control is not None:
            names = [level_name(label) for label in labels]
            if self.control not in names:
                return []
            control = names.index(self.control)
        return PAIRS[self.compared](len(labels), control)


def _listed(names: str | Sequence[str] | None) -> tuple[str, ...]:
    if names is None:
        return ()
    return (names,) if isinstance(names, str) else tuple(names)


def _means(request: _Request, given: Setting) -> FactorMeans:
    fitted, factors = request.fitted, request.factors
    predictors = fitted.predictors
    free = {name: p for name, p in predictors.by_name.items() if name not in (*given, *factors)}
    averaged = [name for name, p in free.items() if p.levels]
    means, differences = _estimates(request, given, averaged)
    scale = predictors.scale
    return FactorMeans(
        model=fitted.model,
        factor=":".join(factors),
        factors=factors,
        conditions=tuple(fitted.condition(name, value, chosen=True) for name, value in given.items()),
        averaged=tuple(averaged),
        held=tuple(fitted.condition(p.name, p.held) for p in free.values() if not p.levels),
        nested=tuple(f"{name} in {' and '.join(outer)}" for name, outer in predictors.nests.outer.items()),
        interacts=tuple(
            name
            for name in dict.fromkeys(p for factor in factors for p in predictors.partners(factor))
            if name not in factors
        ),
        scale=scale.text if scale else None,
        response=scale.column if scale else None,
        back_difference=scale.difference if scale else None,
        ratio_kind=fitted.ratio_kind,
        df_method=fitted.against.method,
        confidence=fitted.confidence,
        compared=request.compared,
        adjust=affordable(request.adjust, len(differences)),
        means=means,
        differences=differences,
    )


def _estimates(
    request: _Request, given: Setting, averaged: Sequence[str]
) -> tuple[tuple[LevelMean, ...], tuple[Pairwise, ...]]:
    fitted, factors = request.fitted, request.factors
    predictors = fitted.predictors
    cells = cells_of(predictors, factors, given)
    labels = [cell_label(predictors, factors, cell) for cell in cells]
    try:
        settings = [
            predictors.weighted({**given, **dict(zip(factors, cell, strict=True))}, averaged)
            for cell in cells
        ]
    except ValueError:
        lost = (LevelMean(level=a, levels=b, test=TOO_LARGE) for a, b in zip(labels, cells, strict=True))
        return tuple(lost), ()
    rows = predictors.averages(settings)
    tests = fitted.tested(rows)
    means = tuple(
        LevelMean(
            level=label,
            levels=cell,
            test=test,
            back=taken_back(predictors.scale, test),
            reason=_reason(predictors, [setting for setting, _ in each]) if test.code else None,
        )
        for label, cell, test, each in zip(labels, cells, tests, settings, strict=True)
    )
    pairs = request.pairs(labels)
    adjust = affordable(request.adjust, len(pairs))
    differences = fitted.differences(labels, rows, pairs, adjust)
    if fitted.response is not None:
        return (
            on_response(fitted.response, means, rows),
            differences_on_response(fitted.response, differences, rows, pairs, adjust),
        )
    scale = predictors.scale
    return means, tuple(
        each.model_copy(update={"back": taken_back_difference(scale, each.test)}) for each in differences
    )


def _reason(predictors: Predictors, settings: Sequence[Setting]) -> str | None:
    """Return why a mean is not estimable."""
    unseen = predictors.unseen(settings)
    if unseen is None:
        return None
    cell = " and ".join(f"{name} = {predictors.by_name[name].label(level)}" for name, level in unseen.items())
    return f"no row has {cell}, over which it would be averaged"
