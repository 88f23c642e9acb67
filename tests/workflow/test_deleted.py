"""Results that somebody deleted: the next run makes what is missing, nothing else, and the same bytes."""

import json
import random
import shutil
from pathlib import Path

import pytest

from mlm_steps.steps.run.session import open_plan

from .conftest import contents, mlm

OUT = Path("results/small")


@pytest.fixture(scope="module")
def edited(finished_once, tmp_path_factory):
    """Return a folder in which the analysis was run twice, so that most key files are of current steps."""
    folder = shutil.copytree(finished_once, tmp_path_factory.mktemp("edited") / "copy")
    spec = folder / "pipeline.yaml"
    spec.write_text(spec.read_text().replace("label: Size", "label: Members"))
    assert mlm("run", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def copy(edited, tmp_path):
    return shutil.copytree(edited, tmp_path / "copy")


def entries(folder):
    return json.loads((folder / OUT / "provenance.json").read_text())["steps"]


def owners(folder):
    """Return the step that makes each file of a run."""
    files = {f"logs/{step}.log": step for step in entries(folder)}
    return files | {name: step for step, entry in entries(folder).items() for name in entry["outputs"]}


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def waiting(folder, monkeypatch):
    """Return the steps that a run would make."""
    monkeypatch.chdir(folder)
    return {step.name for step in open_plan(Path("pipeline.yaml"), None).steps if not step.current}


def test_every_file_of_a_run_belongs_to_a_step(edited):
    assert set(owners(edited)) == set(contents(edited / OUT))


def test_of_each_deleted_file_only_the_step_that_makes_it_waits(copy, monkeypatch):
    for name, step in owners(copy).items():
        path, content = copy / OUT / name, (copy / OUT / name).read_bytes()
        path.unlink()
        # What follows from these two is known once they are there again; see the runs below.
        assert step in waiting(copy, monkeypatch)
        if step not in ("data", "effort"):
            assert waiting(copy, monkeypatch) == {step}, name
        path.write_bytes(content)
        assert waiting(copy, monkeypatch) == set(), name


def _random_files(folder):
    rng = random.Random(8)
    names = sorted(contents(folder / OUT))
    return rng.sample(names, len(names) // 3)


DELETED = {
    "the fits": lambda _: ["fits"],
    "one fit's record": lambda _: ["fits/slope.json"],
    "the tables and a figure": lambda _: ["tables", "figures/ladder.svg"],
    "the data and the report": lambda _: ["data", "report.html"],
    "the logs of models": lambda _: ["logs/fit"],
    "a third of the files": _random_files,
    "all but the provenance": lambda folder: [p.name for p in (folder / OUT).iterdir() if p.is_dir()],
}


@pytest.mark.parametrize("deleted", DELETED.values(), ids=DELETED)
@pytest.mark.parametrize("noted", [True, False], ids=["", "and Snakemake's notes"])
def test_the_next_run_makes_exactly_what_is_missing_and_the_same_bytes(copy, edited, deleted, noted):
    good, before, owner = contents(edited / OUT), entries(copy), owners(copy)
    for name in deleted(copy):
        remove(copy / OUT / name)
    if not noted:
        remove(copy / ".snakemake")
    wanted = {owner[name] for name in good if not (copy / OUT / name).exists()}
    done = mlm("run", cwd=copy)
    assert done.returncode == 0, done.stderr
    remade = {name for name, entry in entries(copy).items() if entry["started"] != before[name]["started"]}
    assert remade == wanted
    assert contents(copy / OUT) == good
    assert f"/{len(wanted)}]" in done.stderr.replace(" ", "")


def test_without_the_provenance_everything_is_made_anew_and_the_same_bytes(copy, edited):
    remove(copy / OUT / "provenance.json")
    done = mlm("run", cwd=copy)
    assert done.returncode == 0, done.stderr
    assert "provenance.json does not say what it was made from" in done.stderr
    assert contents(copy / OUT) == contents(edited / OUT)


BREAK = """\
import sys
if sys.argv[1:2] == ["run"] or "tables" in sys.argv:
    import mlm_steps.tables as tables
    class Broken:
        def items(self):
            raise RuntimeError("no ink")
    tables.TABLES = Broken()
"""


@pytest.mark.parametrize("deleted", [["fits", "tables"], ["tables", "report.md"]])
def test_a_run_that_fails_does_not_announce_the_report_of_an_earlier_one(copy, edited, deleted):
    for name in deleted:
        remove(copy / OUT / name)
    (copy / "sitecustomize.py").write_text(BREAK)
    done = mlm("run", cwd=copy, PYTHONPATH=str(copy))
    assert done.returncode == 3
    assert "report: " not in done.stdout
    assert "no report was written; the report of an earlier run is kept: results" in done.stdout
    assert "tables: failed: RuntimeError: no ink (see results/small/logs/tables.log)" in done.stderr
    (copy / "sitecustomize.py").unlink()
    assert mlm("run", cwd=copy).returncode == 0
    assert contents(copy / OUT) == contents(edited / OUT)
