"""Hashes of the code and the library versions that results depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

from mlm_steps.extension import extension
from mlm_steps.report.share import share

__all__ = ["code_identity", "made_from", "numerical_versions"]

NUMERICAL = ("numpy", "scipy", "pandas", "statsmodels", "pyarrow", "matplotlib")


@cache
def numerical_versions() -> Mapping[str, str]:
    """Return the versions of this package and of the libraries on which results may depend."""
    return {name: version(name) for name in ("mlm-steps", *NUMERICAL)}


@cache
def code_identity() -> str:
    """Return a hash of the code and templates of this package and of the versions on which results depend.

    A changed line makes every result stale, as does a change between the extension module and numpy.
    """
    digest, package = hashlib.sha256(), Path(__file__).resolve().parents[2]
    files = [*package.rglob("*.py"), *package.rglob("*.[ch]"), *share("reports").rglob("*.*")]
    for path in sorted(files):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    compiled = extension() is not None
    digest.update(json.dumps([dict(numerical_versions()), compiled]).encode())
    return digest.hexdigest()


def made_from(*parts: object) -> str:
    """Return the key of a result that this code makes from the parts, which are plain values."""
    text = json.dumps([*parts, code_identity()], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
