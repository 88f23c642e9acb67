"""Load the engine's extension module, if it was compiled from the C sources as they are now.

The engine runs it, and the keys of all results depend on whether it is used. This module loads no library, so
that the plan of a run can ask.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

__all__ = ["CHOICE", "FOLDER", "SOURCES", "extension", "load", "source_hash"]

CHOICE = "MLM_KERNEL"
"""Environment variable; the value ``pure`` turns the extension module off."""
FOLDER = Path(__file__).parent / "engine" / "structures"
SOURCES = (
    "_compiled.c",
    "_compiled_glmm.c",
    "_compiled_quadrature.c",
    "_compiled_replicates.c",
    "levels.c",
    "families.c",
    "chain.c",
    "quadrature.c",
    "several.c",
    "replicates.c",
    "_binding.h",
    "levels.h",
    "families.h",
    "chain.h",
    "quadrature.h",
    "several.h",
    "replicates.h",
)
"""The sources of the extension module, in the order in which the build hashes them."""
NAME = "mlm_steps.engine.structures._compiled"


@cache
def extension() -> ModuleType | None:
    """Return the extension module that this process uses, or None where numpy takes its place."""
    return None if os.environ.get(CHOICE) == "pure" else load(FOLDER)


def load(folder: Path) -> ModuleType | None:
    """Return the extension module in a folder; None if it is absent, damaged, or of other sources."""
    spec = PathFinder.find_spec(NAME, [str(folder)])
    if spec is None or spec.loader is None:
        return None
    try:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    except ImportError:  # the file is damaged, or of another platform
        return None
    built_from = getattr(module, "SOURCE_HASH", "")
    return module if built_from == (source_hash(folder) or built_from) else None


def source_hash(folder: Path) -> str | None:
    """Return the hash of the C sources in a folder, or None where they are not installed."""
    try:
        parts = [(folder / name).read_bytes() for name in SOURCES]
    except FileNotFoundError:
        return None
    return hashlib.sha256(b"".join(parts)).hexdigest()
