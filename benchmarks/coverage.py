"""Coverage of 95 % intervals and size of variance tests, by simulation.

``python -m benchmarks.coverage [--replicates 2000] [--workers 2]`` writes ``docs/coverage.md``. Replicate i
draws from a stream of its own, so that the table depends neither on the number of workers nor on their order.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: processes share the work

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import chdtr, chdtrc, chdtri, stdtr

from mlm_steps.compare.mixtures import mixture_tail
from mlm_steps.compare.rlrt import rlrt_p
from mlm_steps.design.build import build_design
from mlm_steps.design.matrices import Design
from mlm_steps.engine import LmmFit, fit_lmm
from mlm_steps.engine.bootstrap.replicates import refit_many
from mlm_steps.engine.bootstrap.simulate import simulate
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.profile.profiles import Parameter, profile_fit
from mlm_steps.engine.result.evaluate import criterion_at
from mlm_steps.inference import test_coefficients
from mlm_steps.records.comparison import MixtureComponent

SEED = 20
TARGET = Path(__file__).resolve().parents[1] / "docs" / "coverage.md"
CONFIDENCE = 0.95
BOOTSTRAP = 199
"""Bootstrap replicates of each simulated data set."""
TAU, SIGMA, EACH = 1.0, 1.0, 8
FORMULA = "y ~ x + w + (1 | g)"
"""x varies within groups, w between them: its interval is the one that few groups make wrong."""
MIXTURE = (MixtureComponent(weight=0.5, df=0), MixtureComponent(weight=0.5, df=1))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was counted, how often it should happen, and why it may not."""

    what: str
    method: str
    nominal: float
    theory: float | None


def main() -> None:
    """Simulate and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage")
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    intervals = shares(partial(covered, J=15), options.replicates, options.workers)
    sizes = {J: shares(partial(rejected, J=J), options.replicates, options.workers) for J in (15, 100)}
    TARGET.write_text(page(intervals, sizes, options.replicates), encoding="utf-8")


def shares(one: Callable[[int], dict[str, bool]], replicates: int, workers: int) -> dict[str, float]:
    """Return how often each outcome of a replicate is true."""
    with ProcessPoolExecutor(workers) as pool:
        found = pd.DataFrame(pool.map(one, range(replicates), chunksize=10))
    return {str(name): float(share) for name, share in found.mean().items()}


@cache
def design_of(J: int) -> Design:
    """Return the design that all replicates of a size share, with an outcome to be replaced."""
    rng = stream(SEED, f"design/{J}", 0)
    g = np.repeat(np.arange(J), EACH)
    w = rng.standard_normal(J)
    frame = {"y": rng.standard_normal(g.size), "x": rng.standard_normal(g.size), "w": w[g], "g": g}
    return build_design(FORMULA, pd.DataFrame(frame))


def drawn(J: int, tau: float, step: str, number: int) -> Design:
    """Return the design with an outcome drawn with fixed effects of 0."""
    design, rng = design_of(J), stream(SEED, step, number)
    y = tau * rng.standard_normal(J)[design.random[0].refs] + SIGMA * rng.standard_normal(design.n)
    return replace(design, y=y)


def covered(number: int, J: int) -> dict[str, bool]:
    """Return which intervals of one replicate hold the true value."""
    design = drawn(J, TAU, f"coverage/{J}", number)
    fit = fit_lmm(design)
    found = {}
    for method in ("satterthwaite", "kenward-roger", "z"):
        tests = test_coefficients(fit, method, CONFIDENCE)
        for place, name in ((1, "x"), (2, "w")):
            found[f"{name} {method}"] = bool(tests.ci_low[place] <= 0.0 <= tests.ci_high[place])
    (profile,) = profile_fit(fit_lmm(design, method="ML"), (Parameter("sd", 0, (0,)),), confidence=CONFIDENCE)
    return found | {"tau profile": holds(profile.low, profile.high), "tau bootstrap": bootstrap(fit, number)}


def bootstrap(fit: LmmFit, number: int) -> bool:
    """Return whether the percentile interval of the standard deviation holds the true value."""
    again = refit_many(fit, simulate(fit, BOOTSTRAP, SEED, first=number * BOOTSTRAP).T)
    low, high = np.quantile(again.theta[:, 0] * again.sigma, [0.5 - 0.5 * CONFIDENCE, 0.5 + 0.5 * CONFIDENCE])
    return holds(float(low), float(high))


def holds(low: float | None, high: float | None) -> bool:
    """Return whether an interval holds the true standard deviation; no limit is no bound."""
    return (low is None or low <= TAU) and (high is None or high >= TAU)


def rejected(number: int, J: int) -> dict[str, bool]:
    """Return which tests of a variance that is 0 reject it at 5 %."""
    design = drawn(J, 0.0, f"size/{J}", number)
    fit = fit_lmm(design)
    statistic = max(0.0, criterion_at(fit, np.zeros(1)) - fit.criterion)
    return {
        "zero": statistic < 1e-8,
        "naive": bool(chdtrc(1, statistic) < 0.05),
        "mixture": mixture_tail(MIXTURE, statistic) < 0.05,
        "exact": statistic > critical_value(J),
    }


@cache
def critical_value(J: int) -> float:
    """Return the statistic whose exact p is 5 %: it depends on the design alone."""
    design = design_of(J)
    low, high = 0.0, 10.0
    while high - low > 1e-3:
        middle = 0.5 * (low + high)
        p = rlrt_p(design, design.random[0], middle, seed=SEED)
        low, high = (middle, high) if p >= 0.05 else (low, middle)
    return high


def page(intervals: dict[str, float], sizes: dict[int, dict[str, float]], replicates: int) -> str:
    """Return the page."""
    error = np.sqrt(0.95 * 0.05 / replicates)
    return TEXT.format(
        formula=FORMULA, each=EACH, replicates=replicates, bootstrap=BOOTSTRAP, seed=SEED,
        error=f"{100 * 1.96 * error:.1f}",
        intervals=table(interval_rows(15), intervals, replicates),
        sizes="\n\n".join(
            f"### {J} groups\n\n{table(size_rows(share['zero']), share, replicates)}\n\n"
            f"The statistic was 0 in {100 * share['zero']:.1f} % of the replicates."
            for J, share in sizes.items()
        ),
    )  # fmt: skip


def interval_rows(J: int) -> dict[str, Row]:
    """Return the lines on intervals; J - 2 degrees of freedom are left between groups."""
    nu = J - 2
    z = float(1.0 - 2.0 * stdtr(nu, -1.959964))
    named = {"satterthwaite": "Satterthwaite", "kenward-roger": "Kenward–Roger", "z": "z"}
    within = {f"x {key}": Row("slope of x, within groups", name, 0.95, None) for key, name in named.items()}
    between = {
        f"w {key}": Row("slope of w, between groups", name, 0.95, z if key == "z" else None)
        for key, name in named.items()
    }
    variance = {
        "tau profile": Row("SD of intercepts", "profile, ML", 0.95, profile_theory(J, nu)),
        "tau bootstrap": Row("SD of intercepts", "bootstrap percentile, REML", 0.95, percentile_theory(nu)),
    }
    return within | between | variance


def size_rows(zero: float) -> dict[str, Row]:
    """Return the lines on tests, given how often the statistic is 0."""
    tail = 1.0 - zero
    return {
        "naive": Row("variance is 0", "χ² with 1 df", 0.05, 0.5 * 0.05),
        "mixture": Row("variance is 0", "mixture ½ χ²₀ + ½ χ²₁", 0.05, tail * 0.1),
        "exact": Row("variance is 0", "exact RLRT", 0.05, None),
    }


def profile_theory(J: int, nu: int) -> float:
    """Return the coverage of the ML profile where the group effects are seen without error.

    Their sum of squares is tau² C, C ~ χ² with ``nu`` df, and twice the log likelihood ratio at the truth
    is C - J - J log(C / J).
    """
    grid = np.linspace(1e-3, 12.0 * J, 200_001)
    inside = grid[grid - J - J * np.log(grid / J) <= chdtri(1, 1.0 - CONFIDENCE)]
    return float(chdtr(nu, inside[-1]) - chdtr(nu, inside[0]))


def percentile_theory(nu: int) -> float:
    """Return the coverage of the percentile interval in the same case: it is turned the wrong way round."""
    low, high = chdtri(nu, 0.5 + 0.5 * CONFIDENCE), chdtri(nu, 0.5 - 0.5 * CONFIDENCE)
    return float(chdtr(nu, nu**2 / low) - chdtr(nu, nu**2 / high))


def table(rows: dict[str, Row], found: dict[str, float], replicates: int) -> str:
    """Return a Markdown table with the simulation error of each share."""
    lines = [["what", "method", "nominal", "simulated", "± 1.96 SE", "theory"], ["---"] * 6]
    for name, row in rows.items():
        share = found[name]
        error = 1.96 * np.sqrt(share * (1.0 - share) / replicates)
        theory = "" if row.theory is None else percent(row.theory)
        lines.append(
            [row.what, row.method, percent(row.nominal), percent(share), percent(float(error)), theory]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{100 * share:.1f} %"


TEXT = """\
# Coverage of intervals and size of tests

Made by `python -m benchmarks.coverage` (seed {seed}, {replicates} replicates each): data are simulated from
`{formula}` with {each} rows in each group, a residual variance of 1 and fixed effects of 0; x varies within
groups, w between them. If the true share is 95 %, the simulated share is within ± {error} points of it in
19 of 20 simulations.

## 95 % intervals, 15 groups, standard deviation of the intercepts 1

{intervals}

- **Slopes between groups**: 15 groups leave 13 degrees of freedom. Satterthwaite's and Kenward and Roger's
  methods find them. The normal distribution ignores them: its coverage is that of ± 1.96 SE under t, 13 df.
- **Profile**: the interval is that of the ML likelihood, as in lme4. ML does not allow for the estimation of
  the two fixed effects between groups: the variance is underestimated, and both limits are too low.
- **Bootstrap percentile**: estimates of a variance are skewed to the right. The limits of the interval should
  reverse this skewness, but the percentile interval keeps it. With 13 degrees of freedom its coverage is far
  below 95 %, whatever the number of replicates. Each interval here has {bootstrap} replicates.
- The theory of both assumes that group effects are observed without error (large groups). In small groups the
  residual variance adds to the observed effects, which changes the simulated shares slightly.

## Tests of a variance that is 0, at 5 %

{sizes}

- **χ² with 1 df** ignores that a variance cannot be negative: it rejects at most half as often as it should.
- **The mixture** is correct with many groups. With few groups the statistic is 0 in more than half of all
  samples, which reduces the size: the last column is 0.1 times the share of samples in which it is not 0.
- **The exact test** uses the distribution in finite samples.
"""


if __name__ == "__main__":
    main()
