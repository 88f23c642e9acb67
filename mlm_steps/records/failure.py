"""The record that replaces a result if its step failed or does not apply."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from mlm_steps.records.base import Record, damaged, fields_in, read_record

__all__ = ["Absence", "is_failure", "read_absence", "read_outcome"]

RecordT = TypeVar("RecordT", bound=Record)


class Absence(Record):
    """The reason for a missing result."""

    absent: Literal["failed", "not_applicable"]
    step: str
    reason: str
    """In words, without a traceback."""


def read_outcome(kind: type[RecordT], path: Path) -> RecordT | Absence:
    """Return the record in a file, or the record of why it is absent; UsageError if it is neither."""
    if not path.exists():
        return read_absence(path)
    try:
        fields = fields_in(path)
        return Absence.model_validate(fields) if "absent" in fields else kind.model_validate(fields)
    except (ValueError, RecursionError):  # ValidationError is a ValueError
        raise damaged(path) from None


def read_absence(path: Path) -> Absence:
    """Return the record of why a file does not hold a result."""
    if not path.exists():
        return Absence(absent="failed", step=f"{path.parent.name}/{path.stem}", reason="it was not run")
    return read_record(Absence, path)


def is_failure(path: Path) -> bool:
    """Return whether a file holds the record of a failed step."""
    if not path.is_file():
        return False  # a pipe would block
    try:
        return fields_in(path).get("absent") == "failed"
    except (OSError, ValueError, RecursionError):
        return False
