"""Every example runs from end to end."""

from pathlib import Path

import pytest

from .conftest import mlm

ROOT = Path(__file__).resolve().parents[2]
SPECS = [ROOT / "pipeline.yaml", *sorted((ROOT / "config" / "examples").glob("*.yaml"))]


@pytest.mark.parametrize("spec", SPECS, ids=[spec.stem for spec in SPECS])
def test_an_example_runs(spec, tmp_path):
    done = mlm("run", spec, "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").stat().st_size > 50_000
    fits = (tmp_path / "out" / "tables" / "fit.csv").read_text().splitlines()
    assert len(fits) >= 3
