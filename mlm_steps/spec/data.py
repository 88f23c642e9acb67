"""The key ``data``: the file, its columns, and derived columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from mlm_steps.records.data_profile import ContrastDetail
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.codings import Coding, CodingSpec, detail_of_coding, kind_of_coding
from mlm_steps.spec.derive import DeriveSpec
from mlm_steps.spec.files import BOTH_MARKS, JoinSpec, ReadSpec, Stacked
from mlm_steps.spec.occasions import OccasionsSpec
from mlm_steps.spec.reshape import ReshapeSpec
from mlm_steps.spec.types import (
    ColumnName,
    NothingIsNone,
    Objection,
    OptionalText,
    Texts,
    Whole,
    each_differs,
    nothing_is_empty,
    objection,
    objections,
    read_text,
)
from mlm_steps.spec.written import Block, Written, is_nothing, quoted

__all__ = ["NO_DATA", "ColumnSpec", "DataSpec", "DeriveSpec"]


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
    reference: OptionalText = None
    """Reference level of a category with treatment contrasts, ``reference: Public``; it becomes the first
    level. Default: the first of ``levels``."""
    contrast: Coding = None
    """Contrasts that code a category: ``treatment``, ``sum``, ``helmert``, ``poly``, ``sdif`` (each level
    minus the one before it), ``{sum: LEVEL}`` with the level that is omitted, or ``{matrix: {…}}``. Default:
    ``treatment``, for an ordered one ``poly``."""
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
                for key in ("levels", "reference", "contrast")
                if getattr(self, key) is not None
            ]
            if wrong:
                raise objections(wrong)
        return self

    @model_validator(mode="after")
    def _has_a_reference_only_where_one_counts(self) -> ColumnSpec:
        if self.reference is None:
            return self
        if self.type == "ordered" and self.contrast is None:
            what, hint = "polynomial contrasts have no reference level", "write contrast: treatment as well"
            raise objection(what, hint, ("reference",))
        if self.type == "group":
            raise objection("a grouping factor has no reference level", None, ("reference",))
        if self.contrast not in (None, "treatment"):
            example = f"name the omitted level, contrast: {{sum: {self.reference}}}"
            suggestion = example if self.contrast_kind == "sum" else None
            what = f"{self.contrast_kind} contrasts have no reference level"
            raise objection(what, suggestion, ("reference",))
        return self

    @property
    def contrast_kind(self) -> str | None:
        """The name of the contrasts, ``matrix`` for those of a matrix."""
        return kind_of_coding(self.contrast)

    @property
    def contrast_detail(self) -> ContrastDetail | None:
        """What the contrasts need besides their name."""
        return detail_of_coding(self.contrast)

    @property
    def declared_levels(self) -> tuple[str, ...] | None:
        """The levels in the order that the spec gives, by ``levels`` or by the rows of a matrix."""
        if self.levels is None and isinstance(self.contrast, CodingSpec) and self.contrast.matrix is not None:
            return tuple(self.contrast.matrix)
        return self.levels


class DataSpec(ReadSpec):
    """The data file or files, the columns, and columns derived from them."""

    file: Annotated[
        str | None, BeforeValidator(read_text), WithJsonSchema({"type": ["string", "number", "boolean"]})
    ]
    """Path relative to the spec: csv, tsv or txt (also .gz, .zst), parquet, feather, sav, dta, sas7bdat,
    xlsx, or R's rds, rda and RData. Required unless ``stack`` lists the files."""
    na: Texts = ("NA", "NaN")
    """Texts that mean a missing value; they replace the default. An empty cell is always missing, and so are
    ``.``, ``NaN`` and ``#N/A`` in a column of numbers. The label of a value (SPSS, Stata) can be one. A text
    among the ``levels`` of a column is a level."""
    decimal: Literal[".", ","] = "."
    """Decimal mark of the numbers in a text file, and of numbers that a workbook holds as text."""
    stack: Annotated[Stacked, BeforeValidator(nothing_is_empty)] = ()
    """Files whose rows follow one another, ``[wave1.csv, wave2.csv]``; with ``file``, its rows come first.
    Columns are matched by name; a column that a file does not have is missing in its rows."""
    source_as: OptionalText = None
    """Name of a new column that says from which stacked file a row comes, for example ``wave``."""
    join: Annotated[tuple[JoinSpec, ...], BeforeValidator(nothing_is_empty)] = ()
    """Files whose columns are added to the rows by a key, in this order:
    ``[{file: schools.sav, on: school}]``."""
    reshape: Annotated[ReshapeSpec | None, NothingIsNone] = None
    """From one row per person to one row per occasion, ``{wide_to_long: {columns: "score_{wave}"}}``, or
    back. It follows stacking and joining."""
    columns: Annotated[dict[ColumnName, ColumnSpec], BeforeValidator(_nothing_is_no_key)] = Field(
        default_factory=dict
    )
    """Columns by name; the types of other columns are inferred."""
    derive: Annotated[
        dict[ColumnName, DeriveSpec],
        BeforeValidator(_nothing_is_no_key),
        PlainSerializer(lambda made: list(made.items()), when_used="json"),
    ] = Field(default_factory=dict)
    """New columns by name, derived in this order; a column may use earlier ones. It is computed on the rows
    that the filters leave, or, if a filter names it, on the rows before that filter."""
    filter: Texts = ()
    """Conditions that rows must meet, one after the other: ``["age >= 18", "group in [a, b]"]``. A row in
    which a condition is missing is dropped too. ``docs/expressions.md`` lists operators and functions."""
    occasions: Annotated[OccasionsSpec | None, NothingIsNone] = None
    """Repeated measurements whose absence is counted:
    ``{within: person, time: day, expected: 14}``."""
    level_conflict: Literal["error", "warn"] = "error"
    """Whether a declared level-2 column that varies within a group is an error or a warning."""
    means_from: Literal["analysis", "all"] = "analysis"
    """Rows from which ``derive`` computes means, standard deviations, ranks and counts: the analysis sample,
    or all rows that the filters leave. ``lag`` and ``time_since_first`` always use the latter."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Say in the schema that the rows come from ``file``, from ``stack`` or from both."""
        made = handler.resolve_ref_schema(handler(core_schema))
        made.pop("required", None)
        made["anyOf"] = [{"required": ["file"]}, {"required": ["stack"]}]
        return made

    @model_validator(mode="before")
    @classmethod
    def _file_or_stack(cls, value: Any) -> Any:
        """Add an empty ``file`` if the rows come from ``stack`` alone."""
        if isinstance(value, Mapping) and value.get("stack") and "file" not in value:
            added = {"file": None, **value}
            return Block(added, value.at) if isinstance(value, Block) else added
        return value

    @model_validator(mode="after")
    def _names_what_it_stacks(self) -> DataSpec:
        wrong: list[Objection] = []
        for i, stacked in enumerate(self.stack):
            if stacked.as_ is not None and self.source_as is None:
                hint = "add source_as: with the name of that column"
                wrong.append((("stack", i), f"{quoted(stacked.file)} has a value for no column", hint))
        if self.source_as is not None and not self.stack:
            wrong.append((("source_as",), "there is no stack whose files it could name", None))
        if wrong:
            raise objections(wrong)
        return self

    @model_validator(mode="after")
    def _files_have_two_marks(self) -> DataSpec:
        """Refuse a separator of thousands of a further file that is its decimal mark, perhaps from here."""
        further: list[tuple[tuple[str, int], ReadSpec]]
        further = [(("stack", i), file) for i, file in enumerate(self.stack)]
        further += [(("join", i), file) for i, file in enumerate(self.join)]
        wrong: list[Objection] = [
            ((*at, "thousands"), *BOTH_MARKS)
            for at, file in further
            if file.thousands is not None and file.thousands == (file.decimal or self.decimal)
        ]
        if wrong:
            raise objections(wrong)
        return self

    @property
    def files(self) -> tuple[str, ...]:
        """The files as the spec writes them, in the order of reading, each once."""
        stacked = [file.file for file in self.stack]
        joined = [join.file for join in self.join]
        return tuple(dict.fromkeys(filter(None, [self.file, *stacked, *joined])))


NO_DATA = DataSpec.model_construct(file=None)
"""The data of a spec that has none."""
