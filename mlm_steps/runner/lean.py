"""Import Snakemake and scipy without libraries whose functions no run on this machine uses.

They took more than half of the time of the import, and a run waits for it. Most of them are optional: where
they are missing, Snakemake and its libraries go on without them. The database of Snakemake's records is not
optional, so a stand-in takes its place; the workflow keeps no such records (``drop-metadata``).

A later release of Snakemake may need what is missing here. Then everything is imported, as if this module did
not exist.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any, TypeVar

__all__ = ["load_scipy", "with_lean_snakemake"]

ResultT = TypeVar("ResultT")

OPTIONAL = ("numpy", "pulp", "requests", "snakemake.report")
"""Modules that are hidden from Snakemake's import: arrays in its YAML templates, a scheduler that solves
linear programs, files of the web, and its own reports."""

PROFILE = "SNAKEMAKE_PROFILE"
"""Environment variable of Snakemake that names a profile, which may ask for any of its libraries."""
COPIED = ("f2py", "testing")
"""Modules of numpy that scipy imports only because it copies all names of numpy into a module of its own."""


def load_scipy() -> Iterator[None]:
    """Import the parts of scipy that every run uses, one per iteration.

    Without numpy's compiler of Fortran and its helpers of tests, which also import ``unittest``, this takes a
    third less time. Both can be imported afterwards. A scipy that needs them is imported with them.
    """
    import numpy as np

    hidden = [name for name in COPIED if name not in vars(np)]
    for name in hidden:
        made = ModuleType(f"numpy.{name}")
        sys.modules[made.__name__] = made
        setattr(np, name, made)
    try:
        with suppress(Exception):  # it would be raised again below
            importlib.import_module("scipy.special")
    finally:
        for name in hidden:
            del sys.modules[f"numpy.{name}"]
            delattr(np, name)
    importlib.import_module("scipy.special")
    yield
    importlib.import_module("scipy.linalg")
    yield


def with_lean_snakemake(use: Callable[[], ResultT], profile: str | None) -> ResultT:
    """Call a function that imports Snakemake, without plugins and optional libraries if there is no profile.

    If an exception is raised, Snakemake is imported again with all libraries.
    """
    if profile is not None:
        return use()
    try:
        with _lean():
            return use()
    except Exception:  # with all libraries, a fault of Snakemake itself is raised again
        _forget_snakemake()
    return use()


@contextmanager
def _lean() -> Iterator[None]:
    """Hide plugins and optional libraries.

    Snakemake imports all plugins that are installed. That for SLURM imports pandas, which takes as long as
    all of Snakemake, and asks SLURM for its settings.
    """
    hidden = {} if PROFILE in os.environ else _hidden()
    found = pkgutil.iter_modules
    sys.modules.update(hidden)  # type: ignore[arg-type]  # None says that a module does not exist
    pkgutil.iter_modules = _none  # type: ignore[assignment]  # restored below
    try:
        yield
    finally:
        pkgutil.iter_modules = found
        for name in hidden:
            sys.modules.pop(name, None)


def _forget_snakemake() -> None:
    """Let Snakemake and its interfaces be imported again, since they may have kept stand-ins.

    Python itself forgets a module whose import has failed. Other libraries stay: ConfigArgParse changes
    ``argparse`` and cannot be imported twice.
    """
    for name in [*sys.modules]:
        if name.partition(".")[0].startswith("snakemake"):
            del sys.modules[name]


def _none(*_: Any) -> Iterator[pkgutil.ModuleInfo]:
    return iter(())


def _hidden() -> dict[str, ModuleType | None]:
    hidden: dict[str, ModuleType | None] = {name: None for name in OPTIONAL if name not in sys.modules}
    if not {"sqlalchemy", "sqlmodel", "snakemake"} & {*sys.modules}:
        hidden |= _database()
    return hidden


def _database() -> dict[str, ModuleType | None]:
    """Return stand-ins by which a record is a plain model of pydantic, without columns of a database."""
    from pydantic import BaseModel, Field

    def field(*, sa_column: None = None, **options: Any) -> Any:  # noqa: ARG001 - a column, which is left out
        return Field(**options)

    def column(_: object) -> None:
        """Return no column, since there is no database."""

    return {
        "sqlalchemy": _module("sqlalchemy", Column=column, JSON=None),
        "sqlmodel": _module("sqlmodel", SQLModel=BaseModel, Field=field),
        "snakemake.persistence.db": _module("snakemake.persistence.db", DbPersistence=None),
    }


def _module(name: str, **content: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(content)
    return made
