"""Time whole runs beside the same ladders by hand in R: ``python -m benchmarks.run_pipeline [REPEATS]``.

Each analysis is copied to a folder of its own. ``mlm`` runs it there with nothing made before, again with
nothing changed, and again with one rung edited. The R Markdown of ``benchmarks/ladders`` fits the same rungs
with lme4 and lmerTest, tests and compares them, prints what performance knows of them, with intervals and
plots. R has no run that repeats only what follows from an edit. Without rmarkdown or pandoc, the code
runs without a report, and the table says so.

The best of the repetitions is printed with its target, and a line per run is added to ``history.jsonl``.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.taken import Taken, take

ROOT = Path(__file__).resolve().parents[1]
LADDERS = ROOT / "benchmarks" / "ladders"
HISTORY = ROOT / "benchmarks" / "history.jsonl"
MLM = [sys.executable, "-P", "-m", "mlm_steps"]
REPEATS = 3

COLD, NOTHING, EDITED, VALIDATE, HELP = "cold", "nothing changed", "one rung edited", "validate", "help"
SHARES = {COLD: 5, EDITED: 10, NOTHING: 60}
"""For each run, how many times as fast as R it should be, by the clock."""
SECONDS = {VALIDATE: 0.7, HELP: 0.1}
"""Seconds by the clock within which a command should end."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A spec with its data, an edit of one rung, and the R Markdown of the same ladder.

    Attributes
    ----------
    spec, data : Path
    edit : tuple of str
        A formula, and what takes its place.
    by_hand : str
        The name of the R Markdown.
    """

    spec: Path
    data: Path
    edit: tuple[str, str]
    by_hand: str


EXAMPLES = ROOT / "config" / "examples"
ANALYSES = {
    "example": Analysis(
        ROOT / "pipeline.yaml",
        ROOT / "data" / "hsb.csv",
        ("ses_w + sector + (ses_w | school)", "ses_w + sector + sx + (ses_w | school)"),
        "hsb",
    ),
    "workshop": Analysis(
        EXAMPLES / "workshop.yaml",
        EXAMPLES / "data" / "workshop.csv",
        ("ses + public + (ses | schcode)", "ses + public + female + (ses | schcode)"),
        "workshop",
    ),
}


def main(repeats: int) -> None:
    """Measure, print, and add to the history."""
    report = _has_rmarkdown()
    for name, analysis in ANALYSES.items():
        best: dict[str, Taken] = {}
        for _ in range(repeats):
            for what, taken in measured(analysis, report=report):
                if what not in best or taken.cpu < best[what].cpu:
                    best[what] = taken
        print_table(name, best, repeats, report=report)
        note(name, best, report=report)


def measured(analysis: Analysis, *, report: bool) -> Iterator[tuple[str, Taken]]:
    """Yield what each run of an analysis took, R's among them if it is installed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        shutil.copy(analysis.data, folder / "data")
        text = analysis.spec.read_text(encoding="utf-8")
        assert analysis.edit[0] in text
        spec = folder / "pipeline.yaml"
        spec.write_text(text, encoding="utf-8")
        yield HELP, take([*MLM, "--help"], folder)
        yield VALIDATE, take([*MLM, "validate"], folder)
        yield COLD, take([*MLM, "run"], folder)
        yield NOTHING, take([*MLM, "run"], folder)
        spec.write_text(text.replace(*analysis.edit), encoding="utf-8")
        yield EDITED, take([*MLM, "run"], folder)
        if shutil.which("Rscript") is not None:
            for file in LADDERS.glob("*.Rmd"):
                shutil.copy(file, folder)
            yield "R", take(["Rscript", "-e", _program(analysis.by_hand, report=report)], folder)


def _has_rmarkdown() -> bool:
    program = 'q(status = !(requireNamespace("rmarkdown", quietly = TRUE) && rmarkdown::pandoc_available()))'
    if shutil.which("Rscript") is None:
        return False
    return subprocess.run(["Rscript", "-e", program], capture_output=True, check=False).returncode == 0


def _program(name: str, *, report: bool) -> str:
    """Return R code that renders a document, or runs its code with the plots in a file."""
    if report:
        return f'rmarkdown::render("{name}.Rmd", quiet = TRUE)'
    code = f'for (f in c("common", "{name}")) knitr::purl(paste0(f, ".Rmd"), quiet = TRUE)'
    return f'{code}; pdf("plots.pdf"); source("{name}.R", echo = TRUE); source("common.R", echo = TRUE)'


def print_table(name: str, best: dict[str, Taken], repeats: int, *, report: bool) -> None:
    """Print what the runs took, beside R and the targets."""
    by_hand = best.get("R")
    print(f"\n{name}, {os.cpu_count()} cores, best of {repeats}\n")
    print(f"{'':20}{'CPU s':>8}{'s':>8}{'MB':>8}   of R's time")
    for what, taken in best.items():
        print(f"{what:20}{taken.cpu:8.2f}{taken.wall:8.2f}{taken.megabytes:8.0f}", end="")
        if by_hand is not None and what in SHARES:
            times = by_hand.wall / taken.wall
            print(f"   1/{times:.1f}, by processor time 1/{by_hand.cpu / taken.cpu:.1f}; ", end="")
            print(f"target 1/{SHARES[what]}: {'yes' if times >= SHARES[what] else 'no'}", end="")
        elif what in SECONDS:
            print(f"   target {SECONDS[what]} s: {'yes' if taken.wall <= SECONDS[what] else 'no'}", end="")
        elif what == "R" and not report:
            print("   without a report: rmarkdown or pandoc is not installed", end="")
        print()


def note(name: str, best: dict[str, Taken], *, report: bool) -> None:
    """Add a line to the history: the commit, the machine and what the runs took."""
    runs = {
        what: {key: round(value, 3) for key, value in asdict(taken).items()} for what, taken in best.items()
    }
    line = {"analysis": name, **_commit(), "machine": _machine(), "r_markdown": report, "runs": runs}
    with HISTORY.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _commit() -> dict[str, object]:
    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "--short=12", "HEAD"),
            "date": git("show", "-s", "--format=%cs", "HEAD"),
            "changed": bool(git("status", "--porcelain", "--untracked-files=no", "mlm_steps")),
        }
    except (OSError, subprocess.CalledProcessError):  # an archive without its history
        return {"commit": None, "date": None, "changed": None}


def _machine() -> str:
    busy = os.getloadavg()[0]
    return f"{platform.machine()}, {os.cpu_count()} cores, {busy:.0f} processes running"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else REPEATS)
