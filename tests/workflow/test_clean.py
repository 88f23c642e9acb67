"""``mlm clean`` removes what mlm has written and nothing else."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from mlm_steps.errors import UsageError
from mlm_steps.records import write_record
from mlm_steps.records.failure import Absence
from mlm_steps.runner.clean import clean
from mlm_steps.runner.leftovers import is_own
from mlm_steps.runner.lock import locked
from mlm_steps.steps.run.sealed import seal, unseal

from .conftest import contents, mlm, times

SPEC = Path("pipeline.yaml")


@pytest.fixture
def folder(finished, monkeypatch):
    """Enter a folder with a finished run."""
    monkeypatch.chdir(finished)
    return finished


@pytest.fixture
def out(folder):
    return folder / "results" / "small"


def without_l2(folder):
    path = folder / SPEC
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "name: l2" not in line))


def test_without_yes_nothing_is_removed(folder):
    before = times(folder)
    lines = [*clean(SPEC, None), *clean(SPEC, None, everything=True)]
    assert any("nothing was removed, --yes removes them" in line for line in lines)
    assert times(folder) == before


def test_a_clean_keeps_every_result_of_the_spec(folder, out):
    before = contents(out)
    list(clean(SPEC, None, yes=True))
    assert contents(out) == before
    done = mlm("run", cwd=folder)
    assert done.returncode == 0
    assert done.stderr.startswith("nothing to do")


def test_files_of_former_steps_go(folder, out):
    without_l2(folder)
    list(clean(SPEC, None, yes=True))
    left = [*contents(out)]
    assert not [name for name in left if "l2" in name]
    assert "fits/slope.json" in left
    assert not [name for name in json.loads((out / "provenance.json").read_text())["steps"] if "l2" in name]
    assert [*clean(SPEC, None)] == ["results/small: there is nothing to remove"]


def test_failures_of_former_rungs_go_with_their_logs(folder, out):
    failed = out / "fits" / "old.json"
    write_record(Absence(absent="failed", step="fit/old", reason="no variance"), failed)
    log = out / "logs" / "fit" / "old.log"
    log.write_text("no variance\n")
    elsewhere = out / "fits" / "mine.json"
    write_record(Absence(absent="failed", step="fit/old", reason="a copy"), elsewhere)
    list(clean(SPEC, None, yes=True))
    assert not failed.exists()
    assert not log.exists()
    assert elsewhere.exists()


def test_unfinished_files_go_and_similar_ones_stay(out):
    gone = 2**22 + 1  # no process has so large a number
    unfinished = [out / "fits" / f".mlm-{gone}-0.part", out / f".mlm-{gone}-12.part"]
    others = [out / "fits" / ".mlm-mine.part", out / f".mlm-{os.getppid()}-0.part", out / ".mlm-notes"]
    for path in (*unfinished, *others):
        path.write_text("x")
    list(clean(SPEC, None, yes=True))
    assert [path for path in unfinished if path.exists()] == []
    assert [path for path in others if not path.exists()] == []


def test_all_leaves_only_what_others_have_written_or_changed(folder, out):
    (out / "notes.txt").write_text("mine")
    (out / "empty").mkdir()
    (out / "tables" / "fit.csv").write_text("changed")
    lines = [*clean(SPEC, None, everything=True, yes=True)]
    assert lines[-1].endswith("have changed since: notes.txt, tables/fit.csv")
    assert sorted(contents(out)) == ["notes.txt", "tables/fit.csv"]
    assert (out / "empty").is_dir()
    assert (folder / "small.csv").exists()


def test_all_removes_the_folder_if_nothing_is_left(out):
    list(clean(SPEC, None, everything=True, yes=True))
    assert not out.exists()
    assert [*clean(SPEC, None, everything=True, yes=True)] == ["results/small: there is nothing to remove"]


def test_a_record_that_is_none_of_ours_stays_with_all_files(folder, out):
    (out / "provenance.json").write_text('{"by": "another program"}')
    before = contents(out)
    list(clean(SPEC, None, everything=True, yes=True))
    assert contents(out) == before
    assert (out / "provenance.json").exists()


def test_links_are_not_followed(folder, out, tmp_path):
    outside = tmp_path / "outside"
    (out / "fits").rename(outside)
    (out / "fits").symlink_to(outside)
    (out / "report.md").rename(tmp_path / "report.md")
    (out / "report.md").symlink_to(tmp_path / "report.md")
    before = contents(outside)
    lines = [*clean(SPEC, None, everything=True, yes=True)]
    assert contents(outside) == before
    assert (tmp_path / "report.md").exists()
    assert "fits, report.md" in lines[-1]


def test_an_output_folder_that_is_a_link_is_cleaned_in_its_place(folder, out, tmp_path):
    out.rename(tmp_path / "scratch")
    out.symlink_to(tmp_path / "scratch")
    list(clean(SPEC, None, everything=True, yes=True))
    assert out.is_symlink()
    assert contents(tmp_path / "scratch") == {}


def test_a_forged_ledger_cannot_name_files_outside(folder, out):
    victim = folder / "small.csv"
    content = unseal((out / "provenance.json").read_bytes())
    file = {"size": victim.stat().st_size, "sha256": hashlib.sha256(victim.read_bytes()).hexdigest()}
    names = ["../../small.csv", str(victim), "fits/../../../small.csv"]
    content["steps"]["fit/old"] = {
        **content["steps"]["fit/l1"],
        "outputs": dict.fromkeys(names, file),
    }
    content["steps"]["../../../x"] = content["steps"]["fit/old"]
    (out / "provenance.json").write_bytes(seal(content))
    list(clean(SPEC, None, everything=True, yes=True))
    assert victim.exists()


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../b", "folder", "gone", "a\0b"])
def test_names_that_are_none_of_ours(tmp_path, name):
    (tmp_path / "folder").mkdir()
    assert not is_own(tmp_path, name)


def test_a_folder_that_a_run_uses_is_refused(folder, out):
    with locked(out):
        before = contents(out)
        with pytest.raises(UsageError, match="another run is using"):
            list(clean(SPEC, None, everything=True, yes=True))
        assert contents(out) == before
        listed = list(clean(SPEC, None, everything=True))
        assert listed[0] == "a run is using results/small: nothing can be removed until it ends"
        assert ".mlm-run" not in listed[-1]


def test_only_empty_logs_of_snakemake_go(folder):
    logs = folder / ".snakemake" / "log"
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "2020.snakemake.log").write_text("")
    (logs / "2021.snakemake.log").write_text("of another workflow")
    done = mlm("clean", "--yes", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in logs.iterdir()) == ["2021.snakemake.log"]
