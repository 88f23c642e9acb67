"""``mlm status`` says what is done, stale, missing and failed, and starts and writes nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlm_steps.records import write_record
from mlm_steps.records.failure import Absence
from mlm_steps.runner.lock import locked
from mlm_steps.runner.status import LOCKS, status_json, status_of, status_text

from .conftest import mlm, times

HEAVY = {"numpy", "pandas", "pyarrow", "scipy", "matplotlib", "jinja2", "snakemake", "statsmodels"}


@pytest.fixture
def folder(finished, monkeypatch):
    """Enter a folder with a finished run."""
    monkeypatch.chdir(finished)
    return finished


def states(folder):
    before = times(folder)
    found = status_of(Path("pipeline.yaml"), None)
    assert times(folder) == before
    return {step.step: step.state for step in found.steps}


def test_before_the_first_run_everything_is_missing(small, monkeypatch):
    monkeypatch.chdir(small)
    assert set(states(small).values()) == {"missing"}
    assert not (small / "results").exists()


def test_after_a_run_everything_is_done(folder):
    assert set(states(folder).values()) == {"done"}
    text = status_text(status_of(Path("pipeline.yaml"), None))
    assert text.startswith("results/small: ")
    assert "stale" not in text
    assert "time of the steps: " in text
    assert "MiB in " in text


def test_the_four_states(folder):
    out = folder / "results" / "small"
    (out / "fits" / "l2.json").unlink()
    write_record(Absence(absent="failed", step="fit/l1", reason="no variance"), out / "fits" / "l1.json")
    path = folder / "pipeline.yaml"
    path.write_text(path.read_text().replace("version: 1", "version: 1\ntitle: Other"))
    found = states(folder)
    assert (found["fit/l2"], found["fit/l1"]) == ("missing", "failed")
    assert (found["report"], found["fit/null"]) == ("stale", "done")
    text = status_text(status_of(path, None))
    assert "fit/l1: failed: no variance" in text
    assert "fit/l2: missing: fits/l2.json is missing" in text
    assert "figures: stale: title was added: 'Other'" in text
    row = next(line.split() for line in text.splitlines() if line.startswith("l1 "))
    assert "failed" in row


def test_former_steps_are_named(folder):
    path = folder / "pipeline.yaml"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "name: l2" not in line))
    found = status_of(path, None)
    assert {"fit/l2", "variance/l2", "compare/slope--l2"} <= {*found.former}
    assert "(mlm clean removes their files)" in status_text(found)


def test_json_has_the_same_states(folder):
    done = mlm("status", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content == json.loads(json.dumps(status_json(status_of(Path("pipeline.yaml"), None))))
    assert content["counts"] == {"done": len(content["steps"]), "stale": 0, "missing": 0, "failed": 0}
    fit = next(step for step in content["steps"] if step["step"] == "fit/l1")
    assert fit["rung"] == "l1"
    assert fit["seconds"] > 0
    assert fit["peak_bytes"] > 0


def test_it_loads_no_numerical_library(folder):
    words = [sys.executable, "-P", "-X", "importtime", "-m", "mlm_steps", "status"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "mlm_steps.runner.status" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.skipif(not LOCKS.exists(), reason="the system does not list locks")
def test_a_run_that_uses_the_folder_is_seen(folder):
    out = folder / "results" / "small"
    assert not status_of(Path("pipeline.yaml"), None).running
    with locked(out):
        seen = status_of(Path("pipeline.yaml"), None)
    assert seen.running
    assert "a run is using this folder" in status_text(seen)


def test_faults_of_the_spec_end_with_exit_code_2(small):
    (small / "pipeline.yaml").write_text("version: 1\nladder: 5\n")
    done = mlm("status", cwd=small)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
