"""Time the main job: nothing cached, a second run that does nothing, and one rung edited.

``python benchmarks/run_pipeline.py`` copies ``pipeline.yaml`` and its data to a folder of its own, runs
``mlm run`` there and prints the wall times beside their budgets, and where the time of the first run went.
Where Rscript with lmerTest is installed, the same ladder by hand in R follows: fits, tests, comparisons and
plots, without a report.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUDGETS = {"nothing cached": 6.0, "nothing to do": 1.5, "one rung edited": 4.0}
"""Seconds of wall time on two cores."""
EDITED = ("ses_w + sector + (ses_w | school)", "ses_w + sector + sx + (ses_w | school)")
REPEATS = 3

R_PROGRAM = """
suppressPackageStartupMessages({library(lmerTest); library(lattice)})
hsb <- read.csv("data/hsb.csv", stringsAsFactors = TRUE)
hsb$school <- factor(hsb$school)
hsb$sector <- relevel(hsb$sector, "Public")
hsb$ses_w <- hsb$ses - ave(hsb$ses, hsb$school)
fits <- lapply(c(
  "mAch ~ 1 + (1 | school)", "mAch ~ ses_w + (1 | school)", "mAch ~ ses_w + (ses_w | school)",
  "mAch ~ ses_w + sector + (ses_w | school)", "mAch ~ ses_w * sector + (ses_w | school)"),
  function(formula) lmer(as.formula(formula), hsb))
invisible(capture.output({
  print(summary(lm(mAch ~ ses, hsb)))
  lapply(fits, function(fit) print(summary(fit)))
  for (k in 2:5) print(anova(fits[[k - 1]], fits[[k]]))
  if (requireNamespace("performance", quietly = TRUE)) for (fit in fits) {
    print(performance::icc(fit)); print(performance::r2_nakagawa(fit))
  }
}))
svg("figures.svg")
print(dotplot(ranef(fits[[5]], condVar = TRUE)))
print(xyplot(mAch ~ ses_w | school, hsb, type = c("p", "r")))
barplot(vapply(fits, function(fit) AIC(refitML(fit)), 0))
invisible(dev.off())
"""


def main() -> None:
    """Print the tables."""
    times: dict[str, list[float]] = {name: [] for name in BUDGETS}
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            steps = measure(Path(folder), times)
    print(f"mlm run pipeline.yaml, {os.cpu_count()} cores, best of {REPEATS}\n")
    for name, budget in BUDGETS.items():
        best = min(times[name])
        print(f"{name:32}{best:8.2f} s   budget {budget:.1f} s   {best / budget:.2f} of it")
    print("\nwhere the time of a first run goes (s; steps run side by side)\n")
    print(f"{'step':32}{'start':>8}{'end':>8}{'work':>8}")
    for step, start, seconds in steps:
        print(f"{step:32}{start:8.2f}{start + seconds:8.2f}{seconds:8.2f}")
    end = max(start + seconds for _, start, seconds in steps)
    print(f"{'after the last step':32}{'':16}{times['nothing cached'][-1] - end:8.2f}")
    if shutil.which("Rscript") is not None:
        by_hand = seconds_in_r()
        print(f"\nthe same ladder by hand in R, without a report: {by_hand:.2f} s, ", end="")
        print(f"{by_hand / min(times['nothing cached']):.2f} x mlm run")


def measure(folder: Path, times: dict[str, list[float]]) -> list[tuple[str, float, float]]:
    """Run the three cases in a folder and note their times; return the steps of the first run."""
    (folder / "data").mkdir()
    shutil.copy(ROOT / "data" / "hsb.csv", folder / "data")
    spec = folder / "pipeline.yaml"
    text = (ROOT / "pipeline.yaml").read_text(encoding="utf-8")
    assert EDITED[0] in text
    spec.write_text(text, encoding="utf-8")
    began = time.time()
    times["nothing cached"].append(run(folder))
    steps = read_steps(folder / "results" / "hsb" / "provenance.json", began)
    times["nothing to do"].append(run(folder))
    spec.write_text(text.replace(*EDITED), encoding="utf-8")
    times["one rung edited"].append(run(folder))
    return steps


def run(folder: Path) -> float:
    """Return the wall time of ``mlm run``."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "mlm_steps", "run"], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def read_steps(provenance: Path, began: float) -> list[tuple[str, float, float]]:
    """Return the steps in the order in which they started, with seconds since the command was given."""
    steps = json.loads(provenance.read_text(encoding="utf-8"))["steps"]
    starts = {
        name: datetime.fromisoformat(step["started"]).timestamp() - began for name, step in steps.items()
    }
    return sorted(((name, starts[name], step["seconds"]) for name, step in steps.items()), key=lambda s: s[1])


def seconds_in_r() -> float:
    """Return the wall time of the ladder in R, packages loaded and plots drawn."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "data", Path(folder) / "data")
        start = time.perf_counter()
        subprocess.run(["Rscript", "-e", R_PROGRAM], cwd=folder, check=True, capture_output=True)
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
