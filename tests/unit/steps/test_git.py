"""What git says about the spec's folder, and that the state of its commit is read without git."""

import shutil
import subprocess

import pytest

from mlm_steps.steps.run.git import changed_files, commit_of, head_state, root_of, settings_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

SETTINGS = ("-c", "user.name=Ana Doe", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")


def git(folder, *words):
    done = subprocess.run(["git", *SETTINGS, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "spec.yaml").write_text("version: 1\n")
    (folder / "data.csv").write_text("a\n1\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_the_commit_is_that_of_git(repository):
    assert commit_of(repository) == git(repository, "rev-parse", "HEAD")


def test_a_folder_without_a_repository_has_no_commit(tmp_path):
    assert (root_of(tmp_path), commit_of(tmp_path), head_state(tmp_path)) == (None, "", None)


def test_without_the_program_git_there_is_no_commit(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert (commit_of(repository), changed_files(repository, [repository])) == ("", [])


def test_a_repository_without_a_commit_has_none(tmp_path):
    git(tmp_path, "init", "-q")
    assert commit_of(tmp_path) == ""


def test_only_files_whose_content_differs_have_changed(repository):
    (repository / "spec.yaml").write_text("version: 1\n")  # new time, same content
    assert changed_files(repository, [repository]) == []
    (repository / "data.csv").write_text("a\n2\n")
    (repository / "not tracked").write_text("")
    assert changed_files(repository, [repository]) == ["data.csv"]
    git(repository, "add", "data.csv")
    assert changed_files(repository, [repository]) == ["data.csv"]
    (repository / "spec.yaml").unlink()
    assert changed_files(repository, [repository / "spec.yaml"]) == ["spec.yaml"]


def test_no_filter_of_the_repository_runs(repository, tmp_path):
    marker = tmp_path / "ran"
    (repository / ".gitattributes").write_text("* filter=mine\n")
    git(repository, "config", "filter.mine.clean", f"touch {marker}; cat")
    (repository / "data.csv").write_text("a\n2\n")
    assert changed_files(repository, [repository]) == ["data.csv"]
    assert not marker.exists()


@pytest.mark.parametrize("packed", [False, True])
def test_the_state_changes_with_the_commit_alone(repository, packed):
    if packed:
        git(repository, "pack-refs", "--all")
    before = head_state(repository)
    (repository / "data.csv").write_text("a\n2\n")
    assert head_state(repository) == before
    git(repository, "commit", "-q", "-a", "-m", "second")
    if packed:
        git(repository, "pack-refs", "--all")
    assert head_state(repository) != before


def test_the_state_of_a_work_tree_is_that_of_its_own_branch(repository, tmp_path):
    git(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    before = head_state(tmp_path / "other")
    (tmp_path / "other" / "data.csv").write_text("a\n3\n")
    git(tmp_path / "other", "commit", "-q", "-a", "-m", "third")
    after = head_state(tmp_path / "other")
    assert after is not None
    assert after != before
    git(repository, "checkout", "-q", "--detach")
    assert git(repository, "rev-parse", "HEAD") == head_state(repository)


def test_passwords_are_not_part_of_the_address(repository):
    git(repository, "config", "remote.origin.url", "https://ana:secret@example.org/lab/study.git")
    git(repository, "config", "user.name", "Ana Doe")
    assert settings_of(repository) == {"name": "Ana Doe", "repository": "https://example.org/lab/study.git"}
