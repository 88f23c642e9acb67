"""Under sum contrasts no reference is spoken of, and each effect has one direction, which is named."""

import csv
import random
import re

import pytest

from .conftest import mlm

SPEC = """\
version: 1
name: small
data:
  file: small.csv
  columns:
    treated: {contrast: sum, label: Treated}
    f: {contrast: sum}
    half: {contrast: sum, levels: [one, two]}
    y: {label: Score}
ladder:
  - {name: "null", formula: "y ~ 1 + (1 | g)"}
  - {name: cross, formula: "y ~ RIGHT + (x | g)"}
estimation: {allfit: never}
report: {formats: [md]}
"""


def data():
    rng = random.Random(5)
    lines = ["g,x,w,treated,f,half,y"]
    for group in range(24):
        intercept, slope, w = rng.gauss(0, 1), rng.gauss(0, 0.4), rng.gauss(0, 1)
        yes = group % 2
        for row in range(9):
            x, f = rng.gauss(0, 1), "abc"[row % 3]
            y = 1 + intercept + (1 + slope + 0.9 * yes) * x + 1.5 * yes + 0.7 * (f == "b") + rng.gauss(0, 1)
            half = ("one", "two")[row % 2]
            lines.append(f"g{group},{x:.4f},{w:.4f},{'yes' if yes else 'no'},{f},{half},{y:.4f}")
    return "\n".join(lines) + "\n"


def run(folder, right):
    (folder / "small.csv").write_text(data())
    (folder / "pipeline.yaml").write_text(SPEC.replace("RIGHT", right))
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = folder / "results" / "small"
    tables = {}
    for name in ("fixed", "mean_differences", "slope_differences"):
        with (found / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = [row for row in csv.DictReader(file) if row["model"] == "cross"]
    return (found / "report.md").read_text(encoding="utf-8"), tables


def estimate(rows, **where):
    (found,) = [row for row in rows if all(row[name] == value for name, value in where.items())]
    return float(found["estimate"])


def test_main_effects_are_read_as_deviations_and_as_the_difference_of_means(tmp_path):
    report, tables = run(tmp_path, "x + treated + f")
    difference = estimate(tables["mean_differences"], factor="treated", level_1="yes", level_2="no")
    assert difference == pytest.approx(-2 * estimate(tables["fixed"], column="treated1"), rel=1e-6)
    words = f"Score was higher for Treated = yes than for no (yes − no = {difference:.3f}"[:-2]
    assert words in report
    assert "; the coefficient is half of no − yes)" in report
    assert "Score at a of f was below its mean over the levels" in report
    assert "reference" not in report.partition("## Data and hierarchy")[0]


def test_products_have_the_direction_of_the_slopes(tmp_path):
    report, tables = run(tmp_path, "x * treated + x * f + treated * w")
    findings = report.partition("## Data and hierarchy")[0]
    change = {
        float(row["estimate"])
        for row in tables["slope_differences"]
        if (row["moderator"], row["value_1"], row["value_2"]) == ("treated", "yes", "no")
        and row["focal"] == "x"
    }
    coefficient = estimate(tables["fixed"], column="x:treated1")
    assert min(change) > 0
    assert all(each == pytest.approx(-2 * coefficient, rel=1e-6) for each in change)
    assert "Treated moderated the slope of x, which was higher at yes than at no" in findings
    sized = r"Each additional unit of x was associated with [\d.]+ more \w+ of Score"
    assert re.search(f"{sized} on average over the levels of Treated and f", findings)
    assert f"higher at yes than at no (yes − no = {max(change):.3f}"[:-2] in findings
    assert "for Treated = yes than for no (the coefficient is half of no − yes) where x is 0" in findings
    assert "where x is 0 and w is 0" in findings
    assert "reference" not in findings
    slopes = report.partition("## Slopes, means and contrasts")[2]
    assert f"Treated moderated the slope of x (yes − no = {max(change):.3f}" in slopes


def test_a_product_of_two_factors_is_read_as_a_change_of_a_difference(tmp_path):
    report, tables = run(tmp_path, "treated * half + f * treated")
    findings = report.partition("## Data and hierarchy")[0]
    means = estimate(tables["mean_differences"], factor="half", level_1="two", level_2="one")
    assert f"(two − one = {means:.3f}"[:-1] in findings
    assert "The difference two − one of half" in findings or "The difference yes − no of Treated" in findings
    assert "(the coefficient is a quarter of that change)" in findings
    assert "at a of f and no of Treated" in findings or "at no of Treated and a of f" in findings
    assert "the value that the main effects predict" in findings
    assert "times the coefficient" not in findings
