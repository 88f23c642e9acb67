"""Every example runs from end to end."""

from pathlib import Path

import pytest

from .conftest import mlm

ROOT = Path(__file__).resolve().parents[2]
SPECS = [ROOT / "pipeline.yaml", *sorted((ROOT / "config" / "examples").glob("*.yaml"))]
GENERALIZED = {
    "contraception": "were 3.46 times as high for children = some as for none",
    "ticks": "was associated with 0.091 times the expected count of ticks",
}
"""The examples without a linear model, and a sentence of each report."""
PLANNED = ("planning",)
"""Examples without data."""
LINEAR_WORDS = (
    "REML",
    "R_{",
    "residual variance explains",
    "Satterthwaite",
    "linear mixed",
    "level-1 variance",
    "more units",
    "fewer units",
    "more points",
    "σ²",
    r"\sigma^{2}",
)
"""Words that hold for linear mixed models alone."""


@pytest.mark.parametrize("spec", SPECS, ids=[spec.stem for spec in SPECS])
def test_an_example_runs(spec, tmp_path):
    done = mlm("run", spec, "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").stat().st_size > 50_000
    if spec.stem in PLANNED:
        assert len((tmp_path / "out" / "tables" / "power.csv").read_text().splitlines()) > 10
        return
    fits = (tmp_path / "out" / "tables" / "fit.csv").read_text().splitlines()
    assert len(fits) >= 3
    if spec.stem in GENERALIZED:
        report = (tmp_path / "out" / "report.md").read_text()
        assert [word for word in LINEAR_WORDS if word in report] == []
        assert GENERALIZED[spec.stem] in report
        assert "gap" not in _state(report, "E6")


def _state(report: str, item: str) -> str:
    """Return the row of an item in the checklist."""
    (row,) = (line for line in report.splitlines() if line.startswith(f"| {item} |"))
    return row
