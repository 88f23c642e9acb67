"""A small analysis to run, and the command to run it by."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SPEC = """\
version: 1
name: small
data:
  file: small.csv
  columns:
    g: {type: group, label: Class}
    w: {label: Size}
prelude:
  - {name: ols, formula: "y ~ x"}
ladder:
  - {name: null, formula: "y ~ 1 + (1 | g)"}
  - {name: l1, formula: "y ~ x + (1 | g)"}
  - {name: slope, formula: "y ~ x + (x | g)"}
  - {name: l2, formula: "y ~ x + w + (x | g)"}
"""


def small_data():
    """Return 20 groups of 8 rows with a random slope as CSV text; x2 is missing nowhere."""
    rng = np.random.default_rng(20)
    lines = ["g,x,x2,w,y"]
    for group in range(20):
        intercept, slope, w = rng.normal(0, 1, 3)
        for _ in range(8):
            x, x2 = rng.normal(0, 1, 2)
            y = 2 + intercept + (1 + 0.6 * slope) * x + 0.5 * w + rng.normal()
            lines.append(f"{group + 1},{x:.6f},{x2:.6f},{w:.6f},{y:.6f}")
    return "\n".join(lines) + "\n"


def mlm(*words, cwd, **environment):
    """Run an mlm command in a folder; return the finished process."""
    if "PYTHONPATH" in environment:
        environment["PYTHONPATH"] += os.pathsep + os.environ.get("PYTHONPATH", "")
    return subprocess.run(
        [sys.executable, "-P", "-m", "mlm_steps", *map(str, words)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def contents(folder):
    """Return the bytes of all files of a run but for its provenance."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and path.name != "provenance.json"
    }


def times(folder):
    """Return the time of change of each file of a run."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def prepare(folder):
    """Put the small data and its spec into a folder."""
    (folder / "small.csv").write_text(small_data())
    (folder / "pipeline.yaml").write_text(SPEC)
    return folder


@pytest.fixture
def small(tmp_path):
    """Return a folder with the small data and its spec."""
    return prepare(tmp_path)


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory):
    """Return a folder in which the small analysis has been run; not to be changed."""
    folder = prepare(tmp_path_factory.mktemp("finished"))
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def finished(finished_once, tmp_path):
    """Return a copy of that folder, with the files' times."""
    return shutil.copytree(finished_once, tmp_path / "copy")


def plain_snakemake(folder, *more, out="plain"):
    """Run the workflow by Snakemake's own command line, by default into the folder ``plain``."""
    from mlm_steps.report.share import share

    words = [sys.executable, "-P", "-m", "snakemake", "--cores", "2"]
    words += ["--snakefile", str(share("workflow") / "Snakefile"), *more, "--config", f"out={out}"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
