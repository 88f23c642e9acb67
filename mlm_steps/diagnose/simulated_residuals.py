"""Quantiles of the outcomes among simulated data sets (statistics, section 22.8).

Every data set has new random effects (DHARMa's residuals). Of yes/no outcomes the sums per group are checked
too, since a single outcome shows nothing of its distribution.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlm_steps.diagnose.base import Contribution, Subject, flag_of, p_text, tail_share
from mlm_steps.engine.bootstrap.generalized import draw_from
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck

__all__ = ["simulated_residuals"]

Array = NDArray[np.float64]
Single = NDArray[np.float32]

REPLICATES = 1000
"""Number of simulated data sets."""
CELLS = 10_000_000
"""Largest number of simulated outcomes; with more rows there are fewer data sets."""
FEWEST = 100
"""Smallest number of simulated data sets, however many rows there are."""
PSEUDO = 199
"""Simulated data sets that are compared with the others as the data are: the smallest p value is .005."""
COMPARISONS = 400_000_000
"""Largest number of comparisons for these; with more rows there are fewer."""
FEWEST_PSEUDO = 39
"""Smallest number of such data sets, with a smallest p value of .025."""
POINTS = 100
"""Points of the quantile plot."""
BINS = 10
"""Groups of equal size by the typical group's linear predictor, for the plot against fitted values."""


def simulated_residuals(subject: Subject) -> Contribution:
    """Return the largest distance of the quantiles from the uniform distribution (Kolmogorov's D)."""
    drawn = _simulated(subject)
    checks, curves = [], []
    for of, observed, simulated in _units(subject, drawn):
        uniform = stream(subject.seed, f"diagnostics/{subject.model}/uniform/{of}", 0)
        quantiles = _quantiles(observed, simulated, uniform)
        checks.append(_check(of, quantiles, simulated, uniform))
        curves.append(_against_uniform(of, quantiles))
        if of is None:
            curves.append(_against_fitted(subject, quantiles))
    return Contribution(tuple(checks), tuple(curves))


def _simulated(subject: Subject) -> Single:
    """Return simulated outcomes with new random effects, shape (B, rows)."""
    size = subject.y.size
    count = int(np.clip(CELLS // size, FEWEST, REPLICATES))
    drawn = np.empty((count, size), dtype=np.float32)
    for number, generator in enumerate(subject.streams("new", count)):
        drawn[number] = draw_from(subject.fit, [generator])[0][subject.rows]
    return drawn


def _units(subject: Subject, drawn: Single) -> Iterator[tuple[str | None, Single, Single]]:
    """Yield the rows and, of yes/no outcomes, the sums per level of every grouping factor."""
    yield None, subject.y.astype(np.float32), drawn
    if not subject.binary:
        return
    terms = {term.group: term for term in subject.fit.design.random}
    for group, term in terms.items():
        refs = term.refs[subject.rows]
        order = np.argsort(refs, kind="stable")
        starts = np.flatnonzero(np.diff(refs[order], prepend=-1))
        if starts.size < refs.size:
            sums = np.add.reduceat(drawn[:, order], starts, axis=1)
            yield group, np.add.reduceat(subject.y[order].astype(np.float32), starts), sums


def _quantiles(observed: Single, simulated: Single, uniform: np.random.Generator) -> Array:
    """Return lower + v (upper - lower), with the shares of simulated outcomes below and at most the own."""
    lower = np.mean(simulated < observed, axis=0)
    upper = np.mean(simulated <= observed, axis=0)
    return np.asarray(lower + uniform.random(observed.size) * (upper - lower))


def _distance(quantiles: Array) -> float:
    """Return Kolmogorov's distance from the uniform distribution."""
    ordered, size = np.sort(quantiles), quantiles.size
    steps = np.arange(size + 1) / size
    return float(max(np.max(steps[1:] - ordered), np.max(ordered - steps[:-1])))


def _check(
    of: str | None, quantiles: Array, simulated: Single, uniform: np.random.Generator
) -> DiagnosticCheck:
    count = int(np.clip(COMPARISONS // (2 * simulated.size), FEWEST_PSEUDO, PSEUDO))
    others = [_distance(_quantiles(each, simulated, uniform)) for each in simulated[:count]]
    statistic = _distance(quantiles)
    p, low, high = tail_share(statistic, others), 0.0, float(np.quantile(others, 0.95))
    flag, what = flag_of(p), "outcomes" if of is None else f"sums per {of}"
    held = "are uniform, as under the model" if flag == "ok" else "are not uniform as under the model"
    text = (
        f"The quantiles of the {what} among {len(simulated)} simulated data sets {held}: largest distance "
        f"{statistic:.3f} (95 % of data sets of the model: at most {high:.3f}), {p_text(p)}."
    )
    return DiagnosticCheck(
        check="simulated_residuals",
        of=of,
        statistic=statistic,
        low=low,
        high=high,
        p=p,
        replicates=len(simulated),
        flag=flag,
        sentence=text,
    )


def _against_uniform(of: str | None, quantiles: Array) -> Curve:
    """Return the observed quantiles at equally spaced expected ones."""
    size = min(POINTS, quantiles.size)
    expected = (np.arange(size) + 0.5) / size
    observed = np.quantile(quantiles, expected)
    return Curve(
        name="quantiles",
        of=of,
        columns=("expected", "observed"),
        points=tuple((float(a), float(b)) for a, b in zip(expected, observed, strict=True)),
    )


def _against_fitted(subject: Subject, quantiles: Array) -> Curve:
    """Return the quartiles of the quantiles in groups of rows with similar predictions without groups."""
    design = subject.fit.design
    beta = np.where(np.isfinite(subject.fit.beta), subject.fit.beta, 0.0)
    typical = design.X @ beta + (0.0 if design.offset is None else design.offset)
    mean = subject.family.mean(typical[subject.rows])
    points = []
    for rows in np.array_split(np.argsort(mean, kind="stable"), min(BINS, mean.size)):
        quartiles = np.quantile(quantiles[rows], (0.25, 0.5, 0.75))
        points.append((float(mean[rows].mean()), *(float(q) for q in quartiles), float(rows.size)))
    return Curve(
        name="against_fitted",
        columns=("fitted", "lower_quartile", "median", "upper_quartile", "rows"),
        points=tuple(points),
    )
