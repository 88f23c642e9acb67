"""Files on disk are whole or not there."""

import errno
import os

import pytest

from mlm_steps.cli import main, steps
from mlm_steps.cli.parts import STEP_FAILED
from mlm_steps.errors import StorageError, UsageError
from mlm_steps.records import write_whole


@pytest.fixture
def full_disk(monkeypatch):
    """A disk on which nothing more can be written."""

    class Full:
        def __init__(self, handle, _):
            self.handle = handle

        def __enter__(self):
            return self

        def __exit__(self, *_):
            os.close(self.handle)

        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fdopen", Full)


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_the_file_keeps_its_content_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "fit.json"
    path.write_text("as it was")
    with pytest.raises(StorageError, match="the disk is full"):
        write_whole(path, b"new")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("fit.json", "as it was")]


@pytest.mark.usefixtures("full_disk")
def test_a_step_without_room_for_its_result_ends_with_3(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(steps, "_run_step", lambda *_: write_whole(tmp_path / "a", b"b"))
    main._parser.cache_clear()
    assert main.run_command(["tables", "p.yaml"]) == STEP_FAILED
    assert "the disk is full" in capsys.readouterr().err
    main._parser.cache_clear()


def test_a_link_is_replaced_and_the_file_that_it_points_to_stays(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "fit.json").symlink_to("mine")
    write_whole(tmp_path / "fit.json", b"new")
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "fit.json").is_symlink()


def test_unfinished_files_of_others_with_the_same_name_stay_and_another_name_is_found(tmp_path):
    for number in range(10**3):
        (tmp_path / f".mlm-{os.getpid()}-{number}.part").touch()
    write_whole(tmp_path / "fit.json", b"new")
    assert (tmp_path / "fit.json").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 10**3 + 1


def test_the_longest_name_of_a_file_can_be_written(tmp_path):
    path = tmp_path / ("n" * 255)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize(
    ("number", "kind", "said"),
    [
        (errno.EIO, StorageError, "cannot be written: Input/output error"),
        (errno.EFBIG, StorageError, "cannot be written: File too large"),
        (errno.EDQUOT, StorageError, "the disk is full"),
        (errno.EROFS, UsageError, "cannot be written: Read-only file system"),
        (errno.EACCES, UsageError, "cannot be written: Permission denied"),
    ],
)
def test_what_prevents_writing_is_told_in_words(tmp_path, monkeypatch, number, kind, said):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(kind, match=said):
        write_whole(tmp_path / "fit.json", b"new")


def test_a_folder_in_the_place_of_the_file_is_told_in_words(tmp_path):
    (tmp_path / "fit.json").mkdir()
    with pytest.raises(UsageError, match="cannot be written: Is a directory"):
        write_whole(tmp_path / "fit.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["fit.json"]
