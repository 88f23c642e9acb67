"""A run on two files with a filter: what it shows, and what makes it fit again."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from mlm_steps.errors import SpecError
from mlm_steps.spec import load_spec
from tests.workflow.conftest import mlm

SPEC = """\
version: 1
name: two
data:
  file: students.csv
  join:
    - {file: schools.csv, on: school}
  filter: ["y > -100"]
  columns:
    school: {type: group}
    x: {label: Status}
ladder:
  - {name: null, formula: "y ~ 1 + (1 | school)"}
  - {name: l2, formula: "y ~ x + size + (1 | school)"}
effort: quick
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of 15 schools, the last of which is in no row of schools.csv."""
    folder = tmp_path_factory.mktemp("two")
    rng = np.random.default_rng(8)
    lines = ["school,x,y"]
    for school, effect in enumerate(rng.normal(size=15), start=1):
        lines += [f"{school},{x:.4f},{effect + x + e:.4f}" for x, e in rng.normal(size=(8, 2))]
    (folder / "students.csv").write_text("\n".join([*lines, "1,0,-999"]) + "\n")
    sizes = [f"{school},{size}" for school, size in enumerate(rng.integers(80, 400, 14), start=1)]
    (folder / "schools.csv").write_text("\n".join(["school,size", *sizes]) + "\n")
    (folder / "two.yaml").write_text(SPEC)
    done = mlm("run", "two.yaml", "--out", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    """A copy of the finished run that a test may change."""
    shutil.copytree(finished, tmp_path / "two", copy_function=shutil.copy2)
    return tmp_path / "two"


def waiting(folder, old="", new=""):
    """Return the steps that would run after a change of the spec."""
    (folder / "two.yaml").write_text(SPEC.replace(old, new))
    told = mlm("run", "two.yaml", "--out", "out", "--dry-run", cwd=folder)
    assert told.returncode == 0, told.stderr
    return {line.split()[0] for line in told.stdout.splitlines()[1:] if " runs" in line}


def test_all_steps_are_shown_by_validate_the_log_and_the_report(finished):
    lines = [
        "read students.csv: 121 rows",
        "join schools.csv by school: 121 → 121 rows (8 rows without a match kept with missing values)",
        "filter y > -100: 121 → 120 rows",
    ]
    told = mlm("validate", "two.yaml", cwd=finished).stdout
    log = (finished / "out/logs/data.log").read_text()
    for line in lines:
        assert line in told
        assert line in log
    report = (finished / "out/report.md").read_text()
    assert "| Filter | `y > -100` | 121 | 120 | 4 |" in report
    assert (
        "| Common sample | rows without a missing value in any variable of any model | 120 | 112 |" in report
    )


def test_the_hash_of_every_file_is_in_the_provenance(finished):
    facts = json.loads((finished / "out/provenance.json").read_text())["run"]["data"]
    assert [line.split(" ", 1)[1] for line in facts["files"]] == ["students.csv", "schools.csv"]
    assert facts["files"][0].split()[0] == facts["sha256"]


def test_a_run_again_does_nothing(copy):
    assert waiting(copy) == set()


def test_another_filter_fits_again(copy):
    assert {"data", "fit/null", "fit/l2"} <= waiting(copy, "y > -100", "y > 0")


def test_another_join_makes_the_data_again(copy):
    assert "data" in waiting(copy, "on: school}", "on: school, unmatched: drop}")


def test_a_change_of_the_joined_file_makes_the_data_again(copy):
    with (copy / "schools.csv").open("a") as stream:
        stream.write("15,120\n")
    assert {"data", "fit/l2"} <= waiting(copy)


def test_another_label_fits_nothing(copy):
    found = waiting(copy, "label: Status", "label: Socioeconomic status")
    assert "report" in found
    assert not {step for step in found if step.startswith(("data", "fit"))}


def test_every_file_is_held_to_the_rules_of_paths(finished):
    for old, new in (
        ("schools.csv", "/etc/passwd"),
        ("schools.csv", "../out.csv"),
        ("schools.csv", "http://a/b.csv"),
    ):
        spec = finished / "other.yaml"
        spec.write_text(SPEC.replace(old, new))
        with pytest.raises(SpecError) as caught:
            load_spec(spec)
        assert "data.join[0].file: " in str(caught.value)
