"""``--explain`` names what has changed since a step was made: keys, columns, rows, versions, files."""

import json

import pytest

from mlm_steps.runner.explain import explain_plan
from mlm_steps.runner.request import RunRequest
from mlm_steps.steps.run.ledger import ANOTHER_VERSION
from mlm_steps.steps.run.sealed import seal, unseal

from .conftest import contents, mlm, times


@pytest.fixture
def folder(finished, monkeypatch):
    """Enter a folder with a finished run."""
    monkeypatch.chdir(finished)
    return finished


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def reasons(folder):
    """Return the reason of each step that would run, and check that nothing is written."""
    before = times(folder)
    lines = explain_plan(RunRequest(folder / "pipeline.yaml", folder / "results" / "small")).splitlines()
    assert times(folder) == before
    rows = (line.split(maxsplit=2) for line in lines[1:] if "  is current" not in line)
    return {step: why.strip() for step, runs, why in rows if runs.startswith("runs")}


def test_a_current_run_has_no_reasons(folder):
    assert reasons(folder) == {}


def test_a_changed_formula_is_shown_before_and_after(folder):
    edit(folder / "pipeline.yaml", '"y ~ x + (1 | g)"', '"y ~ x + w + (1 | g)"')
    found = reasons(folder)
    assert found["fit/l1"] == "formula changed from 'y ~ x + (1 | g)' to 'y ~ x + w + (1 | g)'"
    assert found["compare/null--l1"] == "it follows from fit/l1"
    assert "fit/slope" not in found


def test_each_step_names_only_the_keys_on_which_it_depends(folder):
    edit(folder / "pipeline.yaml", "version: 1", "version: 1\ntitle: Other\nestimation: {df: residual}")
    found = reasons(folder)
    assert found["fit/l1"] == "estimation was added: {df: residual}"
    assert "title was added: 'Other'" in found["figures"]
    assert "title" not in found["fit/l1"] + found["tables"]


def test_changed_values_are_named_by_their_column(folder):
    lines = (folder / "small.csv").read_text().splitlines()
    header, cells = lines[0].split(","), lines[5].split(",")
    cells[header.index("w")] = "0.5"
    lines[5] = ",".join(cells)
    (folder / "small.csv").write_text("\n".join(lines) + "\n")
    found = reasons(folder)
    assert found["data"].startswith("the content of small.csv has changed: the values of w have changed")
    assert found["fit/l2"] == "the values of w have changed"
    assert "fit/l1" not in found


def test_a_column_that_no_model_uses_changes_the_data_alone(folder):
    lines = (folder / "small.csv").read_text().splitlines()
    (folder / "small.csv").write_text("\n".join(f"{line},{k}" for k, line in enumerate(lines)) + "\n")
    found = reasons(folder)
    assert found["data"] == "the content of small.csv has changed, but not the columns that models use"
    assert not [step for step in found if step.startswith("fit/")]


def test_removed_rows_are_counted(folder):
    text = (folder / "small.csv").read_text()
    (folder / "small.csv").write_text(text[: text.rstrip("\n").rfind("\n") + 1])
    found = reasons(folder)
    assert found["fit/null"] == "the sample has other rows (160 of 160 before, now 159 of 159)"


def test_a_comment_changes_the_report_alone(folder):
    edit(folder / "pipeline.yaml", "version: 1", "version: 1 # a comment")
    assert reasons(folder) == {
        "report": "the text of the spec has changed (comments, spaces or quotes), not what it asks for"
    }


def test_other_versions_are_named(folder):
    path = folder / "results" / "small" / "provenance.json"
    content = unseal(path.read_bytes())
    for entry in content["steps"].values():
        entry |= {"code": "0", "key": "0"}
    for block in content["made_from"].values():
        if "versions" in block:
            now = block["versions"]["numpy"]
            block["versions"]["numpy"] = "0.1"
    path.write_bytes(seal(content))
    assert reasons(folder)["fit/l1"].startswith(f"numpy changed from 0.1 to {now}")


def test_a_run_of_another_version_has_one_reason_for_all_steps(folder):
    path = folder / "results" / "small" / "provenance.json"
    path.write_bytes(seal({**unseal(path.read_bytes()), "schema_version": 1}))
    assert {*reasons(folder).values()} == {ANOTHER_VERSION}


@pytest.mark.parametrize("damage", [{}, {"x": 5}, [], "text", {"y": {"spec": 5, "columns": [], "files": 1}}])
def test_a_ledger_without_usable_facts_gives_the_short_reasons(folder, damage):
    path = folder / "results" / "small" / "provenance.json"
    content = unseal(path.read_bytes())
    names = ["y"] if isinstance(damage, dict) else []
    for entry in content["steps"].values():
        entry["made_from"] = names
    path.write_bytes(seal(content | {"made_from": damage}))
    edit(folder / "pipeline.yaml", '"y ~ x + (1 | g)"', '"y ~ x + w + (1 | g)"')
    assert reasons(folder)["fit/l1"].startswith("its formula, the estimation settings or the columns")


def test_missing_and_edited_files_are_named(folder):
    out = folder / "results" / "small"
    (out / "fits" / "l1.json").unlink()
    edit(out / "report.md", "#", "##")
    found = reasons(folder)
    assert found["fit/l1"] == "fits/l1.json is missing"
    assert found["report"] == "report.md has changed since the step ended"


def test_faults_of_changed_data_end_the_dry_run(folder):
    edit(folder / "small.csv", "g,x,", "g,other,")
    done = mlm("run", "--dry-run", "--explain", cwd=folder)
    assert done.returncode == 2
    assert "x" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_says_why_while_it_makes_the_steps(folder):
    out = folder / "results" / "small"
    lines = (folder / "small.csv").read_text().splitlines()
    lines[1] = lines[1].rpartition(",")[0] + ",9.5"
    (folder / "small.csv").write_text("\n".join(lines) + "\n")
    done = mlm("run", "--explain", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "  data: the content of small.csv has changed: the values of y have changed" in done.stderr
    assert "  fit/l1: the values of y have changed" in done.stderr
    first = contents(out)
    provenance = (out / "provenance.json").read_bytes()
    entry = json.loads(provenance)["steps"]["fit/l1"]
    assert 10**7 < entry["peak_bytes"] < 10**10
    assert 0 < entry["seconds"] < 100
    assert len(json.loads(provenance)["made_from"]) == 2
    assert mlm("run", cwd=folder).returncode == 0
    assert (out / "provenance.json").read_bytes() == provenance
    assert contents(out) == first


def what_happens(folder):
    """Return what happens to each step that would run."""
    lines = explain_plan(RunRequest(folder / "pipeline.yaml", folder / "results" / "small")).splitlines()
    rows = (line.split(maxsplit=1) for line in lines[1:] if "  is current" not in line)
    return {step: text.split("  ")[0] for step, text in rows}


def test_a_dry_run_tells_how_many_parts_are_kept(folder):
    edit(folder / "pipeline.yaml", '"y ~ x + (1 | g)"', '"y ~ x + w + (1 | g)"')
    found = what_happens(folder)
    assert found["assumptions"] == "runs, keeps up to 4 parts"
    assert found["influence"] == "runs, keeps up to 1 part"
    assert found["cost"] == "runs, keeps up to 1 part"  # that of the headline rung, which is the same
    assert found["fit/l1"] == "runs"


def test_parts_are_kept_though_all_rungs_are_tested_anew(folder):
    edit(
        folder / "pipeline.yaml", "version: 1", "version: 1\nestimation: {anova: II}\nreport: {headline: l1}"
    )
    found = what_happens(folder)
    assert found["fit/l1"] == "runs"
    assert found["assumptions"] == "runs, keeps up to 5 parts"


def test_parts_with_other_settings_are_not_said_to_be_kept(folder):
    edit(folder / "pipeline.yaml", "version: 1", "version: 1\nseed: 7")
    found = what_happens(folder)
    assert found["assumptions"] == "runs"
