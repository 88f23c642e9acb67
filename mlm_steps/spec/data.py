"""The key ``data``: the file, its columns, and derived columns."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
    model_validator,
)

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import (
    ColumnName,
    NothingIsNone,
    Objection,
    OptionalText,
    Text,
    Texts,
    Whole,
    each_differs,
    objection,
    objections,
)
from mlm_steps.spec.written import Block, Written, is_nothing, quoted

__all__ = ["ColumnSpec", "DataSpec", "DeriveSpec"]

_BINARY = (".parquet", ".sav", ".dta", ".sas7bdat", ".xlsx")


def _enough(levels: tuple[str, ...]) -> tuple[str, ...]:
    if len(levels) < 2:
        raise objection("a category needs at least two levels")
    return levels


Levels = Annotated[Texts, AfterValidator(each_differs), AfterValidator(_enough)]


def _nothing_is_no_key(value: object) -> object:
    return Block({}, value.at) if is_nothing(value) and isinstance(value, Written) else value


class ColumnSpec(SpecBlock):
    """One column of the data file, or one derived column. All keys are optional."""

    type: Annotated[Literal["group", "category", "ordered", "number", "text"] | None, NothingIsNone] = None
    """``group`` for identifiers of groups, ``category`` (its first level is the reference), ``ordered``
    (polynomial contrasts), ``number`` or ``text``. Default: inferred from the values; codes such as 007 are
    text."""
    levels: Annotated[Levels | None, NothingIsNone] = None
    """Values of a category as the file has them, the reference first: ``[Public, Catholic]``, ``[0, 1]``.
    Default: the file's own order (value labels), numbers by size, text as R sorts it in an English locale."""
    contrast: Annotated[Literal["treatment", "sum", "helmert", "poly"] | None, NothingIsNone] = None
    """Contrasts that code a category. Default: ``treatment``, for an ordered one ``poly``."""
    label: OptionalText = None
    """Label in the report, for example ``Socioeconomic status``. Default: the label in the file (SPSS, Stata,
    SAS) unless it repeats the name, else the name."""
    unit: OptionalText = None
    """Unit in the report, for example ``points``."""
    level: Annotated[Literal[1, 2, 3] | None, Whole, NothingIsNone] = None
    """Declared level of the variable in the hierarchy: 1, 2 or 3. A column declared above level 1 that varies
    within a group is a conflict (see ``level_conflict``)."""

    @model_validator(mode="after")
    def _codes_categories_only(self) -> ColumnSpec:
        if self.type in ("number", "text"):
            hint = f"type: category has levels, type: {self.type} has none"
            wrong: list[Objection] = [
                ((key,), f"a column of type {self.type} has no {key}", hint)
                for key in ("levels", "contrast")
                if getattr(self, key) is not None
            ]
            if wrong:
                raise objections(wrong)
        return self


class DeriveSpec(SpecBlock):
    """How a column is derived: exactly one of ``center``, ``mean`` and ``standardize``."""

    center: OptionalText = None
    """Column to centre at its mean, ``{center: ses}``; with ``within``, at the mean of each group."""
    mean: OptionalText = None
    """Column whose mean becomes the new column, ``{mean: ses, within: school}``."""
    standardize: OptionalText = None
    """Column to centre and divide by its standard deviation, ``{standardize: ses}``."""
    within: OptionalText = None
    """Grouping column: ``{center: ses, within: school}`` centres at the mean of each school."""

    @model_validator(mode="after")
    def _does_one_thing(self) -> DeriveSpec:
        asked = [key for key in ("center", "mean", "standardize") if getattr(self, key) is not None]
        if not asked:
            raise objection("does not say what to derive", "give one of center, mean, standardize")
        if len(asked) > 1:
            raise objection(f"has {' and '.join(asked)} together", "derive two columns", (asked[1],))
        return self

    @property
    def source(self) -> str:
        """The column it is made from."""
        return self.center or self.mean or self.standardize or ""


def _known_encoding(name: str | None) -> str | None:
    try:
        "a".encode(name or "utf-8")
    except (LookupError, ValueError) as error:
        raise objection(f"no encoding {quoted(name)}", "for example utf-8, latin-1 or cp1252") from error
    return name


def _one_character(text: str | None) -> str | None:
    tab = {"tab": "\t", "\\t": "\t"}
    mark = tab.get(text.lower(), text) if text else text
    if mark is not None and (len(mark) != 1 or mark in "\"'\r\n"):
        raise objection(
            f"{quoted(mark)} cannot separate columns", 'give one character, for example ";", or tab'
        )
    return mark


class DataSpec(SpecBlock):
    """The data file, its columns, and columns derived from them."""

    file: Text
    """Path relative to the spec: csv or tsv (also .gz, .zst), parquet, sav, dta, sas7bdat or xlsx."""
    encoding: Annotated[OptionalText, AfterValidator(_known_encoding)] = None
    """Encoding of a text file, for example ``latin-1``. Default: UTF-8, with or without byte-order mark."""
    na: Texts = ("NA", "NaN")
    """Texts that mean a missing value; they replace the default. An empty cell is always missing, and so are
    ``.``, ``NaN`` and ``#N/A`` in a column of numbers. A text among the ``levels`` of a column is a level."""
    decimal: Literal[".", ","] = "."
    """Decimal mark of the numbers in a text file, and of numbers that a workbook holds as text."""
    delimiter: Annotated[OptionalText, AfterValidator(_one_character)] = None
    """Character between the columns of a text file, or ``tab``. Default: guessed from the first lines."""
    sheet: OptionalText = None
    """Name of the sheet of a workbook. Default: its first."""
    columns: Annotated[dict[ColumnName, ColumnSpec], BeforeValidator(_nothing_is_no_key)] = Field(
        default_factory=dict
    )
    """Columns by name; the types of other columns are inferred."""
    derive: Annotated[
        dict[ColumnName, DeriveSpec],
        BeforeValidator(_nothing_is_no_key),
        PlainSerializer(lambda made: list(made.items()), when_used="json"),
    ] = Field(default_factory=dict)
    """New columns by name, derived in this order; a column may use earlier ones."""
    level_conflict: Literal["error", "warn"] = "error"
    """Whether a declared level-2 column that varies within a group is an error or a warning."""
    means_from: Literal["analysis", "all"] = "analysis"
    """Rows from which ``derive`` computes means: the analysis sample, or all rows of the file."""

    @field_validator("decimal", "delimiter", "sheet", mode="after")
    @classmethod
    def _suits_its_kind_of_file(cls, value: str | None, info: ValidationInfo) -> str | None:
        suffix = PurePath(info.data.get("file", "")).suffix.lower()
        if value is None or not suffix:
            return value
        if info.field_name == "sheet" and suffix != ".xlsx":
            raise objection("only a workbook (.xlsx) has sheets")
        if info.field_name == "decimal" and suffix == ".xlsx":
            return value
        if info.field_name != "sheet" and suffix in _BINARY:
            raise objection(f"a {suffix} file has no {info.field_name}", "it is for text files")
        if info.field_name == "delimiter" and value == info.data.get("decimal"):
            raise objection(f"{quoted(value)} cannot be both delimiter and decimal mark")
        return value
