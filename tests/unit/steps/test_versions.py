"""Versions of installed distributions."""

from importlib.metadata import PackageNotFoundError, version

import pytest

from mlm_steps.steps.run.identity import NUMERICAL
from mlm_steps.steps.run.versions import installed_version


@pytest.mark.parametrize("name", ["mlm-steps", "snakemake", *NUMERICAL])
def test_a_version_is_that_of_the_metadata(name):
    assert installed_version(name) == version(name)


def test_a_name_may_be_spelt_as_the_index_allows():
    assert installed_version("Mlm_Steps") == version("mlm-steps")


def test_of_two_versions_the_metadata_decide(tmp_path, monkeypatch):
    for number in ("1.0", "2.0"):
        folder = tmp_path / f"some_thing-{number}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: some-thing\nVersion: {number}\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert installed_version("some-thing") == version("some-thing")


def test_a_distribution_that_is_not_installed_has_no_version():
    with pytest.raises(PackageNotFoundError):
        installed_version("no-such-distribution")
