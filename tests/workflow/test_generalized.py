"""Runs of ladders with a family, from the spec to tables and report.

The numbers of R are from lme4 1.1-31: ``glmer`` with ``tolPwrss = 1e-10``, and ``glm`` for the removal.
"""

import csv
import json

import numpy as np
import pytest

from .conftest import contents, mlm

SEPARATED = """\
version: 1
data: {file: separated.csv, columns: {g: {type: group}}}
estimation: {family: binomial}
ladder:
  - {name: x, formula: "y ~ x + (1 | g)"}
  - {name: f, formula: "y ~ x + f + (1 | g)"}
  - {name: slope, formula: "y ~ x + f + (x | g)"}
"""
COUNTS = """\
version: 1
data: {file: counts.csv, columns: {g: {type: group}}}
estimation: {family: poisson, exposure: t, df: between-within}
ladder:
  - {name: "null", formula: "k ~ 1 + (1 | g)"}
  - {name: x, formula: "k ~ x + (1 | g)"}
  - {name: nb, formula: "k ~ x + (1 | g)", family: negative_binomial}
  - {name: agq, formula: "k ~ x + w + (1 | g)", agq: 9}
  - {name: linear, formula: "k ~ x + w + (1 | g)", family: gaussian}
"""


def rows_of(folder, table):
    with (folder / "tables" / f"{table}.csv").open() as stream:
        return list(csv.DictReader(stream))


def codes(row):
    return dict(part.split("=", 1) for part in row["null_codes"].split("; ") if part)


@pytest.fixture(name="separated", scope="module")
def separated_(tmp_path_factory):
    rng = np.random.default_rng(4)
    g = np.repeat(np.arange(20), 12)
    x, f = rng.normal(size=g.size).round(3), np.array(list("abc"))[rng.integers(0, 3, g.size)]
    eta = 0.5 * x + (f == "b") * 0.4 + rng.normal(size=20)[g]
    y = np.where(f == "c", 0, rng.random(g.size) < 1 / (1 + np.exp(-eta))).astype(int)
    folder = tmp_path_factory.mktemp("separated")
    lines = [f"{a},{b},{c},{d}" for a, b, c, d in zip(y, x, f, g, strict=True)]
    (folder / "separated.csv").write_text("\n".join(["y,x,f,g", *lines]) + "\n")
    (folder / "spec.yaml").write_text(SEPARATED)
    return folder, mlm("run", "spec.yaml", "--out", "out", cwd=folder)


@pytest.fixture(name="counts", scope="module")
def counts_(tmp_path_factory):
    rng = np.random.default_rng(9)
    g = np.repeat(np.arange(15), 10)
    x, w = rng.normal(size=g.size).round(3), rng.normal(size=15).round(3)[g]
    t = rng.uniform(0.5, 2.0, g.size).round(2)
    mu = t * np.exp(0.8 + 0.4 * x + 0.3 * w + rng.normal(scale=0.5, size=15)[g])
    k = rng.poisson(mu * rng.gamma(2.0, 0.5, g.size))
    folder = tmp_path_factory.mktemp("counts")
    lines = [",".join(map(str, row)) for row in zip(k, x, w, t, g, strict=True)]
    (folder / "counts.csv").write_text("\n".join(["k,x,w,t,g", *lines]) + "\n")
    (folder / "spec.yaml").write_text(COUNTS)
    return folder, mlm("run", "spec.yaml", "--out", "out", cwd=folder)


def test_a_run_with_a_separated_coefficient_ends_well_and_says_so(separated):
    folder, process = separated
    assert process.returncode == 0, process.stderr
    row = next(r for r in rows_of(folder / "out", "fixed") if (r["model"], r["column"]) == ("f", "fc"))
    assert row["estimate"] == "-inf"
    assert (row["se"], row["statistic"], row["p"], row["ci_low"]) == ("", "", "", "")
    assert {codes(row)[name] for name in ("estimate", "se", "p", "ci_low", "exp_low")} == {"separation"}
    test = rows_of(folder / "out", "comparison")[0]
    assert (test["from"], test["to"], test["df"]) == ("x", "f", "2")
    assert float(test["p"]) < 1e-10
    report = (folder / "out" / "report.md").read_text()
    assert "all 93 rows with f = c are 0" in report
    assert "−∞" in report


def test_the_other_terms_of_a_separated_model_have_tests(separated):
    folder, _ = separated
    tests = {(r["model"], r["term"]): r for r in rows_of(folder / "out", "anova")}
    assert float(tests["f", "x"]["chisq"]) > 0
    assert codes(tests["f", "f"])["chisq"] == "separation"


def test_records_of_a_separated_model_are_read_again(separated):
    folder, _ = separated
    before = contents(folder / "out")
    spec = folder / "spec.yaml"
    try:
        spec.write_text(SEPARATED.replace("{family: binomial}", "{family: binomial, confidence: 0.9}"))
        assert mlm("run", "spec.yaml", "--out", "out", cwd=folder).returncode == 0
        spec.write_text(SEPARATED)
        assert mlm("run", "spec.yaml", "--out", "out", cwd=folder).returncode == 0
    finally:
        spec.write_text(SEPARATED)
    assert contents(folder / "out") == before


def test_a_ladder_of_families_runs_to_its_tables(counts):
    folder, process = counts
    assert process.returncode == 0, process.stderr
    fits = {row["model"]: row for row in rows_of(folder / "out", "fit")}
    assert [(r["family"], r["link"], r["agq"]) for r in fits.values()] == [
        ("poisson", "log", "1"),
        ("poisson", "log", "1"),
        ("negative_binomial", "log", "1"),
        ("poisson", "log", "9"),
        ("gaussian", "identity", ""),
    ]
    for name in ("null", "x", "nb", "agq"):
        assert (fits[name]["d_reml"], fits[name]["sigma"]) == ("", "")
        assert {codes(fits[name])[c] for c in ("d_reml", "sigma")} == {"not_applicable"}
    assert float(fits["nb"]["phi"]) > 0
    assert codes(fits["linear"])["phi"] == codes(fits["x"])["phi"] == "not_applicable"
    assert float(fits["linear"]["sigma"]) > 0


def test_comparisons_across_families_are_tested_or_refused_with_the_reason(counts):
    folder, _ = counts
    tests = {(r["from"], r["to"]): r for r in rows_of(folder / "out", "comparison")}
    boundary = tests["x", "nb"]
    assert (boundary["what_changed"], boundary["df"]) == ("family", "1")
    assert boundary["mixture"] == "chi2(0)=0.5; chi2(1)=0.5"
    assert float(boundary["p_boundary"]) == pytest.approx(float(boundary["p_naive"]) / 2)
    assert codes(tests["nb", "agq"])["statistic"] == "agq_mismatch"
    assert "9 quadrature points" in tests["nb", "agq"]["reason"]
    assert codes(tests["agq", "linear"])["statistic"] in ("offset_mismatch", "family_mismatch")


def test_only_the_linear_rung_has_a_residual_row_and_degrees_of_freedom_follow_the_spec(counts):
    folder, _ = counts
    residual = {r["model"] for r in rows_of(folder / "out", "random") if r["group"] == "Residual"}
    assert residual == {"linear"}
    fixed = {(r["model"], r["column"]): r for r in rows_of(folder / "out", "fixed")}
    assert (fixed["x", "x"]["df_method"], fixed["x", "x"]["df"]) == ("between-within", "134.0")
    assert fixed["x", "x"]["exp_kind"] == "IRR"
    assert float(fixed["x", "x"]["exp_estimate"]) == pytest.approx(np.exp(float(fixed["x", "x"]["estimate"])))
    assert codes(fixed["linear", "x"])["exp_estimate"] == "not_applicable"


def test_the_same_spec_gives_the_same_bytes_and_a_second_run_does_nothing(counts):
    folder, _ = counts
    again = mlm("run", "spec.yaml", "--out", "again", cwd=folder)
    assert again.returncode == 0
    assert contents(folder / "again") == contents(folder / "out")
    before = (folder / "out" / "provenance.json").read_bytes()
    assert mlm("run", "spec.yaml", "--out", "out", cwd=folder).returncode == 0
    assert (
        json.loads(before)["steps"] == json.loads((folder / "out" / "provenance.json").read_text())["steps"]
    )


def test_a_changed_exposure_makes_the_fits_again(counts):
    folder, _ = counts
    path = folder / "counts.csv"
    text = path.read_text()
    lines = text.splitlines()
    first = lines[1].split(",")
    first[3] = "9.5"
    try:
        path.write_text("\n".join([lines[0], ",".join(first), *lines[2:]]) + "\n")
        planned = mlm("run", "spec.yaml", "--out", "out", "--dry-run", cwd=folder).stdout
        assert mlm("run", "spec.yaml", "--out", "out", cwd=folder).returncode == 0
        assert "data" in planned
        changed = {row["model"]: row["d_ml"] for row in rows_of(folder / "out", "fit")}
    finally:
        path.write_text(text)
    assert mlm("run", "spec.yaml", "--out", "out", cwd=folder).returncode == 0
    restored = {row["model"]: row["d_ml"] for row in rows_of(folder / "out", "fit")}
    assert changed["x"] != restored["x"]
    assert changed["linear"] == restored["linear"]
