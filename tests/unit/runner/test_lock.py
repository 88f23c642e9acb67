"""One run at a time in an output folder; folders that cannot be written are refused in words."""

import os
import signal
import subprocess
import sys

import pytest

from mlm_steps.errors import UsageError
from mlm_steps.runner.lock import HELD, check_notes, check_places, hold, locked


def test_a_file_in_the_place_of_snakemakes_notes_is_refused(tmp_path):
    (tmp_path / ".snakemake").touch()
    with pytest.raises(UsageError, match=r"Snakemake writes its metadata into the current folder"):
        check_notes(tmp_path / ".snakemake")


def test_a_folder_that_can_be_written_takes_the_notes_and_nothing_is_made(tmp_path):
    check_notes(tmp_path / ".snakemake")
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="the output folder cannot be written"):
        hold(tmp_path / "file" / "out")


def test_a_file_where_a_run_has_a_folder_and_a_folder_where_it_has_a_file_are_refused(tmp_path):
    (tmp_path / "fits").touch()
    (tmp_path / "report.md").mkdir()
    files = [tmp_path / "fits" / "null.json", tmp_path / "fits" / "l1.json", tmp_path / "report.md"]
    with pytest.raises(UsageError) as error:
        check_places(tmp_path, files)
    assert [fault.where for fault in error.value.faults] == [
        str(tmp_path / "fits"),
        str(tmp_path / "report.md"),
    ]
    check_places(tmp_path, [tmp_path / "tables" / "fit.csv"])


def test_what_is_neither_a_file_nor_a_folder_is_refused(tmp_path):
    os.mkfifo(tmp_path / "report.md")
    (tmp_path / "tables").symlink_to("nowhere")
    with pytest.raises(UsageError, match="is a pipe or a device") as error:
        check_places(tmp_path, [tmp_path / "report.md", tmp_path / "tables" / "fit.csv"])
    assert "tables: is a link to no folder, but the run needs a folder" in str(error.value)


HOLD = """
import sys, time
from pathlib import Path
from mlm_steps.runner.lock import hold
sys.argv = ["mlm", "run", "other.yaml"]
lock = hold(Path("out"))
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the folder ``out``."""
    process = subprocess.Popen([sys.executable, "-c", HOLD], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_is_refused_and_told_which_is_the_first(other, tmp_path):
    with pytest.raises(UsageError) as error:
        hold(tmp_path / "out")
    said = str(error.value)
    assert "another run is using this output folder" in said
    assert f"process {other.pid} on {os.uname().nodename}, since 20" in said
    assert "mlm run other.yaml" in said
    assert "wait until it ends, or choose another folder with --out" in said


def test_the_lock_of_a_killed_run_is_in_nobodys_way(other, tmp_path):
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert (tmp_path / "out" / HELD).exists()
    with locked(tmp_path / "out"):
        assert f"process {os.getpid()} " in (tmp_path / "out" / HELD).read_text()
    assert list((tmp_path / "out").iterdir()) == []


def test_a_lock_that_was_removed_while_it_was_waited_for_is_made_anew(tmp_path, monkeypatch):
    first = hold(tmp_path)
    opened = os.open
    ends = [first.release]

    def open_late(path, *args, **kwargs):
        handle = opened(path, *args, **kwargs)
        if str(path).endswith(HELD) and ends:
            ends.pop()()  # the first run ends after the second has opened the file
        return handle

    monkeypatch.setattr(os, "open", open_late)
    second = hold(tmp_path)
    assert os.path.samestat(os.fstat(second.handle), (tmp_path / HELD).stat())
    with pytest.raises(UsageError, match="another run"):
        hold(tmp_path)
    second.release()


@pytest.mark.parametrize("content", [b"", b"\xff\x00" * 5000, b"anything\n"])
def test_any_file_in_the_place_of_the_lock_is_no_lock(tmp_path, content):
    (tmp_path / HELD).write_bytes(content)
    with locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_the_lock_is_replaced_and_its_file_stays(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / HELD).symlink_to(tmp_path / "mine")
    with locked(tmp_path):
        assert not (tmp_path / HELD).is_symlink()
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_file_system_without_locks_is_used_with_a_warning(tmp_path, monkeypatch, capsys):
    def flock(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("mlm_steps.runner.lock.fcntl.flock", flock)
    with locked(tmp_path):
        pass
    assert "its file system has no locks: start no second run" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_process_that_has_ended_and_waits_for_its_parent_does_not_exist(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    ended.stdout.read()
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    (tmp_path / f".mlm-{ended.pid}-3.part").touch()
    with locked(tmp_path):
        assert list(tmp_path.iterdir()) == [tmp_path / HELD]
    ended.communicate()


def test_unfinished_files_of_killed_processes_are_removed_and_no_others(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / "fits").mkdir()
    left = tmp_path / "fits" / f".mlm-{ended.pid}-3.part"
    own, mine = tmp_path / f".mlm-{os.getppid()}-3.part", tmp_path / ".mlm-notes"
    for path in (left, own, mine):
        path.touch()
    with locked(tmp_path):
        assert sorted(tmp_path.rglob("*")) == sorted([tmp_path / "fits", own, mine, tmp_path / HELD])
