"""What evaluations, refits and optional steps take, beside the estimates by counting operations.

``python -m benchmarks.costs`` prints a table of milliseconds. Run it to choose the constants of
``mlm_steps/engine/cost.py`` and ``mlm_steps/steps/parts/expense.py`` anew; ``mlm`` itself never looks at a
clock. Times are processor times, each the minimum of several.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded

import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.engine.bootstrap.replicates import refit_many
from mlm_steps.engine.bootstrap.simulate import simulate
from mlm_steps.engine.cost import cost_of

REPEATS = 5
OUTCOMES = 40
"""Simulated outcomes that a refit is averaged over."""
SEED = 3


def main() -> None:
    """Print the table."""
    print("| model | levels | value | estimate | derivatives | estimate | refit | estimate |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for formula, frame in _cases():
        fit = fit_lmm(build_design(formula, frame))
        strategy = fit.prepared.strategy
        theta = fit.prepared.to_internal(fit.theta)
        outcomes = simulate(fit, OUTCOMES, SEED).T
        measured = (
            _least(lambda s=strategy, t=theta: s.value(t)),
            _least(lambda s=strategy, t=theta: s.criterion_terms(t, hessian=s.exact_hessian)),
            _least(lambda f=fit, Y=outcomes: refit_many(f, Y), 1) / OUTCOMES,
        )
        cells = [f"{1e3 * x:.2f}" for pair in zip(measured, cost_of(fit.prepared), strict=True) for x in pair]
        levels = " × ".join(f"{factor.J}" for factor in strategy.factors)
        model = formula.replace("|", r"\|")
        print(f"| `{model}` | {levels} | {' | '.join(cells)} |", flush=True)


def _least(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the least processor seconds of several calls."""
    if repeats > 1:
        work()  # what is computed once and kept
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def _cases() -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield formulas with simulated data of every structure."""
    yield "y ~ x + (1 | g)", _frame([400], 16)
    yield "y ~ x + (x | g)", _frame([400], 16)
    yield "y ~ x + (x | g)", _frame([4000], 5)
    for sizes in ([24, 20], [60, 50], [200, 60]):
        yield "y ~ x + (x | g) + (1 | h)", _frame(sizes, 1)
    yield "y ~ x + (x | g) + (x | h)", _frame([60, 50], 1)
    yield "y ~ x + (1 | h/g)", _frame([240, 40], 10, nested=True)
    yield "y ~ x + (x | g) + (1 | h)", _frame([1440, 60], 5, nested=True)
    yield "y ~ x + (x | g) + (x | h)", _frame([1440, 60], 5, nested=True)


def _frame(sizes: list[int], rows: int, *, nested: bool = False) -> pd.DataFrame:
    """Return data with factors g and h, crossed or g in h, and random slopes of both."""
    rng = np.random.default_rng(SEED)
    first = np.arange(sizes[0] * (1 if nested else int(np.prod(sizes[1:]))) * rows) // rows % sizes[0]
    n = first.size
    x = rng.normal(size=n)
    y = 1.0 + x + rng.normal(size=sizes[0])[first] * (1.0 + 0.5 * x) + rng.normal(size=n)
    frame = {"x": x, "g": [f"g{i}" for i in first]}
    for J in sizes[1:]:
        refs = first % J if nested else np.arange(n) // (rows * sizes[0])
        y = y + rng.normal(size=J)[refs] * (1.0 + 0.3 * x)
        frame["h"] = [f"h{i}" for i in refs]
    return pd.DataFrame({**frame, "y": y})


if __name__ == "__main__":
    main()
