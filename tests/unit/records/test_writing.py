"""Files on disk are whole or not there."""

import errno
import os

import pytest

from mlm_steps.cli import main, steps
from mlm_steps.cli.parts import STEP_FAILED
from mlm_steps.errors import StorageError
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
