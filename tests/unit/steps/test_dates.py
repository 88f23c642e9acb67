"""The date in a report comes from the environment or from git, never from a clock."""

import os
import shutil
import subprocess

import pytest

from mlm_steps.errors import UsageError
from mlm_steps.steps.run.dates import report_date

COMMITTED = "2019-04-05T12:00:00+00:00"


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    path = tmp_path / "pipeline.yaml"
    path.write_text("version: 1\n")
    return path


def commit(spec):
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a"}
    dates = {"GIT_COMMITTER_EMAIL": "a@b", "GIT_AUTHOR_DATE": COMMITTED, "GIT_COMMITTER_DATE": COMMITTED}
    for words in (["init", "-q"], ["add", spec.name], ["commit", "-q", "-m", "a"]):
        subprocess.run(["git", *words], cwd=spec.parent, env=os.environ | who | dates, check=True)


def test_the_environment_goes_first(spec, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert report_date(spec) == {"date": "2023-11-14", "date from": "SOURCE_DATE_EPOCH"}


@pytest.mark.parametrize("value", ["yesterday", "1e9", "9" * 40])
def test_what_is_no_number_of_seconds_is_refused(spec, monkeypatch, value):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    with pytest.raises(UsageError, match=r"SOURCE_DATE_EPOCH: .* is no number of seconds"):
        report_date(spec)


def test_without_either_source_there_is_no_date(spec):
    assert report_date(spec) == {}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_committed_spec_has_the_date_of_its_commit_until_it_is_changed(spec):
    commit(spec)
    assert report_date(spec) == {"date": "2019-04-05", "date from": "the last commit of the spec"}
    spec.write_text("version: 1\nname: changed\n")
    os.utime(spec, ns=(1, 1))
    assert report_date(spec) == {}


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_setting_of_the_repository_runs_no_program(spec, tmp_path):
    commit(spec)
    marker = tmp_path / "ran"
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    settings = {
        "core.fsmonitor": program, "gpg.program": program, "core.pager": program, "log.showSignature": "true",
        "diff.external": program,
    }  # fmt: skip
    for name, value in settings.items():
        subprocess.run(["git", "config", name, str(value)], cwd=tmp_path, check=True)
    assert report_date(spec)["date"] == "2019-04-05"
    assert not marker.exists()
