"""Whether straight lines are enough: score tests of restricted cubic splines (statistics, section 13.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.bins import binned_means, some_rows
from mlm_steps.diagnose.parts.flags import flag
from mlm_steps.diagnose.parts.scores import Block, ScoreTest, score_tests
from mlm_steps.diagnose.parts.splines import bending_columns
from mlm_steps.diagnose.parts.subject import Factor, Model
from mlm_steps.diagnose.parts.variables import Variable, constant_within
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck

__all__ = ["linearity"]

Array = NDArray[np.float64]

LARGE = 0.01
"""Share of the residual variance that a curve must explain to be a concern."""
FITTED = "fitted"
"""The effect of the result on the fitted values."""
FEWEST = 4
"""Smallest number of distinct values of a predictor that is not a category by itself."""


class _Tested(NamedTuple):
    """What is bent: a name, its values, the factor within which it was centred, and its columns."""

    name: str
    values: Array
    within: Factor | None
    block: Block


def linearity(model: Model) -> Contribution:
    """Return the test of each numeric predictor, overall and within groups, and of the fitted values.

    The columns of a spline in the predictor are added to the model, at its own covariance parameters. A
    predictor that enters as a curve already is tested for what this curve leaves.
    """
    tested = list(_tested(model))
    found = score_tests(model, [each.block for each in tested])
    pairs = [(each, test) for each, test in zip(tested, found, strict=True) if test is not None]
    checks = tuple(_check(model, each, test, len(pairs)) for each, test in pairs)
    return Contribution(checks, tuple(_curves(model, tested)) if model.drawn and model.linear else ())


def _tested(model: Model) -> Iterator[_Tested]:
    predictors = [each for each in model.variables.values() if not each.levels]
    for each in predictors:
        yield from _of_predictor(model, each)
    if len(predictors) > 1 and np.ptp(model.fixed) > 0:
        columns = bending_columns(model.fixed)
        if columns.shape[1]:
            yield _Tested(FITTED, model.fixed, None, Block(columns, model.coarsest(model.fixed)))


def _of_predictor(model: Model, variable: Variable) -> Iterator[_Tested]:
    x = variable.values
    if np.unique(x[:10_000]).size < FEWEST and np.unique(x).size < FEWEST:
        return
    columns = np.column_stack([x, bending_columns(x)])
    yield _Tested(variable.name, x, None, Block(columns, model.coarsest(x)))
    for factor in model.factors[:1]:
        size = np.maximum(np.bincount(factor.refs, minlength=factor.J), 1)
        mean = (np.bincount(factor.refs, weights=x, minlength=factor.J) / size)[factor.refs]
        within = x - mean
        mixed = float(np.var(mean)) > 1e-8 * float(np.var(x)) and not constant_within(
            x, factor.refs, factor.J
        )
        if mixed and x.size / 2 > factor.J:
            yield _Tested(variable.name, within, factor, Block(bending_columns(within)))


def _check(model: Model, tested: _Tested, test: ScoreTest, count: int) -> DiagnosticCheck:
    found = flag(test.p, count, large=test.share >= LARGE)
    of = None if tested.within is None else tested.within.group
    return DiagnosticCheck(
        check="linearity",
        of=of,
        effect=tested.name,
        statistic=test.statistic,
        df=test.df,
        p=test.p,
        flag=found,
        sentence=_sentence(model, tested, test, found),
    )


def _sentence(model: Model, tested: _Tested, test: ScoreTest, found: str) -> str:
    what = test.words
    within = "" if tested.within is None else f" within {model.label(tested.within.group)}"
    if tested.name == FITTED:
        if found == "ok":
            return f"The residuals show no curve over the fitted values, {what}."
        return (
            f"The residuals bend over the fitted values, {what}, {100 * test.share:.1f} % of the variation: "
            "look for a missing interaction or a predictor that needs a curve."
        )
    name = model.label(tested.name)
    if found == "ok":
        return f"The relation with {name}{within} is straight as far as the data show, {what}."
    size = f"a curve would explain {100 * test.share:.1f} % of the residual variation"
    todo = (
        f"add a curve, such as poly({tested.name}, 2) or ns({tested.name}, 3), and see whether conclusions "
        "change"
        if found == "concern"
        else "small, but worth a look at the plot"
    )
    return f"The relation with {name}{within} is not straight, {what}: {size}; {todo}."


def _curves(model: Model, tested: list[_Tested]) -> Iterator[Curve]:
    """Yield points and binned means of the residuals over the fixed part and over each predictor."""
    if not model.linear:
        return
    residuals = model.fit.residuals  # type: ignore[union-attr]  # linear models have residuals
    axes = [(FITTED, None, model.fixed), *((each.name, each.within, each.values) for each in tested)]
    worst = model.worst_rows(np.abs(model.scaled))
    shown = np.union1d(some_rows(model.design.n, model.random("rows")), worst)
    seen = set()
    for name, within, x in axes:
        of = None if within is None else within.group
        if (name, of) in seen or not np.ptp(x) > 0:
            continue
        seen.add((name, of))
        if name == FITTED:
            points = tuple((float(a), float(b)) for a, b in zip(x[shown], residuals[shown], strict=True))
            names = tuple(str(int(model.design.rows[row]) + 1) for row in shown.tolist())
            columns = ("x", "residual")
            yield Curve(name="residuals", effect=name, columns=columns, points=points, labels=names)
        smooth = binned_means(x, residuals)
        yield Curve(name="residual_means", of=of, effect=name, columns=("x", "mean", "se"), points=smooth)
