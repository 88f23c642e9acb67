"""Whether simulated data look like the data: posterior predictive checks (statistics, section 13.1)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.subject import Factor, Model
from mlm_steps.engine.bootstrap.simulate import draw_outcomes
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.fit.ols import OlsFit
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck, Flag

__all__ = ["posterior_predictive"]

Array = NDArray[np.float64]

REPLICATES = 50
"""Simulated data sets of each kind (statistics, section 13.1)."""
CELLS = 4_000_000
"""Largest number of simulated outcomes that are held at a time."""
MOST_ROWS = 100_000
"""Rows that are simulated; with more, a seeded sample of them stands for all."""
SAMPLED = f", of a seeded sample of {MOST_ROWS} rows,"
"""Words of a sentence on a sample of the rows."""
LOOK, CONCERN = 4.0, 8.0
"""Standard deviations of the simulated statistics beyond which the data's statistic has a flag. The extremes
have a long tail: 4 of theirs are exceeded about once in 300 true models."""
GRID = 64
"""Points of a density."""
LINES = 50
"""Densities that are drawn."""


class _Statistic(NamedTuple):
    """A statistic: of the data, of each simulated data set."""

    name: str
    observed: float
    simulated: Array


def posterior_predictive(model: Model) -> Contribution:
    """Return mean, SD, minimum, maximum and ICC of the data beside those of simulated data sets.

    ``conditional`` data keep the groups' random effects at their modes, ``marginal`` data have new ones.
    Nothing is simulated unless points of figures are asked for.
    """
    if not model.drawn:
        return Contribution()
    checks: list[DiagnosticCheck] = []
    curves: list[Curve] = []
    y = model.design.y
    rows = _rows(model)
    grid = np.linspace(float(y.min()), float(y.max()), GRID)
    grid += (grid - grid.mean()) * 0.15
    for kind in ("conditional", "marginal") if model.factors else ("simulated",):
        drawn = _drawn(model, kind, rows)
        factors = model.factors[:1]
        found = [*_statistics(y[rows], drawn, factors[0] if factors else None, rows)]
        checks += [_check(kind, each, "" if rows.size == y.size else SAMPLED) for each in found]
        densities = np.array([_density(each, grid) for each in drawn[:LINES]])
        points = np.column_stack([grid, _density(y[rows], grid), densities.T])
        names = ("x", "observed", *(f"simulated_{index + 1}" for index in range(densities.shape[0])))
        rounded = tuple(tuple(float(f"{value:.5g}") for value in row) for row in points)
        curves.append(Curve(name="density", effect=kind, columns=names, points=rounded))
    return Contribution(tuple(checks), tuple(curves))


def _rows(model: Model) -> NDArray[np.intp]:
    n = model.design.n
    if n <= MOST_ROWS:
        return np.arange(n)
    return np.sort(model.random("posterior_predictive/rows").choice(n, size=MOST_ROWS, replace=False))


def _drawn(model: Model, kind: str, rows: NDArray[np.intp]) -> Array:
    step = f"diagnostics/{model.name}/{kind}"
    generators = [stream(model.seed, step, number) for number in range(REPLICATES)]
    fit = model.fit
    if isinstance(fit, OlsFit):
        scale = fit.sigma / np.sqrt(model.weights[rows])
        return np.array([fit.fitted[rows] + scale * each.standard_normal(rows.size) for each in generators])
    together = max(1, CELLS // model.design.n)
    parts = [
        draw_outcomes(fit, generators[first : first + together], conditional=kind == "conditional")[:, rows]
        for first in range(0, REPLICATES, together)
    ]
    return np.concatenate(parts)


def _statistics(y: Array, drawn: Array, factor: Factor | None, rows: NDArray[np.intp]) -> list[_Statistic]:
    both = np.vstack([y[None, :], drawn])
    found = {
        "mean": both.mean(axis=1),
        "SD": both.std(axis=1, ddof=1),
        "minimum": both.min(axis=1),
        "maximum": both.max(axis=1),
    }
    if factor is not None:
        refs = np.unique(factor.refs[rows], return_inverse=True)[1]
        n = np.bincount(refs).astype(float)
        if n.size < rows.size:
            found["ICC"] = np.array([_icc(each, refs, n) for each in both])
    return [_Statistic(name, float(values[0]), values[1:]) for name, values in found.items()]


def _icc(y: Array, refs: NDArray[np.intp], n: Array) -> float:
    """Return the intraclass correlation of a one-way analysis of variance of groups of sizes ``n``."""
    mean = np.bincount(refs, weights=y) / n
    J, total = n.size, float(n.sum())
    within = float(np.sum((y - mean[refs]) ** 2)) / (total - J)
    between = float(np.sum(n * (mean - y.mean()) ** 2)) / (J - 1)
    usual = (total - float(np.sum(n**2)) / total) / (J - 1)
    tau = (between - within) / usual
    return tau / (tau + within) if tau + within > 0 else 0.0


def _check(kind: str, found: _Statistic, sampled: str) -> DiagnosticCheck:
    simulated = found.simulated
    middle, spread = float(simulated.mean()), float(simulated.std(ddof=1))
    away = abs(found.observed - middle)
    distance = away / spread if spread > 0 else 0.0 if away <= 1e-9 * (1 + abs(middle)) else np.inf
    flag: Flag = "concern" if distance > CONCERN else "look" if distance > LOOK else "ok"
    above, below = np.sum(simulated >= found.observed), np.sum(simulated <= found.observed)
    p = min(1.0, 2.0 * (1 + int(min(above, below))) / (simulated.size + 1))
    low, high = (float(value) for value in np.quantile(simulated, (0.025, 0.975)))
    whom = {"conditional": " for the same groups", "marginal": " for new groups"}.get(kind, "")
    text = (
        f"The {found.name} of the data{sampled} is {_number(found.observed)}; in 95 % of "
        f"{simulated.size} data sets simulated{whom} it is {_number(low)} to {_number(high)}"
    )
    end = (
        "."
        if flag == "ok"
        else ": the model does not reproduce it; see the densities for where data and model differ."
    )
    return DiagnosticCheck(
        check="posterior_predictive", effect=f"{kind} {found.name}", statistic=found.observed, low=low,
        high=high, p=p, replicates=simulated.size, flag=flag, sentence=text + end,
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def _density(y: Array, grid: Array) -> Array:
    """Return a density by Gaussian kernels on the grid; the outcomes are first counted in fine bins."""
    step = grid[1] - grid[0]
    edges = np.append(grid - step / 2, grid[-1] + step / 2)
    ordered = np.sort(y)  # both functions below take a third of the time for ordered values
    counts = np.histogram(ordered, bins=edges)[0] / (y.size * step)
    quartiles = np.quantile(ordered, (0.25, 0.75))
    scale = min(float(y.std()), float(quartiles[1] - quartiles[0]) / 1.34) or float(y.std()) or 1.0
    width = max(0.9 * scale * y.size**-0.2, step / 2)
    away = np.arange(-GRID, GRID + 1) * step / width
    kernel = np.exp(-(away**2) / 2.0)
    smooth: Array = np.convolve(counts, kernel / kernel.sum())[GRID : 2 * GRID]
    return smooth
