"""A run with ``sensitivity``: its table, its section, its place in the checklist, and a run without it."""

import csv
import html
import re
import shutil

import pandas as pd
import pytest

import mlm_steps

from .conftest import contents, mlm, prepare, times

ASKED = "sensitivity: [df, centring, random_structure]\n"


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    """Return a folder in which the small analysis has been run with variants; not to be changed."""
    folder = prepare(tmp_path_factory.mktemp("varied"))
    spec = folder / "pipeline.yaml"
    spec.write_text(spec.read_text() + ASKED)
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def table_of(folder):
    path = folder / "results" / "small" / "tables" / "sensitivity.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_is_that_of_the_api(varied):
    frame = pd.read_csv(varied / "small.csv", dtype={"g": str})
    fit = mlm_steps.fit("y ~ x + w + (x | g)", frame)
    mine = fit.sensitivity(["df", "centring", "random_structure"]).table
    rows = table_of(varied)
    kept = [row for row in rows if row["variant"] != "df/between-within"]
    there = mine[mine.variant != "df/between-within"]  # the run knows levels that the API infers
    assert [(row["variant"], row["column"]) for row in kept] == [
        *zip(there.variant, there.column, strict=True)
    ]
    for row, other in zip(kept, there.to_dict("records"), strict=True):
        assert row["quantity"] == other["quantity"]
        if row["estimate"]:
            assert float(row["estimate"]) == pytest.approx(other["estimate"], rel=1e-6)
            assert float(row["p"]) == pytest.approx(other["p"], rel=1e-4)
            assert row["changed"] == str(bool(other["changed"])).lower()


def test_the_rows_of_the_rung_itself_are_those_of_the_table_fixed(varied):
    own = {row["column"]: row for row in table_of(varied) if row["variant"] == "as_fitted"}
    with (varied / "results" / "small" / "tables" / "fixed.csv").open(encoding="utf-8", newline="") as file:
        fixed = {row["column"]: row for row in csv.DictReader(file) if row["model"] == "l2"}
    for column, row in own.items():
        names = ("estimate", "se", "df", "p", "ci_low", "ci_high")
        assert [row[name] for name in names] == [fixed[column][name] for name in names]


def test_every_number_of_the_section_is_a_cell_of_the_table(varied):
    page = (varied / "results" / "small" / "report.html").read_text(encoding="utf-8")
    section = page[page.index('id="sensitivity"') :]
    section = section[: section.index("</section>")]
    cells = {(row["model"], row["variant"], row["column"]): row for row in table_of(varied)}
    found = re.findall(r'data-src="sensitivity:([^"]+)"', section)
    assert len(found) > 20
    for place in found:
        model, variant, column, field = html.unescape(place).split(":")
        assert cells[model, variant, column][field] != ""


def test_the_checklist_names_the_section_and_every_fit_is_counted(varied):
    report = (varied / "results" / "small" / "report.md").read_text(encoding="utf-8")
    (line,) = [line for line in report.splitlines() if line.startswith("| F4 |")]
    assert "[Sensitivity of the conclusions]" in line
    fitted = {row["variant"] for row in table_of(varied) if not row["variant"].startswith(("df/", "as_"))}
    assert f"{len(fitted)} variants for the sensitivity analysis" in report


def test_a_second_run_does_nothing_and_without_the_key_nothing_of_it_is_left(varied, tmp_path):
    folder = shutil.copytree(varied, tmp_path / "copy")
    before = times(folder / "results")
    assert mlm("run", cwd=folder).returncode == 0
    assert times(folder / "results") == before
    spec = folder / "pipeline.yaml"
    spec.write_text(spec.read_text().replace(ASKED, ""))
    assert mlm("run", cwd=folder).returncode == 0
    out = folder / "results" / "small"
    assert not [name for name in contents(out) if name.startswith("sensitivity/")]
    assert len((out / "tables" / "sensitivity.csv").read_text().splitlines()) == 1
    report = (out / "report.md").read_text(encoding="utf-8")
    assert "## Sensitivity" not in report
    assert "- [ ] **[F4] Sensitivity analyses.**" in report


def test_a_single_step_can_be_typed(varied, tmp_path):
    folder = shutil.copytree(varied, tmp_path / "copy")
    (folder / "results" / "small" / "sensitivity" / "df.json").unlink()
    done = mlm("sensitivity", "pipeline.yaml", "--kind", "df", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "kenward-roger" in done.stderr
    unknown = mlm("sensitivity", "pipeline.yaml", "--kind", "optimisers", cwd=folder)
    assert unknown.returncode == 2
    assert "one of" in unknown.stderr


def test_if_the_search_of_the_final_rung_fails_the_rung_before_it_is_varied(tmp_path):
    spec = """\
version: 1
name: small
data: {file: small.csv, columns: {g: {type: group}}}
ladder:
  - {name: last, formula: "y ~ x + x2 + (1 | g)"}
  - {name: bad, formula: "y ~ x + (x + x2 + w | g)"}
estimation: {max_evaluations: 6, allfit: never}
sensitivity: [df, optimisers]
report: {formats: [md]}
"""
    (prepare(tmp_path) / "pipeline.yaml").write_text(spec)
    done = mlm("run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = table_of(tmp_path)
    assert {row["model"] for row in rows} == {"last"}
    failed = [row for row in rows if row["variant"] == "optimisers/nelder-mead"]
    assert {(row["estimate"], row["status"]) for row in failed} == {("", "failed")}
    report = (tmp_path / "results" / "small" / "report.md").read_text(encoding="utf-8")
    assert "Remarks:" in report
    assert "the search did not converge" in report
