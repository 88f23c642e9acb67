"""Files in the key ``data``: how each is read, and how files are stacked and joined."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import (
    ColumnName,
    NothingIsNone,
    OptionalText,
    Text,
    Texts,
    each_differs,
    objection,
    objections,
    read_text,
    whole,
)
from mlm_steps.spec.written import Block, Items, Written, is_nothing, quoted

__all__ = ["JoinSpec", "ReadSpec", "Stacked", "StackedFile"]

_R = (".rds", ".rda", ".rdata")
_BINARY = (".parquet", ".feather", ".sav", ".dta", ".sas7bdat", ".xlsx", *_R)

_KEY_EXAMPLE = "for example on: school"

BOTH_MARKS = (
    "the separator of thousands is the decimal mark, too",
    "a number such as 1.234,5 has thousands: '.' and decimal: ','",
)
"""What is wrong if one sign has both meanings, and what to do."""
MOST_SKIPPED = 1000
"""At most this many title rows can be skipped; a larger number is more likely an error than a title."""


def _known_encoding(name: str | None) -> str | None:
    try:
        "a".encode(name or "utf-8")
    except (LookupError, ValueError) as error:
        raise objection(f"no encoding {quoted(name)}", "for example utf-8, latin-1 or cp1252") from error
    return name


def _one_character(text: str | None) -> str | None:
    words = {"tab": "\t", "\\t": "\t", "whitespace": "whitespace"}
    mark = words.get(text.lower(), text) if text else text
    if mark is not None and mark != "whitespace" and (len(mark) != 1 or mark in "\"'\r\n"):
        raise objection(
            f"{quoted(mark)} cannot separate columns",
            'give one character, for example ";", or tab, or whitespace',
        )
    return mark


class ReadSpec(SpecBlock):
    """A file and how it is read."""

    file: Annotated[
        str | None, BeforeValidator(read_text), WithJsonSchema({"type": ["string", "number", "boolean"]})
    ]
    """Path relative to the spec: csv, tsv or txt (also .gz, .zst), parquet, feather, sav, dta, sas7bdat,
    xlsx, or R's rds, rda and RData."""
    encoding: Annotated[OptionalText, AfterValidator(_known_encoding)] = None
    """Encoding of a text file, for example ``latin-1``. Default: UTF-8, with or without byte-order mark."""
    na: Annotated[Texts | None, NothingIsNone] = None
    """Texts that mean a missing value in this file, besides those of ``data``."""
    decimal: Annotated[Literal[".", ","] | None, NothingIsNone] = None
    """Decimal mark of the numbers in this file. Default: that of ``data``."""
    thousands: Annotated[Literal[",", ".", "'", "space"] | None, NothingIsNone] = None
    """Sign between groups of three digits in a text file, ``","`` in 51,940, ``"."``, ``"'"`` or ``space``.
    Default: none; in a file of ``stack`` or ``join``, that of ``data``."""
    delimiter: Annotated[OptionalText, AfterValidator(_one_character)] = None
    """Character between the columns of a text file, or ``tab``, or ``whitespace`` for runs of blanks.
    Default: guessed from the first lines."""
    sheet: OptionalText = None
    """Name of the sheet of a workbook, or its number, 1 for the first. Default: its first."""
    object: OptionalText = None
    """Name of the data frame in a file of R that holds several, ``object: students``."""
    skip: Annotated[int, *whole(0, MOST_SKIPPED)] = 0
    """Number of title rows above the row of column names, in a text file or a workbook."""

    @property
    def plain_numbers(self) -> None:
        """No column is read without its text by these options alone."""
        return None

    @field_validator("decimal", "thousands", "delimiter", "sheet", "object", "skip", mode="after")
    @classmethod
    def _suits_its_kind_of_file(cls, value: str | int | None, info: ValidationInfo) -> str | int | None:
        suffix = PurePath(info.data.get("file") or "").suffix.lower()
        if not value or not suffix:
            return value
        if info.field_name == "sheet" and suffix != ".xlsx":
            raise objection("only a workbook (.xlsx) has sheets")
        if info.field_name == "object":
            if suffix not in _R:
                raise objection("only a file of R (.rds, .rda, .RData) has objects")
        elif info.field_name == "skip":
            if suffix in _BINARY and suffix != ".xlsx":
                raise objection(f"a {suffix} file has no title rows", "it is for text files and workbooks")
        elif info.field_name in ("decimal", "thousands") and suffix == ".xlsx":
            return value
        elif info.field_name != "sheet" and suffix in _BINARY:
            raise objection(f"a {suffix} file has no {info.field_name}", "it is for text files")
        if info.field_name == "thousands" and value == info.data.get("decimal"):
            raise objection(*BOTH_MARKS)
        if info.field_name == "delimiter" and value == info.data.get("decimal"):
            raise objection(f"{quoted(value)} cannot be both delimiter and decimal mark")
        return value


class StackedFile(ReadSpec):
    """A file that is stacked below others: its name, or a block. What is not given is as in ``data``."""

    file: Text
    """Path relative to the spec."""
    # Here, unlike in a file of its own, no number means that of `data`: the type is wider than the parent's.
    skip: Annotated[Annotated[int, *whole(0, MOST_SKIPPED)] | None, NothingIsNone] = None  # type: ignore[assignment]  # None: as declared for all files
    """Number of title rows above the row of column names. Default: that of ``data``."""
    as_: Annotated[OptionalText, Field(alias="as")] = None
    """Value of the column ``source_as`` in the rows of this file, for example ``1``. Default: the name of the
    file without folder and ending."""


def _short_form(value: object) -> object:
    """Return a file's name alone as the block that it stands for."""
    if isinstance(value, Written) and not is_nothing(value):
        return Block({"file": value}, value.at)
    return value


def _each_file_once(files: tuple[StackedFile, ...]) -> tuple[StackedFile, ...]:
    keys = [(file.file, file.sheet, file.object) for file in files]
    twice = [
        ((i,), f"{quoted(key[0])} is stacked twice", "its rows would count twice")
        for i, key in enumerate(keys)
        if key in keys[:i]
    ]
    if twice:
        raise objections(twice)
    return files


Stacked = Annotated[
    tuple[Annotated[StackedFile, BeforeValidator(_short_form)], ...],
    AfterValidator(_each_file_once),
]


def _key_pairs(value: object) -> object:
    """Return the key columns as pairs: one name or a list of names stands for equal names in both files."""
    names: tuple[object, ...] = ()
    if is_nothing(value):
        raise objection("names no key column", _KEY_EXAMPLE)
    if isinstance(value, Written):
        names = (value,)
    elif isinstance(value, Items):
        names = tuple(value)
        if not names or not all(isinstance(name, Written) and name.strip() for name in names):
            raise objection("needs the names of key columns", "for example on: [school, class]")
    if names:
        return Block({str(name): name for name in names}, names[0].at)  # type: ignore[attr-defined]  # each is Written, see above
    return value


def _some_key(pairs: dict[str, str]) -> dict[str, str]:
    if not pairs:
        raise objection("names no key column", _KEY_EXAMPLE)
    return pairs


def _right_differ(pairs: dict[str, str]) -> dict[str, str]:
    each_differs(tuple(pairs.values()))
    return pairs


def _one_of_them(value: Texts | None) -> Texts | None:
    if value is not None and not value:
        raise objection("names no column", "leave the key out to take all columns")
    return value


_NAME = {"type": ["string", "number", "boolean"]}


class JoinSpec(ReadSpec):
    """A file whose columns are added to the rows by a key; each key occurs once in it."""

    file: Text
    """Path relative to the spec, for example ``schools.csv``."""
    on: Annotated[
        dict[ColumnName, Text],
        BeforeValidator(_key_pairs),
        AfterValidator(_some_key),
        AfterValidator(_right_differ),
        WithJsonSchema(
            {
                "type": ["string", "number", "boolean", "array", "object"],
                "items": _NAME,
                "additionalProperties": _NAME,
            }
        ),
    ]
    """Column of the key, ``school``; several, ``[school, class]``; or, where the names differ, the column of
    the rows and that of this file, ``{school: schoolid}``."""
    columns: Annotated[Texts | None, NothingIsNone, AfterValidator(_one_of_them)] = None
    """Columns to take from this file. Default: all."""
    unmatched: Literal["keep", "drop", "error"] = "keep"
    """Rows whose key is not in this file: ``keep`` them with missing values, ``drop`` them, or ``error``."""

    @property
    def keys(self) -> Mapping[str, str]:
        """The key columns of the rows, and for each the column of this file."""
        return self.on
