"""How the level-1 predictors of a model are centred (statistics, section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from mlm_steps.design.expressions import Name, columns_of
from mlm_steps.remedies.columns import group_means
from mlm_steps.sensitivity.base import Array, Baseline, share_within

__all__ = ["LEAST_SHARE", "Form", "Predictor", "predictors_of", "transformed_predictors"]

Form = Literal["raw", "cgm", "cwc", "outer"]
"""Not centred, centred at the grand mean, within clusters, or within a factor in which they are nested."""
LEAST_SHARE = 0.01
"""Smallest share of a predictor's variance within groups, and between groups, for which the two kinds of
centring are compared. With a smaller share, they hardly differ."""
CENTRED = 1e-4
"""Mean square of means, relative to the variance, up to which the means are 0. The means of a predictor that
was centred in more rows than the sample has are not exactly 0."""
SAME = 1e-6
"""Largest difference of two columns, in standard deviations, that is rounding error."""
SAME_MEANS = 1e-3
"""Share of the variance of group means by which a supplied column of means may differ from them."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """A numeric level-1 predictor of the fixed part.

    Attributes
    ----------
    name : str
        Its column in the formula.
    form : {"raw", "cgm", "cwc", "outer"}
    source : str or None
        The column that is not centred; None if the data have none.
    mean : str or None
        The column among the fixed effects that holds its group means.
    spread : bool
        Whether its group means vary, or those of its source.
    """

    name: str
    form: Form
    source: str | None
    mean: str | None
    spread: bool

    @property
    def base(self) -> str:
        """The column from which centred columns are made."""
        return self.source or self.name


def predictors_of(baseline: Baseline, within: tuple[str, ...]) -> list[Predictor]:
    """Return the level-1 predictors that can be centred, in the order of the formula.

    A predictor that also occurs in a function, such as ``log(x)`` or ``I(x^2)``, is not among them, since
    centring may leave the function undefined or changes what it means.
    """
    codes = baseline.codes(within)
    found = [_predictor(baseline, name, codes) for name in _plain(baseline)]
    fixed = {name for columns in baseline.formula.fixed.columns for name in columns}
    return [each for each in found if each.source == each.name or each.source not in fixed]


def transformed_predictors(baseline: Baseline) -> list[str]:
    """Return the level-1 predictors that are not centred because they occur in a function."""
    fixed = baseline.formula.fixed
    inside = dict.fromkeys(
        name.name
        for variable in fixed.variables
        if not isinstance(variable, Name)
        for name in columns_of(variable)
    )
    return [name for name in inside if _is_level_1_number(baseline, name)]


def _plain(baseline: Baseline) -> list[str]:
    """Return the numeric level-1 predictors that stand without a function."""
    transformed = set(transformed_predictors(baseline))
    names = [variable.name for variable in baseline.formula.fixed.variables if isinstance(variable, Name)]
    return [name for name in names if name not in transformed and _is_level_1_number(baseline, name)]


def _is_level_1_number(baseline: Baseline, name: str) -> bool:
    column = baseline.sample[name]
    numeric = is_numeric_dtype(column) and not is_bool_dtype(column)
    return numeric and baseline.varies_within(name, LEAST_SHARE)


def _predictor(baseline: Baseline, name: str, codes: NDArray[np.intp]) -> Predictor:
    x = baseline.sample[name].to_numpy(dtype=np.float64)
    form = _form(x, codes)
    within = (baseline.codes(group) for group in baseline.formula.groups)
    if form == "cgm" and any(_form(x, each) == "cwc" for each in within):
        form = "outer"
    source = name if form == "raw" else _source(baseline, name, x, codes, form)
    base = x if source is None else baseline.sample[source].to_numpy(dtype=np.float64)
    spread = 1.0 - share_within(base, codes) >= LEAST_SHARE
    if form == "cwc" and not spread:
        form = "cgm"  # with equal group means, the two kinds of centring are one
    mean = _means(baseline, base, codes) if spread else None
    return Predictor(name, form, source, mean, spread)


def _form(x: Array, codes: NDArray[np.intp]) -> Form:
    limit = CENTRED * float(np.var(x))
    if float(np.mean(group_means(x, codes) ** 2)) <= limit:
        return "cwc"
    return "cgm" if float(np.mean(x)) ** 2 <= limit * CENTRED else "raw"


def _source(baseline: Baseline, name: str, x: Array, codes: NDArray[np.intp], form: Form) -> str | None:
    """Return a column that gives the predictor if it is centred; one that is not centred itself if possible.

    A column differs from the predictor by a constant, or by a constant of each group.
    """
    nothing = np.zeros_like(codes)
    every = [nothing, *(baseline.codes(group) for group in baseline.formula.groups)]
    groups = [codes] if form == "cwc" else every if form == "outer" else [nothing]
    candidates = []
    for other in baseline.sample.columns:
        column = baseline.sample[other]
        if other == name or is_bool_dtype(column) or not is_numeric_dtype(column):
            continue
        values = column.to_numpy(dtype=np.float64)
        if any(_differ_by_group(x, values, each) for each in groups):
            candidates.append((_form(values, codes), other))
    order: tuple[Form, ...] = ("raw", "cgm") if form in ("cwc", "outer") else ("raw",)
    return next((other for wanted in order for found, other in candidates if found == wanted), None)


def _differ_by_group(x: Array, y: Array, codes: NDArray[np.intp]) -> bool:
    """Return whether the difference of two columns is a constant of each group."""
    difference = x - y
    if not np.isfinite(difference).all():
        return False
    limit = SAME * float(np.std(x))
    first = difference[codes == codes[0]]
    if float(np.ptp(first)) > limit:
        return False
    return float(np.abs(difference - group_means(difference, codes)).max()) <= limit


def _means(baseline: Baseline, x: Array, codes: NDArray[np.intp]) -> str | None:
    """Return the fixed-effects column that holds the group means of x, up to a constant."""
    means = group_means(x, codes)
    limit = SAME_MEANS * float(np.var(means))
    for variable in baseline.formula.fixed.variables:
        if not isinstance(variable, Name) or not is_numeric_dtype(baseline.sample[variable.name]):
            continue
        other = baseline.sample[variable.name].to_numpy(dtype=np.float64)
        if float(np.var(other - means)) <= limit:
            return variable.name
    return None
