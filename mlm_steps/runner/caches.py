"""Choose folders for the caches of Snakemake and matplotlib if the user's home cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["give_caches"]

WHERE = (
    ("XDG_CACHE_HOME", "~/.cache", "snakemake", "XDG_CACHE_HOME"),
    ("XDG_CACHE_HOME", "~/.cache", "matplotlib", "MPLCONFIGDIR"),
    ("XDG_CONFIG_HOME", "~/.config", "matplotlib", "MPLCONFIGDIR"),
)
"""Each row describes a cache: the variable that names its parent folder, the default parent folder, the name
of the cache in it, and the variable that sets a different folder."""


def give_caches(folder: Path) -> None:
    """Set a folder of this run in the environment for each cache whose default folder cannot be written.

    Snakemake does not start without its cache, and matplotlib warns in the logs of the figures.
    """
    given = "MPLCONFIGDIR" in os.environ
    for variable, usual, name, other in WHERE:
        place = Path(os.environ.get(variable) or os.path.expanduser(usual)) / name  # noqa: PTH111 - no home
        if not (_is_writable(place) or (given and other == "MPLCONFIGDIR")):
            os.environ[other] = str(folder / "cache")


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
