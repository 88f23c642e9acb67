"""Every number of the report with a source stands in the row of a table that the source names."""

import csv
import html
import re
from functools import cache
from urllib.parse import unquote

import numpy as np
import pytest

from .conftest import SPEC, mlm, prepare

FACTORIAL = """\
version: 1
name: small
data:
  file: cells.csv
  columns:
    person: {type: group}
    a: {type: category, levels: [placebo, drug], label: Treatment}
    b: {type: category, levels: [day, night], label: Shift}
    c: {type: category, levels: [low, mid, high], label: Dose}
    y: {label: Alertness, unit: points}
units: {person: {one: person, many: people}}
ladder:
  - {name: "null", formula: "y ~ 1 + (1 | person)"}
  - {name: main, formula: "y ~ a + b + c + (1 | person)"}
  - {name: full, formula: "y ~ a * b * c + (1 | person)"}
"""
SLOPES = """\
version: 1
name: small
data:
  file: cells.csv
  columns:
    person: {{type: group}}
    dose: {{label: Dose}}
estimation: {{family: {family}}}
ladder:
  - {{name: "null", formula: "{y} ~ 1 + (1 | person)"}}
  - {{name: fixed, formula: "{y} ~ dose + (1 | person)"}}
  - {{name: varying, formula: "{y} ~ dose + (dose | person)"}}
"""
OUTSIDE = {"profile", "counts", "checklist", "provenance"}
"""Sources that are records or counts of the report itself and no table of the run."""
SHOWN = re.compile(r'<(span|mn)\b[^>]*data-src="([^"]*)"[^>]*>(.*?)</\1>', re.DOTALL)
MARKS = re.compile(r"<sup>.*?</sup>|<[^>]*>|[‡◊†*]|[,+()\s]")
PRINTED = re.compile(r"(=|<|>|fewerthan|)(-?\.?\d[\d.]*(?:e-?\d+)?)(%?)")


def cells():
    """Return 12 cells of three factors within 15 people; the three factors interact.

    The slope of ``hit`` on ``dose`` varies between people; that of ``even`` is a multiple of the intercept.
    """
    rng = np.random.default_rng(5)
    lines = ["person,a,b,c,y,dose,hit,even"]
    for person in range(15):
        intercept, slope = rng.normal(0, 2), rng.normal(1, 1.5)
        for k in range(24):
            a, b, c = (
                ("drug", "placebo")[k % 2],
                ("day", "night")[k // 2 % 2],
                ("low", "mid", "high")[k // 4 % 3],
            )
            mean = 20 + intercept + 2 * (a == "drug") + 6 * (a == "drug") * (b == "night") * (c == "high")
            y, dose = mean + rng.normal(0, 2), k % 12 / 6 - 1
            hit = int(rng.logistic() < intercept / 4 + slope * dose)
            even = intercept + dose * (1 + intercept / 8) + (-1) ** (k // 12)
            lines.append(f"p{person},{a},{b},{c},{y:.5f},{dose:.5f},{hit},{even:.5f}")
    return "\n".join(lines) + "\n"


def run(folder, spec):
    prepare(folder)
    (folder / "cells.csv").write_text(cells())
    (folder / "pipeline.yaml").write_text(spec)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "results/small"


@pytest.fixture(scope="module")
def slopes(tmp_path_factory):
    return run(tmp_path_factory.mktemp("slopes"), SPEC)


@pytest.fixture(scope="module")
def factorial(tmp_path_factory):
    return run(tmp_path_factory.mktemp("factorial"), FACTORIAL)


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    return run(tmp_path_factory.mktemp("binary"), SLOPES.format(y="hit", family="binomial"))


@pytest.fixture(scope="module")
def singular(tmp_path_factory):
    return run(tmp_path_factory.mktemp("singular"), SLOPES.format(y="even", family="gaussian"))


@pytest.fixture(params=["slopes", "factorial", "binary", "singular"])
def out(request):
    return request.getfixturevalue(request.param)


def table(out):
    @cache
    def rows(name):
        with (out / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return rows


def values(rows, name, keys, column):
    """Return the cells that a source names; some columns hold a list of keys and numbers."""
    listed = ""
    if name == "comparison":
        pair, *rest = keys
        keys = pair.split("--")
        if rest:  # the reduction of one component of variance
            listed, column = f"{rest[1]}: {column}" if column else "sigma2", "prv"
    elif name == "fit" and column.startswith("J "):
        listed, column = column[2:], "J_per_factor"
    elif name == "ols" and "se_cluster" in keys:
        keys, listed, column = [key for key in keys if key != "se_cluster"], column, "se_cluster"
    elif name == "random":
        kind, _, limit = column.partition("/")
        keys, column = [*keys, kind], limit or "estimate"
    elif name == "variance_explained" and column not in ("ci_low", "ci_high"):
        keys, column = [*keys, column], "value"
    elif name == "allfit":
        keys = [part for key in keys for part in key.split("/")]
    found = [row[column] for row in rows if {*keys} - {""} <= {*row.values()} and column in row]
    if listed:
        pairs = [part.rsplit("=", 1) for cell in found for part in cell.split("; ")]
        return [value for key, value in pairs if key == listed]
    return [cell for cell in found if cell]


def plain(shown):
    """Return a printed number without marks and signs of typography."""
    text = html.unescape(MARKS.sub("", shown)).replace("\u2212", "-")
    text = re.sub("×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", r"e\1", MARKS.sub("", text)) if "<" not in text else text
    return re.sub(r"\s", "", text).translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))


def agrees(printed, cell):
    """Return whether a printed number is a cell, rounded to its digits; words may tell its sign."""
    sign, number, share = PRINTED.fullmatch(printed).groups()
    value, shown = abs(float(cell)) * (100 if share else 1), abs(float(number))
    if sign in ("<", "fewerthan"):
        return value < shown
    if sign == ">":
        return value > shown
    digits, _, power = number.partition("e")
    half = 0.51 * 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
    return abs(value - shown) <= half


def numbers(page):
    """Return the table, keys, column and text of each number with a source."""
    for _, name, shown in SHOWN.findall(page):
        table, *keys, column = (unquote(part) for part in html.unescape(name).split(":"))
        if table not in OUTSIDE:
            yield table, keys, column, plain(shown)


def unfounded(out, page):
    """Return the numbers for which the table has no such cell."""
    rows = table(out)
    return [
        (name, keys, column, shown)
        for name, keys, column, shown in numbers(page)
        if not any(agrees(shown, cell) for cell in values(rows(name), name, keys, column))
    ]


def part(page, name):
    """Return the first section of the page that has an id."""
    return page[page.index(f'id="{name}"') :].partition("</section>")[0]


def test_every_number_stands_in_its_table(out):
    page = (out / "report.html").read_text(encoding="utf-8")
    assert len([*numbers(page)]) > 200
    assert unfounded(out, page) == []


def test_a_number_that_no_table_has_is_found(out):
    page = (out / "report.html").read_text(encoding="utf-8")
    changed = re.sub(r'(data-src="fixed:[^"]*:estimate"[^>]*>)[^<]*', r"\g<1>987.65", page, count=1)
    assert [shown for *_, shown in unfounded(out, changed)] == ["987.65"]


def test_the_runs_have_a_range_of_odds_ratios_and_a_singular_term(binary, singular):
    page = (binary / "report.html").read_text(encoding="utf-8")
    assert "random_coefficients" in {name for name, _, column, _ in numbers(page) if column == "exp_high"}
    page = (singular / "report.html").read_text(encoding="utf-8")
    assert "singular" in {name for name, *_ in numbers(page)}


@pytest.mark.parametrize("name", ["answer", "ladder", "headline", "variance"])
def test_the_sections_name_the_sources_of_their_numbers(out, name):
    assert len([*numbers(part((out / "report.html").read_text(encoding="utf-8"), name))]) > 3


def test_the_answer_in_markdown_has_the_numbers_of_the_page(out):
    answer = part((out / "report.html").read_text(encoding="utf-8"), "answer")
    text = (out / "report.md").read_text(encoding="utf-8")
    first = plain(text[text.index("## Answer") : text.index("## Data")])
    assert [shown for *_, shown in numbers(answer) if shown not in first] == []


def test_an_interaction_of_factors_is_answered_by_its_test_and_means_without_a_hypothesis(factorial):
    page = (factorial / "report.html").read_text(encoding="utf-8")
    text = (factorial / "report.md").read_text(encoding="utf-8")
    answer = part(page, "answer")
    assert "**Treatment, shift and dose interacted in their association with alertness (*F*(2," in text
    assert {"anova", "means"} <= {name for name, *_ in numbers(answer)}
    assert "at their reference" not in answer
