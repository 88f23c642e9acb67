"""Read files once for all steps of a run: the pool reads them, and every fork inherits the values.

A file is read again if its size or its modification time has changed.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.design import parse_formula
from mlm_steps.errors import Fault, UsageError
from mlm_steps.records import DataProfile, read_record
from mlm_steps.spec import LoadedSpec, load_spec
from mlm_steps.steps.run.files import file_hash
from mlm_steps.steps.run.parquet import read_parquet

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MOST_SPECS",
    "State",
    "check_formula",
    "content_hash",
    "frame_in",
    "is_text",
    "open_spec",
    "profile_in",
    "state_of",
]

State = tuple[int, int, int]

MOST_FILES = 64
"""The hashes of this many data files are kept; of more files, some are hashed again for each step."""

MOST_SPECS = 64
"""This many specs are kept, since a run may have several; of more, some are read again for each step."""
MOST_FRAMES = 8
"""The analysis samples of this many specs are kept, since all samples of many specs may be too large."""


def frame_in(path: Path) -> pd.DataFrame:
    """Return a shallow copy of the frame in a Parquet file, to which the caller may add columns."""
    return _frame(path, state_of(path)).copy(deep=False)


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    return _hash(path, state_of(path))


def profile_in(path: Path) -> DataProfile:
    """Return the profile in a file; raise UsageError if it is damaged."""
    return _profile(path, state_of(path))


def open_spec(path: Path, *, allow_outside: bool = False) -> LoadedSpec:
    """Return the spec in a file, with its formulas checked; raise SpecError with all faults.

    UsageError is raised for a path that is not valid UTF-8, since the records of a run could not name it.
    """
    if not is_text(str(path)):
        what = "the path of the spec has bytes that are no characters in UTF-8"
        raise UsageError(Fault(str(path), what, "give the file or its folder another name"))
    if path.is_file():
        kept = _spec(path, state_of(path), Path.cwd(), allow_outside)
        if all(file.is_file() for file in kept.paths.values()):
            return kept
    return load_spec(path, allow_outside=allow_outside, check_formula=check_formula)


def is_text(name: str) -> bool:
    """Return whether the name of a file can be encoded as UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def check_formula(text: str) -> None:
    """Raise FormulaError for a formula that cannot be read."""
    parse_formula(text)


def state_of(path: Path) -> State:
    """Return what changes when a file is written again; raise FileNotFoundError if there is none."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(maxsize=MOST_FRAMES)
def _frame(path: Path, _: State) -> pd.DataFrame:
    return read_parquet(path)


@lru_cache(maxsize=MOST_FILES)
def _hash(path: Path, _: State) -> str:
    return file_hash(path)


@lru_cache(maxsize=MOST_SPECS)
def _profile(path: Path, _: State) -> DataProfile:
    return read_record(DataProfile, path)


@lru_cache(maxsize=MOST_SPECS)
def _spec(path: Path, _: State, __: Path, allow_outside: bool) -> LoadedSpec:
    return load_spec(path, allow_outside=allow_outside, check_formula=check_formula)
