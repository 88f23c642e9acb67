"""What the report says of a run must follow from it: no finding rests on a fit that is no optimum."""

import csv
import re

import pytest

from .conftest import mlm, prepare

SPEC = """\
version: 1
name: small
data: {file: small.csv, columns: {g: {type: group}}}
ladder:
  - {name: "null", formula: "y ~ 1 + (1 | g)"}
  - {name: bad, label: Too large, formula: "y ~ x + (x + x2 + w | g)"}
  - {name: last, formula: "y ~ x + x2 + (1 | g)"}
estimation: {max_evaluations: 6, allfit: never}
tests: {bootstrap: never}
"""


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory):
    """Return a finished run whose second rung ends before it has converged, and what the terminal said."""
    folder = prepare(tmp_path_factory.mktemp("unfinished"))
    (folder / "pipeline.yaml").write_text(SPEC)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "results/small", done


def rows(out, name):
    with (out / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_rung_whose_search_did_not_converge_has_no_number_in_any_table(unfinished):
    out, _ = unfinished
    state = {row["model"]: row for row in rows(out, "fit")}
    assert [row["converged"] for row in state.values()] == ["true", "true", "false"]
    assert all(not state["bad"][name] for name in ("d_ml", "d_reml", "AIC", "BIC", "sigma"))
    for path in (out / "tables").glob("*.csv"):
        if path.stem not in ("fit", "trace", "remedies"):
            assert not [row for row in rows(out, path.stem) if row.get("model") == "bad"], path.stem
    assert [(row["statistic"], row["delta_aic"]) for row in rows(out, "comparison")] == [("", ""), ("", "")]
    assert all(not row["statistic"] and not row["delta_aic"] for row in rows(out, "remedies"))


def test_the_report_names_it_and_draws_nothing_from_it(unfinished):
    out, _ = unfinished
    html, text = (out / "report.html").read_text(), (out / "report.md").read_text()
    sources = set(re.findall(r'data-src="([^"]+)"', html))
    of_the_rung = {source.split(":")[0] for source in sources if ":bad:" in f"{source}:"}
    assert of_the_rung <= {"fit", "remedies"}
    assert {s for s in sources if s.startswith("fit:bad")} == {
        "fit:bad:d_reml", "fit:bad:evaluations", "fit:bad:max_gradient",
    }  # fmt: skip
    assert "The search for the optimum of Too large did not converge, and no result rests on it" in text
    assert "The rung Too large has no results and is not compared with other rungs" in text
    assert "These pairs were not compared" in text
    assert "Singular fits:" not in text


def test_the_terminal_gives_it_no_criterion(unfinished):
    _, done = unfinished
    line = next(line for line in done.stdout.splitlines() if line.startswith("bad"))
    assert line.split() == ["bad", "13", "not", "converged:", "its", "numbers", "are", "not", "used"]
    assert "singular" not in done.stderr


def test_a_finished_run_with_such_a_rung_has_nothing_left_to_do(unfinished):
    out, _ = unfinished
    again = mlm("run", "--dry-run", cwd=out.parent.parent)
    assert "runs" not in again.stdout


def test_a_rung_that_cannot_be_fitted_takes_nothing_from_the_others(tmp_path):
    prepare(tmp_path)
    spec = SPEC.replace('"y ~ x + (x + x2 + w | g)"', '"w ~ x + (1 | g)"')  # w is one value in each group
    (tmp_path / "pipeline.yaml").write_text(spec.replace("max_evaluations: 6", "max_evaluations: 99"))
    mlm("run", cwd=tmp_path)
    out = tmp_path / "results/small"
    text = (out / "report.md").read_text()
    assert "The rung Too large could not be fitted" in text
    assert "not planned" not in text
    assert [row["model"] for row in rows(out, "fit")] == ["null", "last"]
    limits = [row["ci_low"] for row in rows(out, "random") if row["kind"] == "sd"]
    assert all(limits)
    assert {row["model"] for row in rows(out, "ranova")} == {"null", "last"}
