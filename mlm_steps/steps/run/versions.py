"""The versions of installed distributions, found without ``importlib.metadata``.

Every run asks for seven of them. Importing ``importlib.metadata`` and parsing seven files of metadata took
45 ms, a tenth of a run that has nothing to do.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import cache

__all__ = ["installed_version"]

_SUFFIX = ".dist-info"


def installed_version(name: str) -> str:
    """Return the version of a distribution, which the name of its folder of metadata holds.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If the distribution is not installed.
    """
    for folder in sys.path:
        found = _distributions(folder).get(_normal(name), [])
        if len(found) == 1:
            return found[0]
        if found:
            break
    from importlib.metadata import version  # the rare case: an egg, an archive, or remains of another version

    return version(name)


@cache
def _distributions(folder: str) -> dict[str, list[str]]:
    """Return the versions of each distribution in a folder of the module path, by normalised name."""
    versions: dict[str, list[str]] = {}
    for name, version in _named(folder):
        versions.setdefault(_normal(name), []).append(version)
    return versions


def _named(folder: str) -> Iterator[tuple[str, str]]:
    try:
        entries = os.listdir(folder or ".")  # noqa: PTH208 - paths would take ten times as long
    except OSError:  # a folder of the module path may be missing, or be an archive
        return
    for entry in entries:
        if entry.endswith(_SUFFIX):
            name, _, version = entry.removesuffix(_SUFFIX).partition("-")
            yield name, version


def _normal(name: str) -> str:
    """Return a name as the Python packaging index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
