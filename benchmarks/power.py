"""Time 1000 simulated studies with Satterthwaite's tests: growth, cross-level and crossed designs.

``python benchmarks/power.py`` prints our processor time per design and, where Rscript with lmerTest is
installed, that of a loop as simr has it (simulate, fit with lmerTest, summary) for as many studies as take
about 20 seconds, per study, and the ratio. It also times ten effect sizes beside one, and compares the
standard error of the conditional estimate of the power with that of the count.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.power.estimates import conditional, detectable_effect
from mlm_steps.power.scenarios import scenarios
from mlm_steps.power.simulation import simulate
from mlm_steps.power.study import Study
from mlm_steps.spec.planning.power import PowerSpec

STUDIES = 1000
REPEATS = 3
SECONDS = 20.0
"""Time that the loop of R gets in all."""


@dataclass(frozen=True)
class Case:
    """A planned study and how many times as fast as the loop of R it should be."""

    name: str
    target: int
    block: dict


def cross_level(*, fixed: bool) -> dict:
    """Return the design of Mathieu and colleagues with 100 groups of 20."""
    drawn = {"fixed": True} if fixed else {}
    return {
        "design": {
            "groups": {"g": 100},
            "rows": 20,
            "predictors": {"x": {"icc": 0.12, **drawn}, "w": {"level": 2, **drawn}},
            "derive": {"xb": {"mean": "x", "within": "g"}, "xc": {"center": "x", "within": "g"}},
        },
        "model": "y ~ xc + xb + w + xb:w + xc:w + (xc | g)",
        "truth": {"preset": "mathieu2012"},
        "effects": ["xc:w"],
    }


SLEEP = {
    "design": {"groups": {"g": 18}, "rows": 10, "predictors": {"x": {"values": [*range(10)]}}},
    "model": "y ~ x + (x | g)",
    "truth": {"fixed": {"x": 5}, "random": {"g": [[612.09, 9.60], [9.60, 35.07]]}, "sigma": 25.59},
}
CROSSED = {
    "design": {
        "groups": {"p": 40, "i": 20},
        "rows": 1,
        "predictors": {"x": {"level": "i", "binary": 0.5, "codes": [-1, 1]}},
    },
    "model": "y ~ x + (x | p) + (1 | i)",
    "truth": {"fixed": {"x": 0.25}, "random": {"p": [[0.2, 0], [0, 0.1]], "i": [[0.3]]}, "sigma": 0.63},
}
CASES = (
    Case("sleepstudy 18 x 10", 300, SLEEP),
    Case("cross-level 100 x 20, fixed", 120, cross_level(fixed=True)),
    Case("cross-level 100 x 20, redrawn", 60, cross_level(fixed=False)),
    Case("crossed 40 x 20", 10, CROSSED),
)

R_PROGRAM = """
suppressPackageStartupMessages(library(lmerTest))
args <- commandArgs(TRUE)
data <- read.csv(args[1])
model <- suppressMessages(lmer(as.formula(args[2]), data))
limit <- as.numeric(args[3])
invisible(suppressMessages(suppressWarnings(coef(summary(model)))))
taken <- 0; count <- 0
while (taken < limit && count < 1000) {
  taken <- taken + sum(system.time({
    data$y <- simulate(model)[[1]]
    suppressMessages(suppressWarnings(coef(summary(lmer(as.formula(args[2]), data)))))
  })[c("user.self", "sys.self")])
  count <- count + 1
}
cat(taken / count, count)
"""


def main() -> None:
    """Print the table; an argument picks the cases whose names contain it."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    cases = [case for case in CASES if wanted in case.name]
    found = {case.name: study_of(case) for case in cases}
    print(f"{STUDIES} simulated studies, Satterthwaite's tests, processor time, least of {REPEATS}\n")
    has_r = shutil.which("Rscript") is not None
    for case in cases:
        study = found[case.name]
        ours, simulated = least(lambda study=study: simulate_all(study))
        line = f"{case.name:32}{ours:8.2f} s"
        if has_r:
            theirs, count = in_r(study, SECONDS / len(cases))
            ratio = theirs * STUDIES / ours
            line += f"   R {1e3 * theirs:6.0f} ms per study ({count})"
            line += f"   {ratio:5.0f} x ours, target {case.target} x"
        print(line)
        print(f"{'  SE, conditional over counted':32}{relative_error(simulated):8.3f}, target below .35")
        one = effects_of(simulated, 1)
        print(f"{'  ten effect sizes':32}{(ours + effects_of(simulated, 10)) / (ours + one):8.3f} x one")
    if not has_r:
        print("\nno Rscript: nothing to compare with")


def study_of(case: Case) -> Study:
    """Return the planned study of a case."""
    return scenarios(PowerSpec.model_validate(case.block), 1)[0].study


def simulate_all(study: Study):
    """Return the simulated studies."""
    return simulate(study.source, study.truth, study.tests, seed=1, numbers=range(STUDIES))


def effects_of(simulated, count: int) -> float:
    """Return the processor seconds of the power at a number of effect sizes."""
    start = time.process_time()
    for effect in np.linspace(0.1, 1.0, count):
        conditional(simulated.outcomes[0], float(effect), 0.05)
    return time.process_time() - start


def relative_error(simulated) -> float:
    """Return the standard error of the conditional power over that of the count, at a power of about .8."""
    outcome = simulated.outcomes[0]
    power, se = conditional(outcome, detectable_effect(outcome, 0.8, 0.05), 0.05)
    return se / float(np.sqrt(power * (1.0 - power) / STUDIES))


def in_r(study: Study, limit: float) -> tuple[float, int]:
    """Return the processor seconds per study of a loop in R, and how many studies it did."""
    design, layout = study.source.template, study.source.predictors.layout
    frame = pd.DataFrame(
        {name: design.X[:, k] for k, name in enumerate(design.columns) if name.isidentifier()}
    )
    for name, refs in layout.refs.items():
        frame[name] = [f"{name}{ref}" for ref in refs]
    rng = np.random.default_rng(1)
    frame["y"] = design.X @ study.truth.beta + study.truth.sigma * rng.standard_normal(design.n)
    for term, root in zip(design.random, study.truth.roots(), strict=True):
        effects = rng.standard_normal((len(term.levels), root.shape[0])) @ root.T
        frame["y"] += np.einsum("nk,nk->n", term.z, effects[term.refs])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        frame.to_csv(path, index=False)
        words = ["Rscript", "-e", R_PROGRAM, str(path), study.formula, str(limit)]
        run = subprocess.run(words, capture_output=True, text=True, check=True)
    seconds, count = run.stdout.split()
    return float(seconds), int(count)


def least(work):
    """Return the least processor seconds of several calls, and the result."""
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        result = work()
        taken.append(time.process_time() - start)
    return min(taken), result


if __name__ == "__main__":
    main()
