"""A run whose predictors are transformed: slopes, means and regions are all there."""

import csv
from pathlib import Path

import pytest

from .conftest import mlm

DATA = Path(__file__).parents[1] / "unit" / "effects" / "emmeans" / "transformed.csv"
SPEC = """\
version: 1
name: small
data: {{file: small.csv}}
ladder:
  - {{name: "null", formula: "y ~ 1 + (1 | g)"}}
  - {{name: l1, formula: "y ~ {function} + ({function} | g)"}}
  - {{name: cross, formula: "y ~ {function} * b + ({function} | g)"}}
estimation: {{allfit: never}}
report: {{formats: [md]}}
"""


@pytest.mark.parametrize("function", ["log(x)", "I(1/x)"])
def test_a_run_with_a_transformed_predictor_has_slopes_and_means(tmp_path, function):
    (tmp_path / "small.csv").write_bytes(DATA.read_bytes())
    (tmp_path / "pipeline.yaml").write_text(SPEC.format(function=function))
    done = mlm("run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    tables = tmp_path / "results" / "small" / "tables"
    for name, column in (("simple_slopes", "slope"), ("simple_slopes", "intercept"), ("means", "mean")):
        with (tables / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            values = [row[column] for row in csv.DictReader(file)]
        assert len(values) == 2
        assert all(values)
    report = (tmp_path / "results" / "small" / "report.md").read_text()
    assert "the slope of x (at 5.06)" in report
