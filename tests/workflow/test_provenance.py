"""The provenance of a run says who ran what from which commit, and nothing else depends on it."""

import hashlib
import json
import os
import shutil
import subprocess

import pytest

from .conftest import mlm

SETTINGS = ("-c", "user.name=Ana Doe", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")


def git(folder, *words):
    subprocess.run(["git", *SETTINGS, *words], cwd=folder, check=True, capture_output=True)


def facts(folder):
    return json.loads((folder / "results/small/provenance.json").read_text())["run"]


def results(folder):
    out = folder / "results/small"
    return {path: path.read_bytes() for path in [*out.glob("tables/*"), *out.glob("report.*")]}


def test_every_input_has_its_hash_and_place(finished_once):
    out = finished_once / "results/small"
    inputs = facts(finished_once)["inputs"]
    assert [each["role"] for each in inputs] == ["spec", "data"]
    for each in inputs:
        content = (out / each["place"]).read_bytes()
        assert each["sha256"] == hashlib.sha256(content).hexdigest()
        assert each["size"] == len(content)


def test_the_text_of_the_spec_is_kept(finished_once):
    assert facts(finished_once)["spec_text"] == (finished_once / "pipeline.yaml").read_text()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_is_known_and_changes_no_result(small, tmp_path):
    assert mlm("run", cwd=small).returncode == 0
    plain = results(small)
    assert "git" not in facts(small)
    (small / ".gitignore").write_text("results/\n.snakemake/\n")
    git(small, "init", "-q")
    git(small, "add", ".gitignore", "small.csv")
    git(small, "commit", "-q", "-m", "first")
    assert mlm("run", "--force", cwd=small).returncode == 0
    found = facts(small)["git"]
    assert (len(found["commit"]), found["dirty"]) == (40, False)
    assert [each["committed"] for each in facts(small)["inputs"]] == [False, True]
    assert results(small) == plain


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_run_without_work_starts_no_git(small, tmp_path):
    git(small, "init", "-q")
    git(small, "add", "pipeline.yaml", "small.csv")
    git(small, "commit", "-q", "-m", "first")
    assert mlm("run", cwd=small).returncode == 0
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexit 1\n")
    program.chmod(0o755)
    repeated = mlm("run", cwd=small, PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    assert repeated.stderr.startswith("nothing to do")
    assert not (tmp_path / "started").exists()
