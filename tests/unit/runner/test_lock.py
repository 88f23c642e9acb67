"""Folders that cannot be written are refused in words."""

import pytest

from mlm_steps.errors import UsageError
from mlm_steps.runner.lock import check_notes, hold


def test_a_file_in_the_place_of_snakemakes_notes_is_refused(tmp_path):
    (tmp_path / ".snakemake").touch()
    with pytest.raises(UsageError, match=r"Snakemake keeps its notes in the current folder"):
        check_notes(tmp_path / ".snakemake")


def test_a_folder_that_can_be_written_takes_the_notes_and_nothing_is_made(tmp_path):
    check_notes(tmp_path / ".snakemake")
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="the output folder cannot be written"):
        hold(tmp_path / "file" / "out")
