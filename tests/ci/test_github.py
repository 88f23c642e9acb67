"""The workflow for GitHub and the action of this repository, on an analysis whose data change."""

import json
import xml.etree.ElementTree as ET

import pytest

from .commands import ROOT, push_slip_and_reversal, write_project
from .github import Github

WORKFLOW = (ROOT / "config" / "ci" / "github.yml").read_text()


@pytest.fixture(scope="module")
def pushes(tmp_path_factory):
    """Push an analysis, then a slip in one row, then its reversal, then a rung more."""
    place = tmp_path_factory.mktemp("github")
    project = write_project(place / "project")
    github = Github(project, place / "service")
    outcomes = push_slip_and_reversal(github.push, project, WORKFLOW)
    spec = (project / "pipeline.yaml").read_text()
    rung = '  - {name: slope, formula: "y ~ x + (x | g)"}\n'
    (project / "pipeline.yaml").write_text(spec.replace("expect:", f"{rung}expect:"))
    outcomes.append(github.push(WORKFLOW))
    return outcomes


def test_the_first_push_is_green_and_keeps_report_and_checks(pushes):
    first = pushes[0]
    assert first.green, first.log
    kept = first.artifacts["analysis"] / "results" / "analysis"
    assert (kept / "report.html").is_file()
    assert (kept / "tables" / "fixed.csv").is_file()
    assert ET.parse(kept / "checks.xml").getroot().tag == "testsuites"
    assert "The run has finished." in first.summary
    assert "::error" not in first.log


def test_a_changed_row_turns_it_red_with_a_message_for_people(pushes):
    red = pushes[1]
    assert not red.green
    (annotation,) = [line for line in red.log.splitlines() if line.startswith("::error")]
    assert annotation.startswith("::error file=pipeline.yaml,line=10,")
    message = annotation.rpartition("::")[2]
    assert "x" in message
    assert "0.5" in message
    assert "1.5" in message
    assert "data: the content of classes.csv has changed: the values of y have changed" in red.log
    kept = red.artifacts["analysis"] / "results" / "analysis"
    assert (kept / "report.html").is_file()
    failures = ET.parse(kept / "checks.xml").getroot().iter("failure")
    assert len([*failures]) == 1
    assert "not as the spec expects" in red.summary
    assert "Save the results" not in red.steps
    assert "Keep the report" in red.steps


def test_reverting_it_turns_it_green_without_computing_anything(pushes):
    reverted = pushes[2]
    assert reverted.green, reverted.log
    assert "nothing to do: all" in reverted.log


def test_a_new_rung_leaves_the_fits_of_the_others_as_they_are(pushes):
    def fits(outcome):
        path = outcome.artifacts["analysis"] / "results" / "analysis" / "provenance.json"
        steps = json.loads(path.read_text())["steps"]
        return {name: entry["started"] for name, entry in steps.items() if name.startswith("fit/")}

    before, after = fits(pushes[0]), fits(pushes[3])
    assert pushes[3].green, pushes[3].log
    assert {*after} - {*before} == {"fit/slope"}
    assert all(after[name] == started for name, started in before.items())


def test_a_fault_of_the_spec_is_red_and_keeps_no_cache(tmp_path):
    project = write_project(tmp_path / "project")
    spec = project / "pipeline.yaml"
    spec.write_text(spec.read_text().replace("y ~ x", "y ~ xx"))
    github = Github(project, tmp_path / "service")
    outcome = github.push(WORKFLOW)
    assert not outcome.green
    assert "there is no column 'xx'" in outcome.log
    assert github.caches == {}


def test_inputs_of_the_action_reach_the_command(tmp_path):
    project = write_project(tmp_path / "project")
    lines = ["out: results/analysis", "arguments: --dry-run", "cache: 'false'", "artifact: ''"]
    more = WORKFLOW.replace(lines[0], ("\n" + " " * 10).join(lines))
    github = Github(project, tmp_path / "service")
    outcome = github.push(more)
    assert outcome.green, outcome.log
    assert "fit/l1" in outcome.log
    assert github.caches == {}
    assert outcome.artifacts == {}
