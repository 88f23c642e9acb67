"""Whether the level-1 variance is the same in all groups (section 13.3; Raudenbush & Bryk 2002)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.flags import flag, p_words
from mlm_steps.diagnose.parts.subject import Factor, Model
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck

__all__ = ["group_variances"]

Array = NDArray[np.float64]

FEWEST_DF = 10
"""Smallest residual degrees of freedom of a group that is compared (statistics, section 13.3)."""
FEWEST_GROUPS = 5
"""Smallest number of groups that are compared."""
LARGE = 0.2
"""Standard deviation between groups of the logarithm of the residual standard deviation that is a concern."""
RANK = 1e-9
"""Relative eigenvalue below which a group's own cross-products have a rank less."""
CHUNK = 2_000_000
"""Largest number of elements of the cross-products of groups that are made at a time."""


class _Spread(NamedTuple):
    """Residual sums of squares and degrees of freedom of all groups."""

    rss: Array
    df: Array


def group_variances(model: Model) -> Contribution:
    """Return the sum of squared standardised log variances of each factor's groups.

    With one grouping factor the variances are those of least squares in each group; with several, those of
    the conditional residuals. The tail is that of a scaled chi-square with the first two moments of the
    statistic: log variances of few rows are not normal.
    """
    if not isinstance(model.fit, LmmFit):
        return Contribution()
    checks: list[DiagnosticCheck] = []
    curves: list[Curve] = []
    for factor in model.factors:
        if model.design.n / 2 < factor.J:
            continue
        found = _own(model.fit, factor) if len(model.factors) == 1 else _conditional(model, factor)
        part = _check(model, factor, found, len(model.factors))
        checks += part.checks
        curves += part.curves
    return Contribution(tuple(checks), tuple(curves))


def _check(model: Model, factor: Factor, found: _Spread, count: int) -> Contribution:
    usable = np.flatnonzero((found.df >= FEWEST_DF - 1e-6) & (found.rss > 0))
    if usable.size < FEWEST_GROUPS:
        few = (
            f"Fewer than {FEWEST_GROUPS} groups of {model.label(factor.group)} have {FEWEST_DF} residual "
            "degrees of freedom: their variances are not compared."
        )
        return Contribution(
            (
                DiagnosticCheck(
                    check="group_variances", of=factor.group, statistic=None, flag=None, sentence=few,
                    code="not_estimable",
                ),
            )
        )  # fmt: skip
    f = found.df[usable]
    logs = np.log(found.rss[usable] / f)
    about = logs - float(f @ logs) / float(f.sum())
    d = about / np.sqrt(2.0 / f)
    statistic, df = float(d @ d), usable.size - 1
    p = _tail(f, about)
    excess = float(np.mean(about**2 - scipy.special.polygamma(1, f / 2.0)))
    spread = float(np.sqrt(max(excess, 0.0))) / 2.0
    flagged = flag(p, count, large=spread >= LARGE)
    order = usable[np.argsort(-np.abs(d), kind="stable")[:3]]
    worst = tuple(
        f"{factor.levels[j]} (SD {np.sqrt(found.rss[j] / found.df[j]):.2f})" for j in order.tolist()
    )
    text = _sentence(model, factor, statistic, df, p, spread, flagged, worst)
    check = DiagnosticCheck(
        check="group_variances", of=factor.group, statistic=statistic, df=df, p=p, flag=flagged,
        sentence=text, worst=worst,
    )  # fmt: skip
    return Contribution((check,), (_curve(factor, usable, d),) if model.drawn else ())


def _sentence(
    model: Model, factor: Factor, statistic: float, df: int, p: float, spread: float, found: str,
    worst: tuple[str, ...],
) -> str:  # fmt: skip
    what = f"χ²({df}) = {statistic:.1f}, {p_words(p)}"
    group = model.label(factor.group)
    if found == "ok":
        return f"The residual variance is the same in all groups of {group} as far as the data show, {what}."
    size = f"standard deviations of groups differ by about {100 * spread:.0f} % beyond chance"
    todo = (
        "use robust standard errors, or look for a predictor that explains it"
        if found == "concern"
        else "too little to change conclusions by itself; robust standard errors show whether it does"
    )
    return (
        f"The residual variance differs between groups of {group}, {what}: {size}; {todo}. Most different: "
        f"{', '.join(worst)}."
    )


def _tail(f: Array, about: Array) -> float:
    """Return the p value of Σ f/2 about² from a scaled chi-square with its mean and variance."""
    second, fourth = scipy.special.polygamma(1, f / 2.0), scipy.special.polygamma(3, f / 2.0)
    weight = f / 2.0
    shrink = 1.0 - f / float(f.sum())
    mean = float(np.sum(weight * second * shrink))
    variance = float(np.sum(weight**2 * (fourth + 2.0 * second**2) * shrink))
    scale = variance / (2.0 * mean)
    return float(scipy.special.chdtrc(mean / scale, float(weight @ about**2) / scale))


def _conditional(model: Model, factor: Factor) -> _Spread:
    """Return the sums of squares of conditional residuals, whose expectation is sigma² Σ(1 - h)."""
    assert isinstance(model.fit, LmmFit)  # noqa: S101 - the caller has returned for other fits
    squares = model.weights * model.fit.residuals**2
    return _Spread(
        np.bincount(factor.refs, weights=squares, minlength=factor.J).astype(float),
        np.bincount(factor.refs, weights=1.0 - model.leverage, minlength=factor.J).astype(float),
    )


def _own(fit: LmmFit, factor: Factor) -> _Spread:
    """Return the residual sums of squares of least squares in each group on all columns of X and Z."""
    design = fit.design
    columns = np.column_stack([design.X, *(term.z for term in design.random)])
    size = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    columns = columns[:, size > 0] / size[size > 0]
    root = np.ones(design.n) if design.weights is None else np.sqrt(design.weights)
    offset = 0.0 if design.offset is None else design.offset
    rest = root * (design.y - offset - design.X @ fit.beta)
    columns = columns * root[:, None]
    order = np.argsort(factor.refs, kind="stable")
    n = np.bincount(factor.refs, minlength=factor.J)
    ends = np.cumsum(n)
    width = columns.shape[1] + 1
    step = max(1, CHUNK // width**2)
    rss, df = np.empty(factor.J), np.empty(factor.J)
    for first in range(0, factor.J, step):
        last = min(first + step, factor.J)
        rows = order[(ends[first - 1] if first else 0) : ends[last - 1]]
        own = np.column_stack([columns[rows], rest[rows]])
        refs = factor.refs[rows] - first
        starts = np.flatnonzero(np.diff(refs, prepend=-1))
        products = np.zeros((last - first, width, width))
        for a in range(width):
            sums = np.add.reduceat(own[:, a, None] * own, starts, axis=0)
            products[refs[starts], a] = sums
        values, vectors = np.linalg.eigh(products[:, :-1, :-1])
        large = values > RANK * np.maximum(values[:, -1:], 1e-300)
        along = np.einsum("jab,ja->jb", vectors, products[:, :-1, -1])
        explained = np.where(large, along**2 / np.where(large, values, 1.0), 0.0).sum(axis=1)
        rss[first:last] = products[:, -1, -1] - explained
        df[first:last] = n[first:last] - large.sum(axis=1)
    total = np.bincount(factor.refs, weights=rest**2, minlength=factor.J)
    return _Spread(np.where(rss > 1e-10 * total, rss, 0.0), df)


def _curve(factor: Factor, usable: NDArray[np.intp], d: Array) -> Curve:
    """Return the standardised log variances beside normal quantiles, in ascending order."""
    order = np.argsort(d, kind="stable")
    if order.size > 400:
        order = order[np.unique(np.linspace(0, order.size - 1, 400).astype(int))]
    expected = scipy.special.ndtri((np.argsort(np.argsort(d))[order] + 0.625) / (d.size + 0.25))
    points = tuple((float(a), float(b)) for a, b in zip(expected, d[order], strict=True))
    return Curve(
        name="group_variances",
        of=factor.group,
        columns=("expected", "d"),
        labels=tuple(factor.levels[usable[j]] for j in order.tolist()),
        points=points,
    )
