"""How far assumptions are checked is a key of the spec."""

import csv

import pytest

from .conftest import mlm

PANELS = ["assumptions", "assumptions-first", "assumptions-ols"]
"""The panel of the last rung has no name in its file."""
LADDER = """ladder:
  - {name: first, formula: "y ~ 1 + (1 | g)"}
  - {name: last, formula: "y ~ x + (1 | g)"}
"""


@pytest.mark.parametrize(("asked", "panels"), [("none", []), ("all", PANELS)])
def test_the_spec_decides_how_far_assumptions_are_checked(small, asked, panels):
    spec = small / "pipeline.yaml"
    text = spec.read_text()
    spec.write_text(f"{text[: text.index('ladder:')]}{LADDER}diagnostics: {asked}\n")
    done = mlm("run", cwd=small)
    assert done.returncode == 0, done.stderr
    (out,) = (small / "results").iterdir()
    assert sorted(path.stem for path in (out / "figures").glob("assumptions*.svg")) == panels
    with (out / "tables" / "diagnostics.csv").open() as lines:
        models = {row["model"] for row in csv.DictReader(lines)}
    assert models == ({"ols", "first", "last"} if panels else set())
    assert ("## Checks of the models" in (out / "report.md").read_text()) == bool(panels)
    again = mlm("run", cwd=small)
    assert again.returncode == 0
