"""Expectations of a run: exit codes, files, annotations, and what is made again after a change."""

import csv
import json
import re
from xml.etree import ElementTree

import pytest

from .conftest import SPEC, contents, mlm, plain_snakemake, times

HOLD = """\
expect:
  - {model: l1, term: x, estimate: {min: 0}}
  - {model: l1, icc: {min: 0.1}}
  - {comparison: [l1, slope], p: {max: 0.1}}
  - {all: converged}
  - {data: {rows: 160, groups: {g: 20}}}
"""


@pytest.fixture
def folder(finished):
    """The finished small analysis with expectations that hold, not yet run with them."""
    (finished / "pipeline.yaml").write_text(SPEC + HOLD)
    return finished


def made(done):
    """Return the steps that a run has made."""
    return {*re.findall(r"^\[.*?\d s  (\S+)", done.stderr, re.MULTILINE)}


def test_expectations_are_checked_on_results_that_exist_already(folder):
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "expectations: all 5 hold" in done.stdout
    assert made(done) == {"checks", "tables", "report"}
    suite = ElementTree.parse(folder / "results/small/checks.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("5", "0")
    assert (
        "The results meet all 5 expectations of the spec." in (folder / "results/small/report.md").read_text()
    )

    (folder / "pipeline.yaml").write_text(SPEC)
    again = mlm("run", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert not [*(folder / "results/small").glob("checks.*")]
    assert not (folder / "results/small/tables/expectations.csv").exists()


def test_a_failure_ends_with_1_after_everything_is_written_and_a_run_without_work_ends_so_again(folder):
    (folder / "pipeline.yaml").write_text(SPEC + HOLD.replace("min: 0.1", "min: 0.9"))
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(folder)}
    done = mlm("run", "--summary", "s.md", cwd=folder, **environment)
    assert done.returncode == 1, done.stderr
    line = (SPEC + HOLD).splitlines().index("  - {model: l1, icc: {min: 0.1}}") + 1
    said = f"pipeline.yaml:{line}:5: expect[1]: failed: the intraclass correlation in rung l1 is "
    assert said in done.stderr
    assert (
        f"::error file=pipeline.yaml,line={line},col=5,title=Expectation%3A l1%3A icc at least 0.9::"
        in done.stderr
    )
    assert "| **failed** | l1: icc at least 0.9 |" in (folder / "s.md").read_text()
    report = (folder / "results/small/report.md").read_text()
    assert report.index("**expectation** l1: icc at least 0.9") < report.index("### Expectations")
    with (folder / "results/small/tables/expectations.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["holds"] for row in rows if row["quantity"] == "icc"] == ["false"]

    before = times(folder / "results")
    again = mlm("run", "--summary", "t.md", cwd=folder, **environment)
    assert again.returncode == 1
    assert again.stdout == done.stdout
    assert "nothing to do" in again.stderr
    assert said in again.stderr
    assert (folder / "t.md").read_text() == (folder / "s.md").read_text()
    assert times(folder / "results") == before

    (folder / "pipeline.yaml").write_text(SPEC + HOLD.replace("min: 0.1}", "min: 0.9}, severity: warn"))
    warned = mlm("run", cwd=folder)
    assert warned.returncode == 0
    assert "expectations: 4 of 5 hold, 1 warned" in warned.stdout
    assert made(warned) == {"checks", "tables", "report"}


def test_plain_snakemake_ends_with_1_too(folder):
    (folder / "pipeline.yaml").write_text(SPEC + "expect: [{model: l1, n: 161}]\n")
    done = plain_snakemake(folder)
    assert done.returncode == 1, done.stderr
    assert "the number of observations in rung l1 is 160; 161 was expected" in done.stderr


def test_a_changed_row_turns_a_baseline_red_in_words_and_reverting_it_turns_it_green(folder):
    (folder / "pipeline.yaml").write_text(SPEC + "expect: [{baseline: baseline.json}]\n")
    first = mlm("run", cwd=folder)
    assert first.returncode == 1
    assert "baseline.json does not exist; 'mlm baseline' writes it from this run" in first.stderr
    wrote = mlm("baseline", "pipeline.yaml", cwd=folder)
    assert wrote.returncode == 0, wrote.stderr
    assert mlm("baseline", "pipeline.yaml", cwd=folder).returncode == 2
    taken = mlm("baseline", "pipeline.yaml", "--save", "small.csv", "--force", cwd=folder)
    assert taken.returncode == 2
    assert "small.csv: the spec reads this file" in taken.stderr
    green = mlm("run", cwd=folder)
    assert green.returncode == 0, green.stderr
    assert made(green) == {"checks", "tables", "report"}

    data = (folder / "small.csv").read_text()
    lines = data.splitlines()
    *rest, _ = lines[5].split(",")
    lines[5] = ",".join([*rest, "99"])
    (folder / "small.csv").write_text("\n".join(lines) + "\n")
    red = mlm("run", cwd=folder)
    assert red.returncode == 1
    assert "small.csv has changed since baseline.json was written" in red.stderr
    record = json.loads((folder / "results/small/checks.json").read_text())
    messages = [finding["message"] for finding in record["expectations"][0]["findings"]]
    assert any(text.startswith("l1, estimate of x: ") and "is allowed" in text for text in messages)

    (folder / "small.csv").write_text(data)
    reverted = mlm("run", cwd=folder)
    assert reverted.returncode == 0, reverted.stderr


def test_misspelt_names_are_told_before_anything_runs(folder):
    text = """\
expect:
  - {model: l1, term: xx, estimate: {min: 0}}
  - {model: l9, icc: {min: 0}}
  - {comparison: [l1, slop], p: {max: 0.05}}
  - {comparison: ["null", slope], p: {max: 0.05}}
  - {data: {groups: {gg: 20}, files: {other.csv: 12345678}}}
  - {model: l1, group: h, icc: {min: 0}}
"""
    (folder / "pipeline.yaml").write_text(SPEC + text)
    before = contents(folder / "results")
    done = mlm("run", cwd=folder)
    assert done.returncode == 2
    told = [line.partition(": ")[2] for line in done.stderr.splitlines() if line.startswith("pipeline.yaml:")]
    assert "expect[1].model: no rung 'l9' in the ladder (the ladder has null, l1, slope, l2)" in told
    (folder / "pipeline.yaml").write_text(SPEC + text.replace("l9", "l2"))
    done = mlm("run", cwd=folder)
    assert done.returncode == 2
    told = [line.partition(": ")[2] for line in done.stderr.splitlines() if line.startswith("pipeline.yaml:")]
    assert told == [
        "expect[0].term: rung 'l1' has no term or coefficient xx (did you mean 'x'?)",
        "expect[2].comparison[1]: no comparison has a model 'slop' (did you mean 'slope'?)",
        "expect[3].comparison: null and slope are not compared (the comparisons are [null, l1], [l1, slope], [slope, l2])",  # noqa: E501
        "expect[4].data.groups.gg: no rung has a grouping factor gg (did you mean 'g'?)",
        "expect[4].data.files['other.csv']: the data have no file other.csv (they have small.csv)",
        "expect[5].group: rung 'l1' has no grouping factor h (its grouping factors are g)",
    ]
    assert contents(folder / "results") == before


def test_two_runs_are_compared_in_words_as_json_and_in_the_report(folder):
    (folder / "pipeline.yaml").write_text(SPEC)
    assert mlm("run", "--out", "results/before", cwd=folder).returncode == 0
    same = mlm("diff", "results/small", "results/before", cwd=folder)
    assert (same.returncode, same.stderr) == (0, "")
    assert "the same results: " in same.stdout

    changed = SPEC.replace("y ~ x + w + (x | g)", "y ~ x * w + (x | g)")
    (folder / "pipeline.yaml").write_text(changed + "report: {compare_with: results/before}\n")
    done = mlm("run", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in mlm("run", cwd=folder).stderr
    facts = json.loads((folder / "results/small/provenance.json").read_text())["run"]
    listed = [(each["role"], each["file"]) for each in facts["inputs"]]
    assert ("run", "results/before/provenance.json") in listed
    found = mlm("diff", "results/before", "results/small", "--json", cwd=folder)
    assert found.returncode == 1
    content = json.loads(found.stdout)
    assert content["same"] is False
    texts = [change["text"] for change in content["changes"]]
    assert "ladder[l2].formula: y ~ x + w + (x | g) → y ~ x * w + (x | g)" in texts
    assert any(text.startswith("l2, estimate of x:w: new: ") for text in texts)
    report = (folder / "results/small/report.md").read_text()
    section = report[report.index("### Changes since an earlier run") :]
    assert section.split("\n\n")[1].startswith(
        "Differences from the run `results/before`: spec 2, estimates "
    )
    with (folder / "results/small/tables/changes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert "l2, parameters" in {row["what"] for row in rows}

    (folder / "pipeline.yaml").write_text(changed + "report: {compare_with: results/nothing}\n")
    assert mlm("run", cwd=folder).returncode == 0
    assert "could not be compared with an earlier one: " in (folder / "results/small/report.md").read_text()
    (folder / "pipeline.yaml").write_text(changed + "report: {compare_with: ../../../outside}\n")
    outside = mlm("run", cwd=folder)
    assert outside.returncode == 2
    assert "report.compare_with: '../../../outside' lies outside the spec's folder" in outside.stderr
    wrong = mlm("diff", "results/nothing", "pipeline.yaml", cwd=folder)
    assert wrong.returncode == 2
    assert len(wrong.stderr.splitlines()) == 2
