"""The job for GitLab, on an analysis whose data change."""

import xml.etree.ElementTree as ET

import pytest

from .commands import ROOT, push_slip_and_reversal, write_project
from .gitlab import Gitlab

PIPELINE = (ROOT / "config" / "ci" / "gitlab.yml").read_text()


@pytest.fixture(scope="module")
def pushes(tmp_path_factory):
    """Push an analysis, then a slip in one row, then its reversal."""
    place = tmp_path_factory.mktemp("gitlab")
    project = write_project(place / "project")
    gitlab = Gitlab(project, place / "service")
    return push_slip_and_reversal(gitlab.push, project, PIPELINE)


def test_the_first_push_is_green_and_publishes_report_and_junit(pushes):
    first = pushes[0]
    assert first.green, first.log
    assert (first.artifacts / "results" / "analysis" / "report.html").is_file()
    assert not [*ET.parse(first.junit).getroot().iter("failure")]


def test_a_changed_row_turns_it_red_and_is_a_failure_of_junit(pushes):
    red = pushes[1]
    assert not red.green
    (failure,) = ET.parse(red.junit).getroot().iter("failure")
    assert "0.5" in failure.get("message")
    assert (red.artifacts / "results" / "analysis" / "report.html").is_file()


def test_reverting_it_turns_it_green_without_computing_anything(pushes):
    assert pushes[2].green, pushes[2].log
    assert "nothing to do: all" in pushes[2].log
