"""Whether the code that a server has loaded is still the code on disk."""

from __future__ import annotations

import importlib
import os
import sys

import pytest

from mlm_steps.runner.live import loaded
from mlm_steps.runner.live.loaded import Loaded


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder in place of this package, with one file."""
    folder = tmp_path / "package"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "part.py").write_text("x = 1\n")
    monkeypatch.setattr(loaded, "__file__", str(folder / "runner" / "live" / "loaded.py"))
    return folder


def test_nothing_has_changed_at_first(package):
    assert not Loaded().changed()


def test_a_changed_file_is_seen_though_its_module_is_not_loaded(package):
    seen = Loaded()
    (package / "part.py").write_text("x = 22\n")
    assert seen.changed()
    assert seen.changed()  # until the process begins anew


@pytest.mark.parametrize("change", ["add", "remove", "rename"])
def test_another_set_of_files_is_seen(package, change):
    seen = Loaded()
    if change == "add":
        (package / "new.py").write_text("")
    elif change == "remove":
        (package / "part.py").unlink()
    else:
        (package / "part.py").rename(package / "other.py")
    assert seen.changed()


def test_compiled_modules_are_no_change(package):
    seen = Loaded()
    (package / "__pycache__" / "part.pyc").write_bytes(b"1")
    assert not seen.changed()


def test_a_module_of_others_counts_once_it_is_loaded(package, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "a_module_of_others.py"
    module.write_text("")
    seen = Loaded()
    os.utime(module, (1, 1))
    assert not seen.changed()
    importlib.import_module("a_module_of_others")
    assert not seen.changed()
    os.utime(module, (2, 2))
    assert seen.changed()
    monkeypatch.delitem(sys.modules, "a_module_of_others")


def test_an_installation_is_seen(package, tmp_path, monkeypatch):
    place = tmp_path / "site-packages"
    place.mkdir()
    monkeypatch.syspath_prepend(place)
    seen = Loaded()
    (place / "new-1.0.dist-info").mkdir()
    assert seen.changed()
