"""Contrasts, slopes and means: what a spec asks for, and what is wrong with it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from mlm_steps.errors import SpecError
from mlm_steps.steps.validate import check

from .conftest import mlm

SPEC = """\
version: 1
name: small
data: {file: small.csv}
ladder:
  - {name: null, formula: "y ~ 1 + (1 | g)"}
  - {name: within, formula: "y ~ x * f + (1 | g)"}
  - {name: cross, formula: "y ~ x * w + x * s + f + (x | g)"}
estimation: {allfit: never}
"""
ASKED = """\
contrasts:
  - {name: one, weights: {x: 1, "x:slow": 0.5}}
  - {name: two, hypothesis: ["x = 1", "fb - 2*fc = 0"]}
slopes:
  - {focal: x, moderator: f}
  - {focal: x, moderator: w, at: [-1, 0.5]}
means: [{of: f, adjust: holm, at: {x: 1}}, s]
"""

THREE_PAIRS = """\
slopes: [{focal: xs, moderator: w}, {focal: f, moderator: w}, {focal: x, moderator: w, at: [99]}]
"""


def data():
    rng = np.random.default_rng(4)
    lines = ["g,x,w,s,f,y"]
    for group in range(24):
        intercept, slope, w = rng.normal(0, 1, 3)
        s = "high" if group % 2 else "low"
        for row in range(9):
            x = rng.normal()
            y = 1 + intercept + (1 + 0.3 * slope + 0.5 * w + 0.4 * (s == "high")) * x + rng.normal()
            lines.append(f"g{group},{x:.5f},{w:.5f},{s},{'abc'[row % 3]},{y:.5f}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "small.csv").write_text(data())
    return tmp_path


def rows(folder, table):
    with (folder / "results" / "small" / "tables" / f"{table}.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        return list(csv.DictReader(file))


def test_a_run_reads_what_is_asked_for_and_every_cross_level_term(folder):
    (folder / "pipeline.yaml").write_text(SPEC + ASKED)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    contrasts = rows(folder, "contrasts")
    assert [(row["model"], row["contrast"], row["test"]) for row in contrasts] == [
        ("within", "two", "t"), ("within", "two", "t"), ("within", "two", "F"),
        ("cross", "one", "t"), ("cross", "two", "t"), ("cross", "two", "t"), ("cross", "two", "F"),
    ]  # fmt: skip
    slopes = rows(folder, "simple_slopes")
    assert {(row["model"], row["focal"], row["moderator"]) for row in slopes} == {
        ("within", "x", "f"), ("cross", "x", "w"), ("cross", "x", "s"),
    }  # fmt: skip
    assert [row["value"] for row in slopes if row["moderator"] == "w"] == ["-1.0", "0.5"] * 2
    regions = rows(folder, "johnson_neyman")
    assert [(row["conditions"], row["unit"], row["n_units"]) for row in regions] == [
        ("s=high", "g", "24"), ("s=low", "g", "24"),
    ]  # fmt: skip
    means = rows(folder, "means")
    assert [(row["model"], row["factor"]) for row in means] == [
        ("within", "f"), ("within", "f"), ("within", "f"),
        ("cross", "f"), ("cross", "f"), ("cross", "f"), ("cross", "s"), ("cross", "s"),
    ]  # fmt: skip
    assert {row["adjust"] for row in rows(folder, "mean_differences") if row["factor"] == "f"} == {"holm"}
    report = (folder / "results" / "small" / "report.md").read_text()
    for words in ("## Slopes, means and contrasts", "Johnson–Neyman", "(figures/simple_slopes.svg)"):
        assert words in report


@pytest.mark.parametrize(
    ("asked", "faults"),
    [
        (
            'contrasts: [{name: a, weights: {xx: 1}}, {name: b, hypothesis: "x - 2*fd = 0"}]\n',
            [
                "9:37: contrasts[0].weights.xx: there is no coefficient xx (did you mean 'x'?)",
                "9:71: contrasts[1].hypothesis: there is no coefficient fd",
            ],
        ),
        (
            'contrasts: [{name: a, hypothesis: ["x = 0", "w = q"]}, {name: b, hypothesis: "x:fb = w"}]\n',
            [
                "9:50: contrasts[0].hypothesis[1]: there is no coefficient q",
                "9:56: contrasts[1]: no rung has all of the coefficients w, x:fb",
            ],
        ),
        (
            THREE_PAIRS,
            [
                "9:18: slopes[0].focal: no rung has a predictor xs (did you mean 'x'?)",
                "9:37: slopes[1]: no rung has a term in which f and w meet",
                "9:93: slopes[2].at[0]: 99 lies beyond the observed values",
            ],
        ),
        (
            "slopes: [{focal: x, moderator: f, at: [d]}, {focal: x, moderator: w, at: [low]}]\n",
            ["9:40: slopes[0].at[0]: f has no level d", "9:75: slopes[1].at[0]: low is not a number"],
        ),
        (
            "means: [x, g, {of: f, by: f}, {of: f, at: {s: 1}}]\n",
            [
                "9:9: means[0]: x is a number of many values",
                "9:12: means[1]: no rung has a predictor g",
                "9:27: means[2].by: means of f are not estimated by f",
                "9:47: means[3].at.s: s is a category",
            ],
        ),
        (
            'contrasts: [{name: a, hypothesis: ["x = 0", "2*x = 1"]}]\nslopes: [{focal: x, moderator: x}]\n',
            [
                "9:23: contrasts[0].hypothesis: these contradict one another",
                "10:32: slopes[0].moderator: x is the focal predictor itself",
            ],
        ),
        (
            "means: [f, f]\nslopes: [{focal: x, moderator: w}, {focal: x, moderator: w, at: [0, 0]}]\n",
            ["9:12: means[1]: 'f' occurs twice", "10:69: slopes[1].at[1]: '0' occurs twice"],
        ),
    ],
    ids=["coefficients", "hypotheses", "pairs", "values", "means", "contradictions", "twice"],
)
def test_what_names_nothing_is_a_fault_at_its_place(folder, asked, faults):
    (folder / "pipeline.yaml").write_text(SPEC + asked)
    with pytest.raises(SpecError) as caught:
        check(folder / "pipeline.yaml")
    found = [str(fault).splitlines()[0] for fault in caught.value.faults]
    assert len(found) == len(faults)
    for expected in faults:
        assert any(line.startswith(f"{folder / 'pipeline.yaml'}:{expected}") for line in found), found


def test_means_of_several_factors_with_a_control_reach_tables_and_report(folder):
    asked = "means: [{of: [f, s], adjust: sidak}, {of: f, control: b}, {of: f, differences: consecutive}]\n"
    (folder / "pipeline.yaml").write_text(SPEC + asked)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = rows(folder, "mean_differences")
    families = {(row["factor"], row["compared"], row["adjust"]): 0 for row in found}
    for row in found:
        families[row["factor"], row["compared"], row["adjust"]] += 1
    assert families == {
        ("f:s", "pairwise", "sidak"): 15,
        ("f", "control", "dunnett"): 4,
        ("f", "consecutive", "mvt"): 4,
    }
    assert ("a, high", "b, low") in {(row["level_2"], row["level_1"]) for row in found} | {
        (row["level_1"], row["level_2"]) for row in found
    }
    report = (folder / "results" / "small" / "report.md").read_text()
    for words in ("**f × s**", "adjusted by Dunnett’s method (exact multivariate *t*)", "| a − b |"):
        assert words in report


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("means: [{of: [f, q]}]\n", "9:18: means[0].of[1]: no rung has a predictor q"),
        ("means: [{of: f, by: [s, f]}]\n", "9:25: means[0].by[1]: means of f are not estimated by f"),
        ("means: [{of: f, control: d}]\n", "9:26: means[0].control: there is no level d"),
        ("means: [{of: [f, f]}]\n", "9:18: means[0].of[1]: 'f' occurs twice"),
        ("means: [{of: []}]\n", "9:10: means[0].of: names no factor"),
        (
            "means: [{of: f, adjust: tukey, control: a}]\n",
            "9:25: means[0].adjust: tukey adjusts pairwise differences; for control ones write dunnett",
        ),
        (
            "means: [{of: f, differences: consecutive, control: a}]\n",
            "9:52: means[0].control: a control is named, and the comparisons are not with a control",
        ),
    ],
)
def test_means_that_cannot_be_are_a_fault_at_its_place(folder, asked, fault):
    (folder / "pipeline.yaml").write_text(SPEC + asked)
    with pytest.raises(SpecError) as caught:
        check(folder / "pipeline.yaml")
    (found,) = caught.value.faults
    assert f"pipeline.yaml:{fault}" in str(found)


SMALL = """\
version: 1
name: small
data: {{file: small.csv}}
ladder:
  - {{name: "null", formula: "{outcome} ~ 1 + (1 | {group})"}}
  - {{name: last, formula: "{outcome} ~ {right} + (1 | {group})"}}
estimation: {{allfit: never}}
report: {{formats: [md]}}
"""
CASES = {
    "a transformed outcome": (
        "log_outcome.csv",
        {"outcome": "log(score)", "right": "ses + sector", "group": "school"},
        (
            "Expected value of `log(score)` at each level",
            "Means of last on the scale of score",
            "| Catholic | 50.29 | 0.65 |",
            "| Public / Catholic | 0.986 | 0.018 |",
        ),
    ),
    "nested factors": (
        "nested.csv",
        {"outcome": "amp", "right": "group * (category + subcategory)", "group": "patient"},
        (
            "| control | 13.17 | 0.53 | [12.07, 14.27] |",
            "| exper | 15.17 | 0.53 | [14.07, 16.26] |",
            "was 2.20 higher for group = exper than for control (together with the dropped ",
            "subcategory in category. Means average only over the combinations of levels that occur",
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_means_in_the_report_are_those_of_emmeans(tmp_path, case):
    file, words, expected = CASES[case]
    source = Path(__file__).parents[1] / "unit" / "effects" / "emmeans" / file
    (tmp_path / "small.csv").write_bytes(source.read_bytes())
    (tmp_path / "pipeline.yaml").write_text(SMALL.format(**words))
    done = mlm("run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = (tmp_path / "results" / "small" / "report.md").read_text(encoding="utf-8")
    for text in expected:
        assert text in report
