"""Contrasts by matrix, successive differences, the level that sum contrasts omit, and a named reference."""

import csv
import shutil
from pathlib import Path

import pytest

from .conftest import mlm

OATS = Path(__file__).parents[1] / "reference" / "data" / "Oats.csv"
MATRIX = (
    '{matrix: {"0": [-3/4, 0, 0], 0.2: [1/4, -1/2, -1/3], 0.4: [1/4, 0, 2/3], 0.6: [1/4, 1/2, -1/3]}, '
    "names: [some, more, bend]}"
)
SPEC = """\
version: 1
name: oats
data:
  file: Oats.csv
  columns:
    nitro: {NITRO, label: Nitrogen}
    Variety: {VARIETY}
    yield: {unit: bushels}
ladder:
  - {name: m, formula: "yield ~ nitro + Variety + (1 | Block)"}
contrasts: [{name: steps, weights: WEIGHTS}]
estimation: {allfit: never}
report: {formats: [md]}
"""
# lme4 1.1-31 and lmerTest 3.1-3: fixef() and anova(type = "III") of
# lmer(yield ~ nitro + Variety + (1 | Block), nlme::Oats, contrasts = list(nitro = ..., Variety = ...))
STEPS = {"nitro0.2-0": 19.5, "nitro0.4-0.2": 15.33333333, "nitro0.6-0.4": 9.166666667}
PLANNED = {"nitrosome": 32.77777778, "nitromore": 24.5, "nitrobend": 3.083333333}
VARIETY = {"VarietyMarvellous": 5.291666667, "VarietyVictory": -6.875}
OMITTED = {"(Intercept)": 103.9722222, "Variety1": 0.5277777778, "Variety2": -6.347222222}
REFERENCE = {"(Intercept)": 97.625, "VarietyGolden Rain": 6.875, "VarietyMarvellous": 12.16666667}
F_III = {"nitro": 28.459803826, "Variety": 3.809057225}
RELATIVE = 1e-7
"""R prints ten digits; the optima differ in the eighth."""


def run(folder, nitro, variety, weights):
    shutil.copy(OATS, folder)
    spec = SPEC.replace("NITRO", nitro).replace("VARIETY", variety).replace("WEIGHTS", weights)
    (folder / "pipeline.yaml").write_text(spec)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = folder / "results" / "oats"
    tables = {}
    for name in ("fixed", "anova", "contrasts"):
        with (found / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))
    return (found / "report.md").read_text(encoding="utf-8").replace("\\", ""), tables


@pytest.mark.parametrize(
    ("nitro", "variety", "weights", "expected", "sentences"),
    [
        (
            "contrast: sdif, levels: [0, 0.2, 0.4, 0.6]",
            "type: category",
            "{nitro0.2-0: 1, nitro0.4-0.2: 1, nitro0.6-0.4: 1}",
            {**STEPS, **VARIETY},
            [
                "Nitrogen is coded by successive-difference contrasts over 0, 0.2, 0.4, 0.6; each ",
                "Nitrogen, *F*(3, 61.0) = 28.46, *p* < .001",
                "| Nitrogen [0.2-0] γ₁₀ | 19.50 | 5.10 |",
            ],
        ),
        (
            f"contrast: {MATRIX}",
            "contrast: {sum: Marvellous}",
            "{nitromore: 2}",
            {**PLANNED, **OMITTED},
            [
                "[some] has −0.75 for 0, 0.25 for 0.2, 0.25 for 0.4, 0.25 for 0.6, [more] has 0 for 0,",
                "[1] is 1 for Golden Rain, [2] for Victory and so on, and each −1 for Marvellous.",
                "yield differed with Variety (*F*(2, 61.0) = 3.81, *p* = .028)",
            ],
        ),
        (
            f"contrast: {MATRIX}",
            "reference: Victory",
            "{nitrosome: 1}",
            {**PLANNED, **REFERENCE},
            [
                "over Victory, Golden Rain, Marvellous; the reference is Victory.",
            ],
        ),
    ],
)
def test_estimates_and_sentences_are_those_of_the_contrasts(
    tmp_path, nitro, variety, weights, expected, sentences
):
    report, tables = run(tmp_path, nitro, variety, weights)
    estimates = {row["column"]: float(row["estimate"]) for row in tables["fixed"]}
    assert {name: estimates[name] for name in expected} == pytest.approx(expected, rel=RELATIVE)
    statistics = {row["term"]: float(row["F"]) for row in tables["anova"] if row["type"] == "III"}
    assert statistics == pytest.approx(F_III, rel=RELATIVE)
    assert [row["contrast"] for row in tables["contrasts"]] == ["steps"]
    for sentence in sentences:
        assert sentence in report


def test_another_matrix_refits_and_a_label_does_not(tmp_path):
    run(tmp_path, f"contrast: {MATRIX}", "type: category", "{nitromore: 1}")
    spec = tmp_path / "pipeline.yaml"
    spec.write_text(spec.read_text().replace("label: Nitrogen", "label: N"))
    assert fit_of(mlm("run", "--dry-run", cwd=tmp_path).stdout) == "is current"
    spec.write_text(spec.read_text().replace("[1/4, 0, 2/3]", "[1/4, 0, 1/3]"))
    assert fit_of(mlm("run", "--dry-run", cwd=tmp_path).stdout) != "is current"


def fit_of(plan):
    """Return what a plan says of the fit."""
    (line,) = [line for line in plan.splitlines() if line.startswith("fit/m ")]
    return line.removeprefix("fit/m ").strip()
