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


def run(folder, right, asked=""):
    (folder / "small.csv").write_text(data())
    (folder / "pipeline.yaml").write_text(SPEC.replace("RIGHT", right) + asked)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = folder / "results" / "small"
    tables = {}
    for name in ("fixed", "mean_differences", "slope_differences"):
        with (found / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = [row for row in csv.DictReader(file) if row["model"] == "cross"]
    report = (found / "report.md").read_text(encoding="utf-8")
    answer, heading, _ = report.partition("\n## Data\n")
    assert heading
    assert "reference" not in answer
    return answer, report, tables


def estimate(rows, **where):
    (found,) = [row for row in rows if all(row[name] == value for name, value in where.items())]
    return float(found["estimate"])


def test_main_effects_are_read_as_deviations_and_as_the_difference_of_means(tmp_path):
    asked = "hypotheses: [{name: H1, text: The first level scores lower, term: f1}]\n"
    answer, _, tables = run(tmp_path, "x + treated + f", asked)
    difference = estimate(tables["mean_differences"], factor="treated", level_1="yes", level_2="no")
    assert difference == pytest.approx(-2 * estimate(tables["fixed"], column="treated1"), rel=1e-6)
    assert difference > 0
    assert f"Score was {difference:.2f} higher for treated = yes than for no" in answer
    assert "than for no; the coefficient is half of no − yes, γ₀₁" in answer
    assert estimate(tables["fixed"], column="f1") < 0
    assert "**Score where f is a was below the mean over the levels of f" in answer


def test_a_factor_of_two_levels_beside_the_joint_test_of_another_keeps_its_direction(tmp_path):
    answer, _, tables = run(tmp_path, "x + treated + f")
    difference = estimate(tables["mean_differences"], factor="treated", level_1="yes", level_2="no")
    assert "**Score differed with f (*F*(2, " in answer
    assert f"Score was {difference:.2f} higher for treated = yes than for no" in answer


def test_products_have_the_direction_of_the_slopes(tmp_path):
    answer, report, tables = run(tmp_path, "x * treated + x * f + treated * w")
    change = {
        float(row["estimate"])
        for row in tables["slope_differences"]
        if (row["moderator"], row["value_1"], row["value_2"]) == ("treated", "yes", "no")
        and row["focal"] == "x"
    }
    coefficient = estimate(tables["fixed"], column="x:treated1")
    assert min(change) > 0
    assert all(each == pytest.approx(-2 * coefficient, rel=1e-6) for each in change)
    size = f"{max(change):.2f}"
    words = (
        f"The slope of x was {size} higher for treated = yes than for no; the coefficient is half of no − yes"
    )
    assert words in answer
    assert estimate(tables["fixed"], column="treated1:w") < 0
    assert "**The slope of w was higher for treated = yes than for no" in answer
    slopes = report.partition("## Slopes, means and contrasts")[2]
    assert re.search(
        rf"The slope of x was [^\n]+ where treated is no and [^\n]+\(yes − no = {size}, ", slopes
    )


def test_main_effects_beside_a_product_are_told_on_average_over_levels(tmp_path):
    answer, _, tables = run(tmp_path, "x * treated")
    difference = -2 * estimate(tables["fixed"], column="treated1")
    assert difference > 0
    averaged = "Averaged over the levels of treated, score was [\\d.]+ higher for each additional unit of x"
    assert re.search(averaged, answer)
    assert re.search(r"Where x is 0, score was ([\d.]+ )?higher for treated = yes than for no", answer)


def test_a_product_of_two_factors_is_answered_by_the_tests_and_the_means(tmp_path):
    answer, _, tables = run(tmp_path, "treated * half + f * treated")
    assert re.search(r"evidence of an interaction of treated and f \(\*F\*\(2, ", answer)
    assert re.search(
        r"tests of the other terms: Treated, \*F\*\(1, .*half, \*F\*\(1, .*Treated × half, ", answer
    )
    assert "predict" not in answer
    means = estimate(tables["mean_differences"], factor="half", level_1="two", level_2="one")
    assert means == pytest.approx(-2 * estimate(tables["fixed"], column="half1"), rel=1e-6)


def test_a_declared_product_of_two_levels_each_is_read_as_a_change_of_a_difference(tmp_path):
    asked = 'hypotheses: [{name: H1, text: The halves differ by treatment, term: "treated:half"}]\n'
    answer, _, _ = run(tmp_path, "treated * half + f * treated", asked)
    assert (
        "that the difference between two and one (half) depended on treated; "
        "the coefficient is a quarter of that change" in answer
    )
    assert "times the coefficient" not in answer


def test_a_declared_product_of_many_levels_is_read_beside_the_main_effects(tmp_path):
    asked = 'hypotheses: [{name: H1, text: One cell is off, term: "treated1:f1"}]\n'
    answer, _, _ = run(tmp_path, "f * treated", asked)
    assert re.search(
        "score where (treated is no and(?: where)? f is a|f is a and(?: where)? treated is no) ", answer
    )
    assert "the value that the main effects predict" in answer
