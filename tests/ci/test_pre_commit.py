"""The hook of pre-commit calls a command that checks the specs that it is given."""

import re
import shlex

import pytest
import yaml

from mlm_steps.cli.main import run_command

from .commands import ROOT, write_project

((HOOK),) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def run(*specs):
    """Run the entry of the hook with the arguments of a user; pre-commit adds no names of files."""
    assert HOOK["pass_filenames"] is False
    command, *words = shlex.split(HOOK["entry"])
    assert command == "mlm"
    return run_command([*words, *map(str, specs)])


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = write_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    return folder


def test_it_passes_for_a_valid_spec_and_writes_nothing(project, capsys):
    before = sorted(project.rglob("*"))
    assert run() == 0
    assert "pipeline.yaml: valid" in capsys.readouterr().out
    assert sorted(project.rglob("*")) == before


def test_it_names_the_faults_of_all_specs(project, capsys):
    text = (project / "pipeline.yaml").read_text()
    (project / "a.yaml").write_text(text.replace("y ~ x", "y ~ xx"))
    (project / "b.yaml").write_text(text.replace("version: 1", "version: 9"))
    assert run("a.yaml", "pipeline.yaml", "b.yaml") == 2
    said = capsys.readouterr()
    assert "a.yaml:" in said.err
    assert "b.yaml:1:" in said.err
    assert "pipeline.yaml: valid" in said.out


def test_a_changed_data_file_is_checked_too(project, capsys):
    data = project / "classes.csv"
    data.write_text(data.read_text().replace("g,x,y", "g,z,y"))
    assert run("pipeline.yaml") == 2
    assert "'x'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "concerns"),
    [("pipeline.yaml", True), ("specs/a.yml", True), ("data/a.csv", True), ("data/b.RData", True),
     ("README.md", False), ("a.py", False)],
)  # fmt: skip
def test_it_runs_when_a_spec_or_data_are_committed(name, concerns):
    assert bool(re.search(HOOK["files"], name)) is concerns
