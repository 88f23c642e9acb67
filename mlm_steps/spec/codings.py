"""The key ``contrast`` of a column: the contrasts that code a category, by name or by matrix."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Tag, WithJsonSchema, model_validator

from mlm_steps.errors import did_you_mean
from mlm_steps.records.data_profile import ContrastDetail
from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import (
    ColumnName,
    NothingIsNone,
    OptionalText,
    Texts,
    each_differs,
    objection,
    read_number,
)
from mlm_steps.spec.written import Items, Written, is_nothing, quoted

__all__ = ["Coding", "CodingSpec", "detail_of_coding", "kind_of_coding"]

Word = Literal["treatment", "sum", "helmert", "poly", "sdif"]
_FRACTION = re.compile(r"([-+]?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*/\s*([0-9]{1,15})")
_DEPENDENT = 1e-7
"""A contrast is a combination of the others if at most this share of its length remains, as in R."""


def _read_weight(value: object) -> object:
    """Return a number, which may be written as a fraction: ``-1/3``."""
    found = _FRACTION.fullmatch(value) if isinstance(value, Written) else None
    if found is None:
        return read_number(value)
    if not int(found[2]):
        raise objection(f"{quoted(value)} divides by 0")
    return float(found[1]) / int(found[2])


def _read_row(value: object) -> object:
    """Return a row of the matrix; a single number is a row of one."""
    if isinstance(value, Written) and not is_nothing(value):
        return Items((value,), value.at)
    return value


Weight = Annotated[
    float, BeforeValidator(_read_weight), WithJsonSchema({"type": ["number", "string"], "examples": ["-1/3"]})
]
Row = Annotated[
    tuple[Weight, ...],
    BeforeValidator(_read_row),
    WithJsonSchema(
        {"type": ["number", "string", "array"], "items": {"type": ["number", "string"]}, "minItems": 1}
    ),
]


class CodingSpec(SpecBlock):
    """Contrasts that need more than a name: exactly one of ``sum`` and ``matrix``."""

    sum: OptionalText = None
    """Level that sum contrasts omit, which has −1 in every column: ``{sum: control}``. Default of ``sum``
    without a level: the last level."""
    matrix: Annotated[dict[ColumnName, Row] | None, NothingIsNone] = None
    """Contrasts as a matrix with a row for each level: ``{placebo: [-2/3, 0], low: [1/3, -1/2],
    high: [1/3, 1/2]}``. The number of columns is that of the levels minus one. The order of the rows is the
    order of the levels unless ``levels`` is given."""
    names: Annotated[Texts | None, NothingIsNone] = None
    """Names of the columns of the matrix, which follow the name of the variable in coefficients,
    ``[drug, dose]``. Default: 1, 2, …"""

    @model_validator(mode="after")
    def _is_one_whole_coding(self) -> CodingSpec:
        if (self.sum is None) == (self.matrix is None):
            raise objection("needs one of sum and matrix", "for example {sum: control}")
        if self.matrix is None:
            if self.names is not None:
                raise objection("only a matrix has names of columns", None, ("names",))
            return self
        _check_matrix(self.matrix)
        width = len(self.matrix) - 1
        if self.names is not None:
            if len(self.names) != width:
                what = f"names {len(self.names)} columns, the matrix has {width}"
                raise objection(what, None, ("names",))
            each_differs(self.names)
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of the matrix."""
        return self.names or tuple(str(i + 1) for i in range(len(self.matrix or ()) - 1))


def _check_matrix(matrix: dict[str, tuple[float, ...]]) -> None:
    """Raise an objection to a matrix that does not code its levels."""
    width = len(matrix) - 1
    if width < 1:
        raise objection("has fewer than two levels", "give a row for each level", ("matrix",))
    for level, row in matrix.items():
        if len(row) != width:
            what = (
                f"has {len(row)} number{'s' * (len(row) != 1)}, but {width + 1} levels have {width} contrasts"
            )
            raise objection(what, "add contrasts, such as ones orthogonal to the others", ("matrix", level))
    columns = [(1.0,) * len(matrix), *zip(*matrix.values(), strict=True)]
    for place in range(1, len(columns)):
        if _depends(columns[place], columns[:place]):
            what = f"column {place} is a combination of the columns before it and the intercept"
            hint = "a constant column, or one that repeats others, estimates nothing"
            raise objection(f"has no full rank: {what}", hint, ("matrix",))


def _depends(column: Sequence[float], others: Sequence[Sequence[float]]) -> bool:
    """Return whether a column is a linear combination of others, which are linearly independent."""
    basis: list[list[float]] = []
    for vector in (*others, column):
        rest = list(vector)
        for _ in range(2):  # a second pass removes what rounding left of the first
            for unit in basis:
                share = sum(a * b for a, b in zip(rest, unit, strict=True))
                rest = [a - share * b for a, b in zip(rest, unit, strict=True)]
        length = sum(a * a for a in rest) ** 0.5
        if length <= _DEPENDENT * sum(a * a for a in vector) ** 0.5:
            return True
        basis.append([a / length for a in rest])
    return False


def _word_is_known(value: object) -> object:
    if isinstance(value, Written) and not is_nothing(value) and value not in get_args(Word):
        hint = did_you_mean(value, get_args(Word)) or f"there are {', '.join(get_args(Word))}, or a matrix"
        raise objection(f"{quoted(value)} does not name contrasts", hint)
    return value


def _form_of(value: object) -> str:
    return "word" if value is None or isinstance(value, str) else "block"


Coding = Annotated[
    Annotated[Word | None, Tag("word")] | Annotated[CodingSpec, Tag("block")],
    Discriminator(_form_of),
    BeforeValidator(_word_is_known),
    NothingIsNone,
]
"""Contrasts by name, or a block with their details."""


def detail_of_coding(coding: str | CodingSpec | None) -> ContrastDetail | None:
    """Return what contrasts need besides their name; None for a name alone."""
    if not isinstance(coding, CodingSpec):
        return None
    return ContrastDetail(
        omitted=coding.sum, columns=coding.columns if coding.matrix else (), rows=coding.matrix or {}
    )


def kind_of_coding(coding: str | CodingSpec | None) -> str | None:
    """Return the name of contrasts, ``matrix`` for those of a matrix."""
    if isinstance(coding, CodingSpec):
        return "matrix" if coding.matrix is not None else "sum"
    return coding
