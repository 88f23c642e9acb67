"""Runs in which generalized models are profiled, bootstrapped and tested by simulation."""

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest

from .conftest import contents, mlm

DATA = Path(__file__).parents[1] / "reference" / "data"
SPEC = """\
version: 1
data: {file: cbpp.csv, columns: {herd: {type: group}, period: {type: category}}}
estimation: {family: binomial, trials: size}
ladder:
  - {name: "null", formula: "incidence ~ 1 + (1 | herd)"}
  - {name: period, formula: "incidence ~ period + (1 | herd)"}
compare: ladder
"""
PROFILED = "intervals: {fixed: profile, variance: profile}\ntests: {bootstrap: always, replicates: 39}\n"
BOOTSTRAPPED = (
    "intervals: {fixed: bootstrap, variance: bootstrap}\nbootstrap: {replicates: 100, kind: KIND}\n"
)


def write(folder, more, spec=SPEC):
    shutil.copy(DATA / "cbpp.csv", folder)
    (folder / "spec.yaml").write_text(spec + more)
    return folder


def rows_of(folder, table):
    with (folder / "out" / "tables" / f"{table}.csv").open() as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(name="profiled", scope="module")
def profiled_(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("profiled"), PROFILED)
    done = mlm("run", "spec.yaml", "--out", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_profile_limits_are_in_the_tables_with_their_exponentials(profiled):
    row = next(r for r in rows_of(profiled, "fixed") if r["column"] == "period2")
    assert float(row["ci_low"]) == pytest.approx(-1.61677, abs=1e-4)  # confint of lme4 1.1-31
    assert float(row["ci_high"]) == pytest.approx(-0.40778, abs=1e-4)
    assert float(row["exp_low"]) == pytest.approx(0.19854, abs=1e-4)
    assert row["ci_method"] == "profile, ML"
    sd = next(r for r in rows_of(profiled, "random") if r["model"] == "period" and r["kind"] == "sd")
    assert float(sd["ci_low"]) == pytest.approx(0.34609, abs=1e-4)
    assert float(sd["ci_high"]) == pytest.approx(1.09996, abs=1e-4)


def test_a_test_by_simulation_is_in_the_table(profiled):
    (row,) = rows_of(profiled, "comparison")
    assert float(row["p_boot"]) == pytest.approx(1 / 40)
    assert row["p_method"].startswith("parametric bootstrap, B=39")


def test_a_second_run_does_nothing(profiled):
    before = contents(profiled / "out")
    done = mlm("run", "spec.yaml", "--out", "out", cwd=profiled)
    assert done.returncode == 0
    assert contents(profiled / "out") == before


@pytest.mark.parametrize("kind", ["parametric", "cases"])
def test_bootstrap_limits_are_in_the_tables(tmp_path, kind):
    folder = write(tmp_path, BOOTSTRAPPED.replace("KIND", kind))
    done = mlm("run", "spec.yaml", "--out", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    row = next(r for r in rows_of(folder, "fixed") if r["column"] == "period2")
    assert row["ci_method"] == f"{kind} bootstrap, B=100, 0 failed"
    assert -2.6 < float(row["ci_low"]) < -1.1 < -0.6 < float(row["ci_high"]) < 0.1


def test_residuals_of_events_are_refused_at_their_place(tmp_path):
    folder = write(tmp_path, BOOTSTRAPPED.replace("KIND", "residual"))
    done = mlm("validate", "spec.yaml", cwd=folder)
    assert done.returncode == 2
    assert (
        "spec.yaml:9:36: bootstrap.kind: rung 'null': the outcomes of a binomial model have no residuals"
        in done.stderr
    )


def test_an_infinite_estimate_has_one_profile_limit(tmp_path):
    pd.read_csv(DATA / "sim_separated.csv").to_csv(tmp_path / "separated.csv", index=False)
    (tmp_path / "spec.yaml").write_text(
        "version: 1\ndata: {file: separated.csv}\nestimation: {family: binomial}\n"
        'ladder:\n  - {name: f, formula: "y ~ f + x + (1 | g)"}\nintervals: {fixed: profile}\n'
    )
    done = mlm("run", "spec.yaml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    row = next(r for r in rows_of(tmp_path, "fixed") if r["column"] == "fc")
    assert (row["estimate"], row["se"], row["p"]) == ("-inf", "", "")
    assert row["ci_low"] == "-inf"
    assert float(row["ci_high"]) == pytest.approx(-3.10176, abs=1e-4)
    assert "se=separation" in row["null_codes"]
    for page in ("report.md", "report.html"):
        text = (tmp_path / "out" / page).read_text()
        assert "74013" not in text
        assert "752725" not in text
