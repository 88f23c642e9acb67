"""A run that asks for effect sizes and further measures, with classes in schools."""

import csv
import math
import re

import numpy as np
import pytest

from .conftest import contents, mlm

SPEC = """\
version: 1
data: {file: trial.csv}
ladder:
  - {name: empty, formula: "y ~ 1 + (1 | school/class)"}
  - {name: l1, formula: "y ~ x + (1 | school/class)"}
  - {name: arms, formula: "y ~ x + arm + (1 | school/class)"}
estimation: {bic_n: groups}
intervals: {r2: bootstrap, icc: bootstrap}
bootstrap: {replicates: 100}
variance: {measures: [r2_beta, local_f2, r2_xu]}
effects:
  standardized: true
  differences: [{factor: arm, pretest: pre}]
"""
SHOWN = 5e-4
"""Half a unit of the third decimal, which the report prints."""


def trial_data():
    rng = np.random.default_rng(12)
    lines = ["school,class,arm,x,pre,y"]
    for school in range(16):
        u, arm = rng.normal(), "treated" if school % 2 else "control"
        for k in range(3):
            v = 0.8 * rng.normal()
            for _ in range(6):
                x, pre = rng.normal(), rng.normal(50, 10)
                y = 60 + u + v + 0.6 * x + 1.5 * (arm == "treated") + 2 * rng.normal()
                lines.append(f"s{school},k{school}_{k},{arm},{x:.5f},{pre:.3f},{y:.5f}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sizes")
    (folder / "trial.csv").write_text(trial_data(), encoding="utf-8")
    (folder / "pipeline.yaml").write_text(SPEC, encoding="utf-8")
    found = mlm("run", "pipeline.yaml", "--out", "out", cwd=folder)
    assert found.returncode == 0, found.stderr
    return folder


def table(folder, name):
    with (folder / "out" / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tables_have_what_the_spec_asks_for(done):
    fixed = {(row["model"], row["column"]): row["std_estimate"] for row in table(done, "fixed")}
    assert all((value == "") == (column == "(Intercept)") for (_, column), value in fixed.items())
    differences = table(done, "standardized_differences")
    assert [row["by"] for row in differences] == ["total", "within", "pretest"]
    assert {(row["n_1"], row["J_1"]) for row in differences} == {("144", "class:school=24; school=8")}
    for row in differences:
        assert float(row["d"]) == pytest.approx(float(row["difference"]) / float(row["sd"]))
        assert float(row["ci_low"]) < float(row["d"]) < float(row["ci_high"])
    measures = {row["measure"] for row in table(done, "variance_explained")}
    assert measures >= {"r2_beta", "r2_beta_partial", "local_f2", "r2_xu", "r2_snijders_bosker"}


def test_bic_counts_the_schools_everywhere(done):
    fits = {row["model"]: row for row in table(done, "fit")}
    for row in fits.values():
        expected = float(row["d_ml"]) + math.log(16) * int(row["npar"])
        assert float(row["BIC"]) == pytest.approx(expected)
    for row in table(done, "comparison"):
        change = float(fits[row["to"]]["BIC"]) - float(fits[row["from"]]["BIC"])
        assert float(row["delta_bic"]) == pytest.approx(change)
    assert "number of groups (of the factor with the fewest) in BIC" in (done / "out/report.md").read_text()


def test_sources_of_three_levels_have_bootstrap_intervals(done):
    rows = {
        (row["measure"], row["scope"]): row
        for row in table(done, "variance_explained")
        if row["model"] == "arms" and row["measure"].startswith("rs_")
    }
    assert {"rs_f3", "rs_m2", "rs_m3"} <= {measure for measure, _ in rows}
    for key in (("rs_f3", "total"), ("rs_m2", "level 2"), ("rs_f1", "level 1")):
        low, value, high = (float(rows[key][name]) for name in ("ci_low", "value", "ci_high"))
        assert 0 <= low < high <= 1
        assert low - 0.2 < value < high + 0.2


def test_the_answer_has_the_share_of_each_level_and_the_report_prints_the_sizes(done):
    text = (done / "out/report.md").read_text()
    lead = next(line for line in text.splitlines() if line.startswith("Of the variance in y, "))
    shares = {
        row["group"]: float(row["value"])
        for row in table(done, "icc")
        if (row["model"], row["kind"]) == ("empty", "level_share")
    }
    assert f"{100 * shares['school']:.1f}\u202f% lay between school groups" in lead
    assert f"{100 * shares['class:school']:.1f}\u202f% between class groups" in lead
    html = (done / "out/report.html").read_text()
    for row in table(done, "standardized_differences"):
        key = f"standardized_differences:{row['model']}:{row['factor']}:{row['by']}:d"
        shown = re.search(rf'data-src="{key}">(.*?)</span></span>', html)[1]
        number = float(re.sub("<[^>]+>", "", shown).replace("−", "-"))
        assert number == pytest.approx(float(row["d"]), abs=SHOWN)


def test_the_figure_of_the_sources_shows_the_table(done):
    with (done / "out/figures/variance_sources.csv").open(encoding="utf-8", newline="") as file:
        drawn = [row for row in csv.DictReader(file) if row["model"] == "arms" and row["of"] == "total"]
    assert sum(float(row["share"]) for row in drawn) == pytest.approx(1)
    values = {
        row["measure"]: float(row["value"])
        for row in table(done, "variance_explained")
        if (row["model"], row["scope"]) == ("arms", "total") and row["measure"].startswith("rs_")
    }
    level_3 = next(float(row["share"]) for row in drawn if row["source"].startswith("m₃"))
    assert level_3 == pytest.approx(values["rs_m3"])


def test_a_second_run_does_nothing(done):
    before = contents(done / "out")
    again = mlm("run", "pipeline.yaml", "--out", "out", cwd=done)
    assert again.returncode == 0
    assert contents(done / "out") == before


def test_mistakes_are_all_told_at_once(done):
    wrong = SPEC.replace(
        "{factor: arm, pretest: pre}", "{factor: x}, {factor: amr}, {factor: arm, pretest: prex}"
    )
    (done / "wrong.yaml").write_text(wrong, encoding="utf-8")
    found = mlm("run", "wrong.yaml", "--out", "wrong", cwd=done)
    assert found.returncode == 2
    faults = [line for line in found.stderr.splitlines() if line.startswith("wrong.yaml:")]
    assert len(faults) == 3
    assert "a standardised difference needs two" in faults[0]
    assert "did you mean 'arm'?" in faults[1]
    assert "did you mean 'pre'?" in faults[2]
    assert not (done / "wrong").exists()
