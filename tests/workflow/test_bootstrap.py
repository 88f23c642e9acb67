"""The bootstrap as scattered jobs: what is finished stays, and nothing depends on how it was reached."""

import csv
import json
import shutil
import signal
import subprocess
import sys

import pytest

from .conftest import contents, mlm, small_data

OUT = "results/small"
SPEC = """\
version: 1
name: small
data:
  file: small.csv
  columns: {g: {type: group}}
ladder:
  - {name: slope, formula: "y ~ x + (x | g)"}
estimation: {allfit: never}
report: {formats: [md]}
intervals: {fixed: bootstrap, variance: bootstrap, icc: bootstrap, r2: bootstrap}
bootstrap: {replicates: 300, chunks: 6, kind: parametric}
"""


def prepare(folder, spec=SPEC):
    (folder / "small.csv").write_text(small_data())
    (folder / "pipeline.yaml").write_text(spec)
    return folder


def made(folder):
    """Return when each job of the bootstrap was last done."""
    steps = json.loads((folder / OUT / "provenance.json").read_text())["steps"]
    return {name: entry["started"] for name, entry in steps.items() if name.startswith("resample/")}


def table(folder, name):
    with (folder / OUT / "tables" / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return a folder in which the bootstrap has run on one core, without a break."""
    folder = prepare(tmp_path_factory.mktemp("undisturbed"))
    done = mlm("run", "--cores", "1", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "left" in done.stderr
    return folder


def killed_in_the_middle(folder, jobs):
    """Start a run, and end it as kill -9 does once so many jobs of the bootstrap are done."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "mlm_steps", "run", "--cores", "2"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while jobs:
        line = process.stderr.readline()
        assert line, "the run ended before it was killed"
        jobs -= "resample" in line
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_after_a_kill_the_finished_jobs_stay_and_the_numbers_are_the_same(undisturbed, tmp_path):
    folder = prepare(tmp_path)
    killed_in_the_middle(folder, 2)
    before = made(folder)
    assert 2 <= len(before) < 6
    again = mlm("run", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert {name: made(folder)[name] for name in before} == before, again.stderr
    assert contents(folder / OUT) == contents(undisturbed / OUT)


def test_more_replicates_begin_with_those_that_are_there(undisturbed, tmp_path):
    more = SPEC.replace("replicates: 300, chunks: 6", "replicates: 400, chunks: 8")
    folder = shutil.copytree(undisturbed, tmp_path / "copy")
    before = made(folder)
    prepare(folder, more)
    assert mlm("run", cwd=folder).returncode == 0
    after = made(folder)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 2 == 8
    assert "B=400" in table(folder, "random")[0]["ci_method"]


def test_every_number_that_was_asked_for_has_its_interval(undisturbed):
    words = "parametric bootstrap, B=300, 0 failed"
    rows = [*table(undisturbed, "fixed"), *table(undisturbed, "random")]
    # The heterogeneity of slopes has no interval in any case, the shares along x only by another key.
    others = ("vpc", "slope_heterogeneity")
    rows += [row for row in table(undisturbed, "icc") if not row["kind"].startswith(others)]
    explained = table(undisturbed, "variance_explained")
    rows += [row for row in explained if row["measure"] in ("r2_marginal", "r2_conditional")]
    assert {row["ci_method"] for row in rows} == {words}
    assert all(float(row["ci_low"]) < float(row["ci_high"]) for row in rows)


def test_cases_of_crossed_factors_are_refused_where_they_are_asked_for(tmp_path):
    crossed = SPEC.replace("(x | g)", "(1 | g) + (1 | h)").replace("kind: parametric", "kind: cases")
    folder = prepare(tmp_path, crossed.replace("columns: {g:", "columns: {h: {type: group}, g:"))
    head, *lines = small_data().splitlines()
    rows = [f"{head},h", *(f"{line},h{number % 7}" for number, line in enumerate(lines))]
    (folder / "small.csv").write_text("\n".join(rows) + "\n")
    refused = mlm("validate", cwd=folder)
    assert refused.returncode == 2
    assert "pipeline.yaml:11:" in refused.stderr
    assert "rung 'slope': cases cannot be drawn where grouping factors are crossed" in refused.stderr
