"""Folders that cannot be written are refused in words."""

import pytest

from mlm_steps.errors import UsageError
from mlm_steps.runner.lock import check_notes, check_places, hold


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
