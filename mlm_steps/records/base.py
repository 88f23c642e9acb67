"""The base of all records: frozen, versioned, and written completely or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from mlm_steps.errors import Fault, UsageError
from mlm_steps.notice import Notice
from mlm_steps.records.whole import write_whole

__all__ = [
    "Extended",
    "Notice",
    "Part",
    "Record",
    "as_fields",
    "build_parts",
    "damaged",
    "fields_in",
    "read_record",
    "write_record",
]

MADE_FROM = "made_from"


class Part(BaseModel):
    """A part of a record.

    The validator of a class is built when it is first used, since a command uses few of the classes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null", defer_build=True)

    def with_values(self, **values: object) -> Self:
        """Return a validated copy in which the named fields have other values."""
        return type(self).model_validate({**dict(self), **values})


def build_parts() -> Iterator[None]:
    """Build the validators of all classes of records, before a process is forked that would build its own."""
    waiting = Part.__subclasses__()
    for kind in waiting:
        kind.model_rebuild()
        waiting += kind.__subclasses__()
        yield


def _as_float(value: object) -> object:
    return math.nan if value is None else value


def _as_json(value: float) -> float | str | None:
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return None if math.isnan(value) else value


Extended = Annotated[float, BeforeValidator(_as_float), PlainSerializer(_as_json, when_used="json")]
"""A number that may be infinite, which JSON holds as the text ``inf`` or ``-inf``, or NaN, held as null."""


class Record(Part):
    """A result on disk.

    Its file also has ``made_from``: the hash of all its inputs, which are parts of the spec, data, earlier
    results and versions.
    """

    schema_version: Literal[2] = 2


RecordT = TypeVar("RecordT", bound=Record)


def write_record(record: Record, path: Path, *, made_from: str = "") -> None:
    """Write a record as JSON with sorted keys; equal records give equal bytes.

    ``made_from`` is the key of the step that made the record; it is empty where no step did.
    """
    fields = json.loads(record.model_dump_json()) | {MADE_FROM: made_from}
    content = json.dumps(fields, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, content.encode() + b"\n")


def read_record(kind: type[RecordT], path: Path) -> RecordT:
    """Return the record in a file; UsageError if it is damaged, of another kind or of another version."""
    try:
        return kind.model_validate(fields_in(path))
    except (ValueError, RecursionError):  # ValidationError is a ValueError
        raise damaged(path) from None


def fields_in(path: Path) -> dict[str, object]:
    """Return the fields of the record in a file, without its key; ValueError if it is not a JSON object."""
    return as_fields(path.read_bytes())


def as_fields(file: bytes) -> dict[str, object]:
    """Return the fields of the record in the content of a file, as ``fields_in`` does."""
    content = json.loads(file)
    if not isinstance(content, dict):
        raise ValueError("a record is a JSON object")
    return {name: value for name, value in content.items() if name != MADE_FROM}


def damaged(path: Path) -> UsageError:
    """Return the error for a file that is not a valid record of its step."""
    what = "is not a valid record: it is damaged, or another version wrote it"
    return UsageError(Fault(str(path), what, "'mlm run' computes it again"))
