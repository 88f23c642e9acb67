"""Optional work: what takes long is left out and named, and done where the spec demands it."""

import csv
import json

import pytest

from .conftest import SPEC, contents, mlm

OUT = "results/small"
WIDER = SPEC.replace("(x | g)", "(x + x2 | g)")
"""Rungs whose comparison with those before them has no null distribution in closed form."""


def write(folder, keys):
    (folder / "pipeline.yaml").write_text(f"{WIDER}{keys}\n")


def comparison(folder):
    with (folder / OUT / "tables" / "comparison.csv").open(encoding="utf-8", newline="") as file:
        return {(row["from"], row["to"]): row for row in csv.DictReader(file)}["l1", "slope"]


def started(folder):
    steps = json.loads((folder / OUT / "provenance.json").read_text())["steps"]
    return {name: entry["started"] for name, entry in steps.items()}


def simulations(folder):
    return sorted(path.name for path in (folder / OUT / "simulations" / "l1--slope").glob("*.json"))


@pytest.fixture
def bootstrapped(small):
    write(small, "tests: {replicates: 60}")
    done = mlm("run", cwd=small)
    assert done.returncode == 0, done.stderr
    return small


def test_a_comparison_that_needs_a_bootstrap_gets_one_in_a_step_of_its_own(bootstrapped):
    found = comparison(bootstrapped)
    assert (found["B"], found["failed"]) == ("60", "0")
    assert 0 < float(found["p_boot"]) <= 1
    assert simulations(bootstrapped) == ["0-60.json"]
    report = (bootstrapped / OUT / "report.md").read_text()
    assert "parametric bootstrap, 60 replicates" in report
    assert "## Analyses not computed" not in report

    # More jobs draw the same replicates, and a finished run has nothing to do.
    write(bootstrapped, "tests: {replicates: 520, bootstrap: always}")
    assert mlm("run", cwd=bootstrapped).returncode == 0
    assert simulations(bootstrapped) == ["0-500.json", "500-520.json"]
    first, before = contents(bootstrapped / OUT), started(bootstrapped)
    assert mlm("run", cwd=bootstrapped).returncode == 0
    assert started(bootstrapped) == before
    assert mlm("run", "--force", cwd=bootstrapped).returncode == 0
    assert contents(bootstrapped / OUT) == first


def test_what_takes_long_is_left_out_and_named_with_its_key(bootstrapped):
    before = started(bootstrapped)
    write(bootstrapped, "tests: {replicates: 100000}")
    done = mlm("run", cwd=bootstrapped)
    assert done.returncode == 0, done.stderr
    assert "left out by effort: normal: bootstrapped comparisons (1)" in done.stderr
    assert comparison(bootstrapped)["p_boot"] == ""
    report = (bootstrapped / OUT / "report.md").read_text()
    assert "## Analyses not computed" in report
    assert "tests: {bootstrap: always}" in report
    assert {name for name, at in started(bootstrapped).items() if before.get(name) != at} <= {
        "effort", "simulate/l1--slope/0-100000", "figures", "tables", "report",
    }  # fmt: skip
