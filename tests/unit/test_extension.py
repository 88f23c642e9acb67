"""The extension module is used only if it was compiled from the sources beside it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from mlm_steps.extension import CHOICE, FOLDER, SOURCES, load, source_hash

ROOT = Path(__file__).resolve().parents[2]
IDENTITY = """
import sys
from mlm_steps.steps.run.identity import code_identity
print(code_identity(), "numpy" in sys.modules)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the sources and the module that was compiled from them."""
    if shutil.which("cc") is None or not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        pytest.skip("there is no C compiler, or Python's headers are not there")
    folder = tmp_path_factory.mktemp("built")
    sources = [Path(shutil.copy(FOLDER / name, folder)) for name in SOURCES]
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    assert build.compile_module(sources, folder / "_compiled.abi3.so") == ""
    return folder


def test_a_module_compiled_from_these_sources_is_used(built):
    assert source_hash(built) == load(built).SOURCE_HASH


def test_a_module_without_its_sources_is_used(built, tmp_path):
    shutil.copy(built / "_compiled.abi3.so", tmp_path)
    assert load(tmp_path) is not None


def test_a_module_compiled_from_other_sources_is_not_used(built, tmp_path):
    folder = Path(shutil.copytree(built, tmp_path / "stale"))
    with (folder / SOURCES[0]).open("a") as source:
        source.write("/* changed */\n")
    assert load(folder) is None


def test_a_damaged_module_is_not_used(built, tmp_path):
    folder = Path(shutil.copytree(built, tmp_path / "damaged"))
    (folder / "_compiled.abi3.so").write_bytes(b"no binary")
    assert load(folder) is None


def test_without_a_module_there_is_none(tmp_path):
    assert load(tmp_path) is None


def identity(package: Path, **environment: str) -> list[str]:
    """Return the identity of a copy of the package, and whether numpy was loaded for it."""
    run = subprocess.run(
        [sys.executable, "-c", IDENTITY], capture_output=True, text=True, check=True, cwd=package.parent,
        env={**os.environ, "PYTHONPATH": str(package.parent), **environment},
    )  # fmt: skip
    return run.stdout.split()


def test_results_of_a_stale_module_are_those_of_numpy(built, tmp_path):
    package = Path(shutil.copytree(ROOT / "mlm_steps", tmp_path / "mlm_steps"))
    binary = package / "engine" / "structures" / "_compiled.abi3.so"
    shutil.copy(built / binary.name, binary)
    fresh, pure = identity(package), identity(package, **{CHOICE: "pure"})
    binary.write_bytes(binary.read_bytes().replace(source_hash(built).encode(), b"0" * 64))
    assert identity(package) == pure
    assert fresh[0] != pure[0]
    assert {fresh[1], pure[1]} == {"False"}
