"""Contrasts, simple slopes, Johnson-Neyman regions and marginal means of a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from mlm_steps.api.arguments import checked, given, kind_of, mapping, optional, real, truth
from mlm_steps.api.readings import Contrast, Means, Regions, Slopes
from mlm_steps.api.state import FitState
from mlm_steps.design.cells import cell_names
from mlm_steps.design.coefficient_words import CoefficientWords, named_columns
from mlm_steps.design.deparse import format_label
from mlm_steps.design.linear import Linear, linear_text, parse_linear, several_named
from mlm_steps.design.predictors import Predictor, Predictors, PredictorValue
from mlm_steps.effects import ADJUSTMENTS, PAIRS, contrast_test, factor_means, simple_slopes
from mlm_steps.errors import Fault, UsageError, did_you_mean, listing
from mlm_steps.spec.means import settled

__all__ = ["Differences", "contrast", "johnson_neyman", "means", "slopes"]

Differences = Literal["auto", "pairwise", "control", "consecutive"]


def contrast(state: FitState, *hypotheses: str | Mapping[str, float]) -> Contrast:
    """Return the tests of linear combinations of coefficients, and their joint test if there are several.

    Parameters
    ----------
    *hypotheses : str or mapping
        ``"ses - 2*sectorCatholic = 0"``, or weights per coefficient, compared with 0.
    """
    if not hypotheses:
        raise UsageError(Fault("hypotheses", "none is given", 'for example "a - b = 0"'))
    design = state.fit.design
    words = CoefficientWords([named_columns(design)]).words
    linears = [_linear(hypothesis, design.columns, words) for hypothesis in hypotheses]
    return Contrast(contrast_test(state.fitted_effects, "contrast", linears))


@checked(extrapolate=truth)
def slopes(
    state: FitState,
    focal: str,
    moderator: str,
    *,
    at: Literal["sd", "range"] | Sequence[PredictorValue] = "sd",
    extrapolate: bool = False,
    adjust: str = "tukey",
) -> Slopes:
    """Return the slope of one predictor at values of another (statistics, section 11).

    Parameters
    ----------
    focal, moderator : str
        Columns among the fixed effects.
    at : {"sd", "range"} or sequence
        Values of the moderator. ``sd``: its mean and one standard deviation to either side, over groups
        if it is constant within groups; ``range``: minimum, mean and maximum. A category is shown at all
        levels or at the given ones.
    extrapolate : bool
        Whether values outside the observed range are allowed.
    adjust : {"tukey", "mvt", "bonferroni", "holm", "sidak", "scheffe", "fdr", "none"}
        Adjustment of the differences between levels, each the later level minus the earlier.
    """
    fitted = state.fitted_effects
    moderating = _pair(fitted.predictors, focal, moderator)
    if isinstance(at, str):
        _require_word("at", at, ("sd", "range"))
    else:
        _require_values(moderating, _several("at", at), beyond=extrapolate)
    _require_word("adjust", adjust, tuple(word for word in ADJUSTMENTS if word != "dunnett"))
    return Slopes(simple_slopes(fitted, focal, moderator, at=at, declared=True, adjust=adjust))


def johnson_neyman(state: FitState, focal: str, moderator: str) -> Regions:
    """Return the values of a numeric moderator at which the slope of a predictor differs from 0."""
    fitted = state.fitted_effects
    moderating = _pair(fitted.predictors, focal, moderator)
    if moderating.levels:
        what = f"{moderator} has levels and no range"
        raise UsageError(Fault("moderator", what, f'slopes("{focal}", "{moderator}") compares them'))
    if moderator not in fitted.predictors.partners(focal):
        raise UsageError(Fault("moderator", f"the slope of {focal} does not depend on {moderator}"))
    return Regions(simple_slopes(fitted, focal, moderator, declared=True))


@checked(factor=given, at=optional(mapping))
def means(
    state: FitState,
    factor: str | Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    at: Mapping[str, PredictorValue] | None = None,
    differences: Differences = "auto",
    control: PredictorValue | None = None,
    adjust: str = "auto",
) -> Means:
    """Return the expected outcome at each level of factors, and differences of these means.

    As in emmeans, other factors are averaged with equal weights (a nested factor over the levels that
    occur) and numeric predictors are at their mean.

    Parameters
    ----------
    factor : str or sequence of str
        Categories, or numbers with two values. Several factors: a mean for each combination of levels.
    by : str or sequence of str, optional
        Other factors. The means are compared within each combination of their levels.
    at : mapping, optional
        Values of other predictors, in place of their means.
    differences : {"auto", "pairwise", "control", "consecutive"}
        All pairs (later minus earlier level); each level minus a control; each minus the previous level.
    control : str or float, optional
        The level to compare with, for several factors as ``"lo, ctl"``. Default: the first level.
    adjust : str
        Adjustment of the differences: ``tukey``, ``dunnett`` (for ``control``), ``mvt``, ``bonferroni``,
        ``holm``, ``sidak``, ``scheffe``, ``fdr``, ``none``; ``auto`` selects the exact method.
    """
    fitted = state.fitted_effects
    factors, others = _mean_columns(fitted.predictors, factor, by)
    for name, value in (at or {}).items():
        _require_values(_predictor(fitted.predictors, "at", name), [value], beyond=True)
    _require_word("differences", differences, ("auto", *PAIRS))
    _require_word("adjust", adjust, ("auto", *ADJUSTMENTS))
    try:
        compared, adjust = settled(differences, adjust, has_control=control is not None)
    except ValueError as error:
        raise UsageError(Fault("adjust", str(error))) from None
    level = None if control is None else _control(fitted.predictors, factors, control)
    return Means(
        factor_means(fitted, factors, by=others, at=at, compared=compared, adjust=adjust, control=level)
    )


def _mean_columns(
    predictors: Predictors, factor: str | Sequence[str], by: str | Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the factors and those of ``by``; UsageError for a predictor without levels."""
    factors, others = _names("factor", factor), _names("by", by)
    for key, names in (("factor", factors), ("by", others)):
        for name in names:
            if not _predictor(predictors, key, name).levels:
                raise UsageError(Fault(key, f"{name} is a number of many values and has no levels"))
    if not factors:
        raise UsageError(Fault("factor", "no factor is named"))
    twice = next((name for name in others if name in factors), None)
    if twice is not None:
        raise UsageError(Fault("by", f"means of {twice} are not estimated by {twice}"))
    return factors, others


def _control(predictors: Predictors, factors: tuple[str, ...], control: PredictorValue) -> str:
    """Return the name of a level; UsageError if the factors have no level of that name."""
    names = cell_names(predictors, factors)
    name = control if isinstance(control, str) else format_label(real("control", control))
    if name not in names:
        hint = did_you_mean(name, names) or f"the levels are {listing(names)}"
        raise UsageError(Fault("control", f"there is no level {name}", hint))
    return name


def _pair(predictors: Predictors, focal: str, moderator: str) -> Predictor:
    """Return the moderator; UsageError if either is not a predictor or both are the same."""
    _predictor(predictors, "focal", focal)
    moderating = _predictor(predictors, "moderator", moderator)
    if focal == moderator:
        raise UsageError(Fault("moderator", f"{focal} is the focal predictor itself"))
    return moderating


def _predictor(predictors: Predictors, key: str, name: str) -> Predictor:
    """Return the predictor with this name; UsageError if there is none."""
    known = predictors.by_name
    if not isinstance(name, str):
        raise UsageError(Fault(key, f"this is {kind_of(name)}, not the name of a predictor"))
    if name not in known:
        hint = did_you_mean(name, known) or f"the predictors are {listing(known)}"
        raise UsageError(Fault(key, f"no predictor {name}", hint))
    return known[name]


def _names(key: str, names: object) -> tuple[str, ...]:
    """Return one or several names without duplicates; UsageError for anything else."""
    if names is None or isinstance(names, str):
        return () if names is None else (names,)
    listed = _several(key, names)
    for name in listed:
        if not isinstance(name, str):
            raise UsageError(Fault(key, f"{kind_of(name)} is no name of a predictor"))
    return tuple(dict.fromkeys(map(str, listed)))


def _linear(
    hypothesis: str | Mapping[str, float], columns: Sequence[str], words: Mapping[str, Sequence[str]]
) -> Linear:
    known = {word: found for word, found in words.items() if len(found) > 1 or found[0] in columns}
    if isinstance(hypothesis, str):
        return parse_linear(hypothesis, columns, known)
    if not isinstance(hypothesis, Mapping):
        what = f"{kind_of(hypothesis)} is neither text nor weights per coefficient"
        raise UsageError(Fault("hypotheses", what, 'several stand side by side: contrast("a = 0", "b = 0")'))
    weights: dict[str, float] = {}
    for word, weight in hypothesis.items():
        if not isinstance(word, str):
            raise UsageError(Fault("hypotheses", f"{kind_of(word)} is no name of a coefficient"))
        if word not in known:
            hint = did_you_mean(word, columns) or f"known are {listing(columns)}"
            raise UsageError(Fault("hypotheses", f"there is no coefficient {word}", hint))
        if len(known[word]) > 1:
            raise UsageError(Fault("hypotheses", *several_named(word, known[word])))
        name = known[word][0]
        weights[name] = weights.get(name, 0.0) + real(f"hypotheses, the weight of {word}", weight)
    weights = {name: weight for name, weight in weights.items() if weight}
    if not weights:
        raise UsageError(Fault("hypotheses", "no weight differs from 0"))
    return Linear(linear_text(weights), weights, 0.0)


def _require_values(predictor: Predictor, values: Sequence[PredictorValue], *, beyond: bool) -> None:
    if not len(values):
        raise UsageError(Fault("at", "names no value"))
    for value in values:
        if not isinstance(value, str):
            real(f"at, a value of {predictor.name}", value)
        if predictor.category:
            if value not in predictor.levels:
                levels = ", ".join(map(predictor.label, predictor.levels))
                raise UsageError(Fault("at", f"{predictor.name} has no level {value}", f"it has {levels}"))
        elif isinstance(value, str):
            raise UsageError(Fault("at", f"{value} is not a number, as {predictor.name} is"))
        elif not (beyond or predictor.low <= value <= predictor.high):
            seen = f"{predictor.low:g} to {predictor.high:g}"
            what = f"{value:g} lies beyond the observed values of {predictor.name}, {seen}"
            raise UsageError(Fault("at", what, "extrapolate=True allows it"))


def _several(key: str, values: object) -> Sequence[PredictorValue]:
    """Return values in a sequence as a list; UsageError for anything else."""
    if isinstance(values, (Mapping, bytes)) or not np.iterable(values):
        raise UsageError(Fault(key, f"this is {kind_of(values)}, not a list of values"))
    return list(values)


def _require_word(key: str, word: str, known: Sequence[str]) -> None:
    if not isinstance(word, str) or word not in known:
        shown = repr(word) if isinstance(word, str) else kind_of(word)
        raise UsageError(Fault(key, f"{shown} is not one of {', '.join(known)}"))
