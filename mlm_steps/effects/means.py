"""Estimated marginal means of factors and their differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlm_steps.design.cells import cell_label, cells_of, level_name, with_outer
from mlm_steps.design.predictors import Predictors, PredictorValue, Setting
from mlm_steps.effects.back import taken_back, taken_back_difference
from mlm_steps.effects.comparisons import PAIRS, affordable
from mlm_steps.effects.fitted import TOO_LARGE, Fitted
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

    As emmeans does, other factors are averaged with equal weights for their levels, and so are numbers that
    have two values; other numbers are at their mean over the rows. Of a factor that is nested in another
    only the levels that occur within it are averaged, before the other is.

    Parameters
    ----------
    fitted : Fitted
    factor : str or sequence of str
        Predictors with levels; of several, each combination of levels has a mean.
    by : str or sequence of str, optional
        Others: there is a result for each combination of their levels.
    at : mapping, optional
        Values at which other predictors are held instead.
    compared : {"pairwise", "control", "consecutive"}
        Which differences are taken.
    adjust : str
        Key of ``ADJUSTMENTS``, for the differences.
    control : str, optional
        Label of the level (of several factors, ``lo, ctl``) that others are compared with; else the first.
    """
    predictors, given = fitted.predictors, dict(at or {})
    others = _listed(by)
    factors = with_outer(predictors, _listed(factor), (*others, *given))
    wish = _Wish(fitted, factors, compared, adjust, control)
    return tuple(_means(wish, setting) for setting in predictors.settings(given, others))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What means are asked for, but for the values that others are held at."""

    fitted: Fitted
    factors: tuple[str, ...]
    compared: Compared
    adjust: str
    control: str | None

    def pairs(self, labels: Sequence[PredictorValue]) -> list[tuple[int, int]]:
        """Return which cells are compared; none where the control is not among them."""
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


def _means(wish: _Wish, given: Setting) -> FactorMeans:
    fitted, factors = wish.fitted, wish.factors
    predictors = fitted.predictors
    free = {name: p for name, p in predictors.by_name.items() if name not in (*given, *factors)}
    averaged = [name for name, p in free.items() if p.levels]
    means, differences = _estimates(wish, given, averaged)
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
        df_method=fitted.against.method,
        confidence=fitted.confidence,
        compared=wish.compared,
        adjust=affordable(wish.adjust, len(differences)),
        means=means,
        differences=differences,
    )


def _estimates(
    wish: _Wish, given: Setting, averaged: Sequence[str]
) -> tuple[tuple[LevelMean, ...], tuple[Pairwise, ...]]:
    fitted, factors = wish.fitted, wish.factors
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
    means = tuple(
        LevelMean(
            level=label,
            levels=cell,
            test=test,
            back=taken_back(predictors.scale, test),
            reason=_reason(predictors, [setting for setting, _ in each]) if test.code else None,
        )
        for label, cell, test, each in zip(labels, cells, fitted.tested(rows), settings, strict=True)
    )
    pairs = wish.pairs(labels)
    differences = fitted.differences(labels, rows, pairs, affordable(wish.adjust, len(pairs)))
    return means, tuple(
        each.model_copy(update={"back": taken_back_difference(predictors.scale, each.test)})
        for each in differences
    )


def _reason(predictors: Predictors, settings: Sequence[Setting]) -> str | None:
    """Return why a mean is not estimable."""
    unseen = predictors.unseen(settings)
    if unseen is None:
        return None
    cell = " and ".join(f"{name} = {predictors.by_name[name].label(level)}" for name, level in unseen.items())
    return f"no row has {cell}, over which it would be averaged"
