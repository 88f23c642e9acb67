"""What a singular rung leads to: words in the report, an exit code, or another model in its place."""

import csv
import json

import pytest

from .conftest import mlm, plain_snakemake, prepare

OUT = "results/blend"
SPEC = """\
version: 1
name: blend
data:
  file: blend.csv
  columns:
    g: {type: group, label: School}
    x: {label: Status}
ladder:
  - {name: l1, formula: "y ~ x + (1 | g)"}
  - {name: slope, label: Random slope, formula: "y ~ x + (x | g)"}
  - {name: l2, formula: "y ~ x * w + (x | g)"}
estimation: {allfit: never}
"""


def blended():
    """Return groups whose slopes are a multiple of their intercepts, as CSV text."""
    import numpy as np

    rng = np.random.default_rng(4)
    lines = ["g,x,w,y"]
    g = np.repeat(np.arange(30), 12)
    u = rng.normal(size=30)
    x = rng.normal(size=360) + 0.8 * rng.normal(size=30)[g]
    y = 3 + u[g] + (1 - 0.3 * u[g]) * x + rng.normal(size=360)
    w = rng.normal(size=30)[g]
    lines += [f"{a + 1},{b:.6f},{c:.6f},{d:.6f}" for a, b, c, d in zip(g, x, w, y, strict=True)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def blend(tmp_path):
    prepare(tmp_path)
    (tmp_path / "blend.csv").write_text(blended())
    return tmp_path


def asking(folder, on_singular):
    (folder / "pipeline.yaml").write_text(f"{SPEC}on_singular: {on_singular}\n")


def rows(folder, table):
    with (folder / OUT / "tables" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_singular_rung_gets_a_card_and_with_error_the_run_ends_with_1_after_the_report(blend):
    asking(blend, "error")
    done = mlm("run", cwd=blend)
    assert done.returncode == 1, done.stderr
    assert "slope: the fit is singular; alternatives are in the report: on_singular: error" in done.stderr
    report = (blend / OUT / "report.md").read_text()
    assert "## Singular and doubtful fits" in report
    assert (
        "correlation of the intercept and the slope of status over school groups is at its boundary" in report
    )
    assert {row["model"] for row in rows(blend, "remedies")} == {"slope", "l2"}
    assert {row["applied"] for row in rows(blend, "remedies")} == {"false"}
    assert [row["kind"] for row in rows(blend, "singular")] == ["perfect_correlation"] * 2

    asking(blend, "report")
    again = mlm("run", cwd=blend)
    assert again.returncode == 0
    assert "singular; alternatives" not in again.stderr
    assert "fit slope" not in again.stderr  # nothing is fitted anew


def test_plain_snakemake_ends_with_1_after_the_report_too(blend):
    asking(blend, "error")
    done = plain_snakemake(blend)
    assert done.returncode == 1, done.stderr
    assert "slope: the fit is singular; alternatives are in the report: on_singular: error" in done.stderr
    assert (blend / "plain" / "report.md").is_file()


def test_the_first_remedy_that_holds_takes_the_rung_s_place_everywhere(blend):
    asking(blend, "[center_grand, drop_correlation]")
    done = mlm("run", cwd=blend)
    assert done.returncode == 0, done.stderr
    fitted = "y ~ x + (x || g)"
    assert f"slope: fitted as {fitted} (drop_correlation), not as declared" in done.stderr
    record = json.loads((blend / OUT / "fits" / "slope.json").read_text())
    assert record["formula"] == fitted
    assert record["deviation"]["declared"] == "y ~ x + (x | g)"
    assert [trial["outcome"] for trial in record["deviation"]["trials"]] == ["does_not_apply", "applied"]
    comparison = json.loads((blend / OUT / "comparisons" / "l1--slope.json").read_text())
    assert comparison["df"] == 1  # one variance more, no correlation
    assert [row["kind"] for row in rows(blend, "random") if row["model"] == "slope"].count("correlation") == 0
    applied = [row for row in rows(blend, "remedies") if row["applied"] == "true"]
    assert {row["model"]: row["remedy"] for row in applied}["slope"] == "drop_correlation"
    report = (blend / OUT / "report.md").read_text()
    assert "### Deviations from the spec" in report
    assert f"- Random slope: `{fitted}`" in report


def test_centred_columns_are_made_for_every_step_and_have_their_levels(blend):
    asking(blend, "[center]")
    done = mlm("run", cwd=blend)
    assert done.returncode == 0, done.stderr
    record = json.loads((blend / OUT / "fits" / "l2.json").read_text())
    assert record["formula"] == "y ~ x_within_g * w + x_mean_g + (x_within_g | g)"
    applied = {row["model"]: row["formula"] for row in rows(blend, "remedies") if row["applied"] == "true"}
    assert applied["l2"] == record["formula"]
    levels = {row["column"]: row["level"] for row in rows(blend, "fixed") if row["model"] == "l2"}
    assert levels == {
        "(Intercept)": "1", "x_within_g": "1", "w": "2", "x_mean_g": "2", "x_within_g:w": "cross",
    }  # fmt: skip
    assert "Status within School" in (blend / OUT / "report.md").read_text()
    for step in json.loads((blend / OUT / "provenance.json").read_text())["steps"]:
        assert "failed" not in step
