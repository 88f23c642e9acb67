"""Hashes of the code and the library versions that results depend on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from mlm_steps.extension import extension
from mlm_steps.report.share import share
from mlm_steps.steps.run.versions import installed_version

__all__ = ["code_identity", "made_from", "numerical_versions", "optional_libraries"]

NUMERICAL = ("numpy", "scipy", "pandas", "statsmodels", "pyarrow", "matplotlib")
EXTRAS = ("nlopt",)
"""Optional libraries that refits by every optimiser use if they are installed."""


@cache
def numerical_versions() -> Mapping[str, str]:
    """Return the versions of this package and of the libraries on which results may depend."""
    return {name: installed_version(name) for name in ("mlm-steps", *NUMERICAL)}


@cache
def code_identity() -> str:
    """Return a hash of the code and templates of this package and of the versions on which results depend.

    A changed line makes every result stale, as does a change between the extension module and numpy.
    """
    digest, package = hashlib.sha256(), Path(__file__).resolve().parents[2]
    files = [*_files(package, (".py", ".c", ".h")), *_files(share("reports"), ("",))]
    for path in sorted(files):
        with open(path, "rb") as stream:  # noqa: PTH123 - this function reads 700 files at every start
            digest.update(os.path.basename(path).encode() + b"\0" + stream.read())  # noqa: PTH119 - as above
    compiled = extension() is not None
    digest.update(json.dumps([dict(numerical_versions()), compiled]).encode())
    return digest.hexdigest()


def optional_libraries() -> dict[str, bool]:
    """Return which optional libraries are installed."""
    return {name: find_spec(name) is not None for name in EXTRAS}


def _files(folder: Path, endings: tuple[str, ...]) -> Iterator[str]:
    """Yield the paths of the files below a folder whose names have one of the endings."""
    for root, _, names in os.walk(folder):
        yield from (f"{root}{os.sep}{name}" for name in names if name.endswith(endings))


def made_from(*parts: object) -> str:
    """Return the key of a result that this code makes from the parts, which are plain values."""
    text = json.dumps([*parts, code_identity()], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
