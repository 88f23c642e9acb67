"""What counts as a finished step's file that nobody has changed since."""

import os
import time
from pathlib import Path

import pytest

from mlm_steps.steps.run.files import HASHED_BYTES
from mlm_steps.steps.run.layout import Layout
from mlm_steps.steps.run.ledger import ANOTHER_VERSION, DAMAGED, Ledger, recorded
from mlm_steps.steps.run.reasons import ANOTHER_KEY, reason
from mlm_steps.steps.run.sealed import seal


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


def write(layout, size):
    path = layout.out / "made.bin"
    with recorded(layout, "step", "key") as recorder:
        path.write_bytes(b"a" * size)
        recorder.add(path)
    return path


@pytest.mark.parametrize("size", [10, 17 * 2**20])
def test_a_file_damaged_in_place_is_not_current_whatever_its_size(layout, size):
    path = write(layout, size)
    assert Ledger.read(layout).key("step") == "key"
    with path.open("r+b") as stream:
        stream.seek(size // 2)
        stream.write(b"b")
    os.utime(path, ns=(1, 1))
    assert Ledger.read(layout).key("step") is None


@pytest.mark.parametrize("size", [10, 17 * 2**20])
def test_a_file_that_was_only_touched_is_current(layout, size):
    path = write(layout, size)
    os.utime(path, ns=(1, 1))
    assert Ledger.read(layout).key("step") == "key"


@pytest.mark.parametrize("size", [10, HASHED_BYTES, 3 * HASHED_BYTES])
def test_a_changed_bit_is_noticed_although_size_and_time_are_as_before(layout, size):
    path = write(layout, size)
    assert Ledger.read(layout).key("step") == "key"  # the hash of a large file is kept
    status = path.stat()
    time.sleep(0.02)  # the clock of a file system ticks every few milliseconds
    with path.open("r+b") as stream:
        stream.seek(size - 3)
        stream.write(b"c")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert Ledger.read(layout).key("step") is None


def test_a_log_belongs_to_the_files_of_its_step(layout):
    log = layout.log("step")
    log.parent.mkdir(parents=True)
    log.write_text("one line\n")
    write(layout, 10)
    assert Ledger.read(layout).key("step") == "key"
    log.write_text("One line\n")
    assert Ledger.read(layout).damage("step") == "logs/step.log has changed since the step ended"
    log.unlink()
    assert Ledger.read(layout).damage("step") == "logs/step.log is missing"


def test_of_a_link_that_is_no_longer_needed_the_file_that_it_points_to_stays(layout):
    path = write(layout, 10)
    kept = layout.out / "other.bin"
    path.rename(kept)
    path.symlink_to(kept)
    with recorded(layout, "step", "another key") as recorder:
        kept.touch()
        recorder.add(kept)
    assert not path.is_symlink()
    assert kept.exists()


def test_a_pipe_in_the_place_of_the_ledger_is_no_ledger(layout):
    os.mkfifo(layout.provenance)
    assert Ledger.read(layout).steps == {}


def test_a_folder_in_the_place_of_a_file_is_not_current(layout):
    path = write(layout, 10)
    path.unlink()
    path.mkdir()
    assert Ledger.read(layout).key("step") is None


def test_a_file_that_another_step_deletes_while_it_is_read_is_not_current(layout, monkeypatch):
    path = write(layout, 10)
    whole = Path.open

    def gone(self, *args, **kwargs):
        if self == path:
            raise FileNotFoundError(self)
        return whole(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", gone)
    assert Ledger.read(layout).key("step") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\x00\xff\x80",
        b"[]",
        b"null",
        b'{"schema_version": 2}',
        b'{"schema_version": 1}',
        seal({"schema_version": 1, "steps": {}}),
        b"[" * 10**5,
    ],
)
def test_a_ledger_that_cannot_be_read_knows_of_no_step(layout, content):
    write(layout, 10)
    layout.provenance.write_bytes(content)
    assert Ledger.read(layout).key("step") is None
    write(layout, 10)
    assert Ledger.read(layout).key("step") == "key"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{"schema_version": 1, "steps": {}}', ANOTHER_VERSION),
        (seal({"schema_version": 9, "steps": {}}), ANOTHER_VERSION),
        (seal({"schema_version": 9, "steps": {}}).replace(b"9", b"8", 1), DAMAGED),
        (b'{"schema_version": 2, "steps": {}}', DAMAGED),
        (b"{", DAMAGED),
    ],
)
def test_a_ledger_of_another_version_is_told_from_a_damaged_one(layout, content, fault):
    layout.provenance.parent.mkdir(parents=True, exist_ok=True)
    layout.provenance.write_bytes(content)
    assert Ledger.read(layout).fault == fault


def test_a_folder_without_a_ledger_has_no_fault(layout):
    assert Ledger.read(layout).fault == ""


@pytest.mark.parametrize("gone", [False, True])
def test_files_that_an_interrupted_step_has_replaced_or_removed_were_not_changed_by_hand(layout, gone):
    path = write(layout, 10)
    ledger = Ledger.read(layout)
    path.write_bytes(b"new")
    if gone:
        path.unlink()
    assert reason(ledger, "step", path, "another key") == ANOTHER_KEY
    assert reason(ledger, "step", path, None) == ledger.damage("step")
    assert reason(ledger, "step", path, "key") == ledger.damage("step")
