"""A run after which nothing has changed is recognised without a plan, and nothing else is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlm_steps.runner.request import RunRequest
from mlm_steps.runner.unchanged import NOTES, repeat
from mlm_steps.steps.run.sealed import seal, unseal

from .conftest import mlm

REQUEST = RunRequest(Path("pipeline.yaml"))
LIBRARIES = {"numpy", "pandas", "pyarrow", "scipy", "matplotlib", "jinja2", "snakemake", "pydantic", "yaml"}


@pytest.fixture(scope="module")
def noted_once(finished_once, tmp_path_factory):
    """Return a folder whose run has ended with a note; not to be changed."""
    folder = shutil.copytree(finished_once, tmp_path_factory.mktemp("noted") / "run")
    for note in (folder / NOTES).glob("*.json"):
        note.unlink()  # it belongs to the folder that was copied
    assert mlm("run", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def noted(noted_once, monkeypatch):
    """Enter that folder."""
    monkeypatch.chdir(noted_once)
    return noted_once


def test_a_repeated_run_prints_what_its_plan_prints(noted, tmp_path):
    repeated = mlm("run", cwd=noted)
    notes = shutil.move(noted / NOTES, tmp_path / "notes")
    planned = mlm("run", cwd=noted)
    shutil.move(notes, noted / NOTES)
    assert repeated.stdout == planned.stdout
    assert repeated.stderr == planned.stderr
    assert repeated.stderr.startswith("nothing to do")
    assert repeated.returncode == planned.returncode == 0


def test_a_repeated_run_loads_no_library(noted):
    words = [sys.executable, "-P", "-X", "importtime", "-m", "mlm_steps", "run"]
    done = subprocess.run(words, cwd=noted, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "mlm_steps.runner.unchanged" in loaded
    assert loaded & LIBRARIES == set()


def test_the_first_run_after_a_run_is_already_recognised(small, monkeypatch):
    assert mlm("run", cwd=small).returncode == 0
    monkeypatch.chdir(small)
    assert repeat(REQUEST) == 0


def test_exit_code_and_remarks_are_repeated(noted, capsys):
    (place,) = (noted / NOTES).glob("*.json")
    kept = place.read_text()
    verdict = {"code": 1, "out": "ladder\n", "err": "slope: singular\n", "steps": 9}
    try:
        place.write_bytes(seal({**unseal(kept.encode()), "verdict": verdict}))
        assert repeat(REQUEST) == 1
        place.write_text(place.read_text().replace("slope: singular", "slope: excellent"))
        assert repeat(REQUEST) is None  # somebody else has written it
    finally:
        place.write_text(kept)
    assert capsys.readouterr() == ("ladder\n", "nothing to do: all 9 steps are current\nslope: singular\n")


def append(path, text="\n"):
    with path.open("a") as stream:
        stream.write(text)


def same_size(path):
    content = path.read_bytes()
    status = path.stat()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES = {
    "a comment in the spec": lambda run: append(run / "pipeline.yaml", "# more\n"),
    "a line of the data": lambda run: append(run / "small.csv", "21,0.1,0.2,0.3,0.4\n"),
    "a digit of the data": lambda run: same_size(run / "small.csv"),
    "no data": lambda run: (run / "small.csv").unlink(),
    "data in another place": lambda run: (
        (run / "small.csv").rename(run / "other.csv"),
        (run / "small.csv").symlink_to("other.csv"),
    ),
    "no spec": lambda run: (run / "pipeline.yaml").unlink(),
    "a table": lambda run: same_size(run / "results/small/tables/fixed.csv"),
    "no table": lambda run: (run / "results/small/tables/fixed.csv").unlink(),
    "a record": lambda run: same_size(run / "results/small/fits/l1.json"),
    "a log": lambda run: same_size(run / "results/small/logs/fit/l1.log"),
    "a digit of the ledger": lambda run: same_size(run / "results/small/provenance.json"),
    "no log": lambda run: (run / "results/small/logs/fit/l1.log").unlink(),
    "the ledger": lambda run: append(run / "results/small/provenance.json"),
    "no ledger": lambda run: (run / "results/small/provenance.json").unlink(),
    "no note": lambda run: shutil.rmtree(run / NOTES),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_after_a_change_the_run_is_planned(noted, change, tmp_path, monkeypatch, capsys):
    assert repeat(REQUEST) == 0
    kept = tmp_path / "kept"
    shutil.copytree(noted, kept)
    try:
        change(noted)
        capsys.readouterr()
        assert repeat(REQUEST) is None
        assert capsys.readouterr() == ("", "")
    finally:
        monkeypatch.undo()
        shutil.rmtree(noted)
        shutil.copytree(kept, noted)


@pytest.mark.parametrize(
    "other",
    [
        RunRequest(Path("pipeline.yaml"), out=Path("elsewhere")),
        RunRequest(Path("./sub/../pipeline.yaml"), allow_outside=True),
        RunRequest(Path("other.yaml")),
    ],
)
def test_another_request_has_no_note(noted, other):
    assert repeat(other) is None


@pytest.mark.parametrize("seconds", ["86400", "soon"])
def test_another_date_of_the_report_is_a_change(noted, monkeypatch, seconds):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", seconds)
    assert repeat(REQUEST) is None


@pytest.mark.parametrize("name", ["code_identity", "optional_libraries", "installed_version"])
def test_other_code_and_other_libraries_are_a_change(noted, monkeypatch, name):
    monkeypatch.setattr(f"mlm_steps.runner.unchanged.{name}", lambda *_: "other")
    assert repeat(REQUEST) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"out": 1, "state": {}}', "\x00"])
def test_a_damaged_note_is_no_note(noted, content):
    (place,) = (noted / NOTES).glob("*.json")
    kept = place.read_text()
    try:
        place.write_text(content)
        assert repeat(REQUEST) is None
        place.write_bytes(seal({**unseal(kept.encode()), "verdict": {}}))
        assert repeat(REQUEST) is None
    finally:
        place.write_text(kept)


def test_data_that_only_the_repository_allows_leave_no_note(finished):
    folder = finished / "specs"
    folder.mkdir()
    (finished / ".git").mkdir()
    spec = (finished / "pipeline.yaml").read_text().replace("file: small.csv", "file: ../small.csv")
    (folder / "pipeline.yaml").write_text(spec)
    (finished / "results").rename(folder / "results")
    (folder / NOTES).mkdir(parents=True)
    for words in (["run"], ["run"]):
        done = mlm(*words, cwd=folder)
        assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("nothing to do")
    assert list((folder / NOTES).glob("*.json")) == []
