"""Build the model matrix of a set of terms, with R's columns in R's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.contrasts import contrast_columns
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.expressions import Expr
from mlm_steps.design.terms import TermSet
from mlm_steps.design.variables import Factor, Numbers, Value, as_factor
from mlm_steps.errors import DesignError, Fault
from mlm_steps.language.faults import TransformError, formula_error

__all__ = ["INTERCEPT", "ModelMatrix", "Origin", "model_matrix"]

INTERCEPT = "(Intercept)"

MAX_ELEMENTS = 250_000_000
"""A model matrix may have at most this many elements, which take 2 GB."""
MAX_COLUMNS = 5000
"""A model matrix may have at most this many columns; the search for dependent columns would take minutes."""

Origin: TypeAlias = tuple[tuple[str, str], ...]
"""Pairs of a variable and the suffix for its level or basis function; a number has an empty suffix."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ModelMatrix:
    """The columns of a set of terms.

    Attributes
    ----------
    X : ndarray, shape (n, p)
    names : tuple of str, length p
        As in R, for example ``sxFemale:sectorCatholic``.
    assign : tuple of int, length p
        Position of the term of each column plus one; 0 for the intercept.
    origins : tuple of Origin, length p
        The variables of each column; empty for the intercept.
    """

    X: _Array
    names: tuple[str, ...]
    assign: tuple[int, ...]
    origins: tuple[Origin, ...]


class _Coded(Protocol):
    """A variable coded as columns, with its name and the suffix that R appends for each column."""

    @property
    def name(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    def column(self, index: int) -> _Array: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Numeric:
    name: str
    suffixes: tuple[str, ...]
    values: _Array

    def column(self, index: int) -> _Array:
        return self.values if self.values.ndim == 1 else self.values[:, index]


@dataclass(frozen=True, slots=True, eq=False)
class _Dummies:
    """One column for each level."""

    name: str
    suffixes: tuple[str, ...]
    codes: NDArray[np.intp]

    def column(self, index: int) -> _Array:
        return np.where(self.codes < 0, np.nan, self.codes == index)


@dataclass(frozen=True, slots=True, eq=False)
class _Contrasts:
    """One column for each contrast."""

    name: str
    suffixes: tuple[str, ...]
    codes: NDArray[np.intp]
    matrix: _Array

    def column(self, index: int) -> _Array:
        return np.append(self.matrix[:, index], np.nan)[self.codes]


def model_matrix(
    terms: TermSet,
    evaluator: Evaluator,
    contrasts: Mapping[str, ContrastCoding],
    n: int,
    *,
    every_level: bool = False,
) -> ModelMatrix:
    """Return the model matrix of a set of terms.

    Parameters
    ----------
    terms : TermSet
    evaluator : Evaluator
        Evaluates the variables.
    contrasts : mapping of str to ContrastCoding
        Contrasts of factors by variable name, if they are not R's default.
    n : int
        Number of rows.
    every_level : bool
        Whether factors have a column for each level in every term, even if the columns are then linearly
        dependent.

    Raises
    ------
    FormulaError
        A variable cannot be evaluated, or a factor has one level.
    DesignError
        The matrix is too large.
    """
    values = [_categories(evaluator.variable(expr)) for expr in terms.variables]
    factors = {i: value for i, value in enumerate(values) if isinstance(value, Factor)}
    if evaluator.learning:
        for i, factor in factors.items():
            _require_few_levels(evaluator.text, terms.variables[i], terms.names[i], len(factor.levels), n)
    full = [frozenset(factors)] * len(terms.terms) if every_level else terms.full_dummies(factors)
    codings: dict[tuple[int, bool], _Coded] = {}
    blocks: list[list[_Coded]] = []
    for position, term in enumerate(terms.terms):
        block = []
        for i in term:
            key = (i, i in full[position])
            if key not in codings:
                codings[key] = _code(terms, i, values[i], key[1], contrasts, evaluator.text)
            block.append(codings[key])
        blocks.append(block)
    return _assemble(terms, blocks, n)


def _categories(value: Value) -> Numbers | Factor:
    """Return logical values as a factor with levels FALSE and TRUE, as R codes them."""
    if isinstance(value, (Numbers, Factor)):
        return value
    return as_factor(value)


def _code(
    terms: TermSet,
    i: int,
    value: Numbers | Factor,
    full: bool,
    contrasts: Mapping[str, ContrastCoding],
    text: str,
) -> _Coded:
    name = terms.names[i]
    if isinstance(value, Numbers):
        k = 1 if value.values.ndim == 1 else value.values.shape[1]
        return _Numeric(name, ("",) if k == 1 else tuple(str(j + 1) for j in range(k)), value.values)
    if full:
        return _Dummies(name, value.levels, value.codes)
    matrix, suffixes = _contrasts_of(text, terms.variables[i], name, value, contrasts.get(name))
    return _Contrasts(name, suffixes, value.codes, matrix)


def _require_few_levels(text: str, expr: Expr, name: str, count: int, n: int) -> None:
    if count > 1 and (count >= n or count * n > MAX_ELEMENTS):
        what = f"{name} has {count} levels in {n} rows, too many for one effect per level"
        raise formula_error(text, expr.span, what, f"is it meant as a grouping factor, (1 | {name})?")


def _contrasts_of(
    text: str, expr: Expr, name: str, factor: Factor, default: ContrastCoding | None
) -> tuple[_Array, tuple[str, ...]]:
    try:
        return contrast_columns(factor, default)
    except TransformError as fault:
        raise formula_error(text, expr.span, f"{name}: {fault.what}", fault.hint) from None


def _assemble(terms: TermSet, blocks: list[list[_Coded]], n: int) -> ModelMatrix:
    widths = [_width(block) for block in blocks]
    p = int(terms.intercept) + sum(widths)
    if p > MAX_COLUMNS or n * p > MAX_ELEMENTS:
        what = f"the formula makes {p} columns over {n} rows"
        what += f"; at most {MAX_COLUMNS} are fitted" if p > MAX_COLUMNS else ", too many to hold in memory"
        raise DesignError(
            Fault("", what, "is a column of many levels meant as a grouping factor, (1 | column)?")
        )
    X = np.empty((n, p), order="F")
    origins: list[Origin] = []
    assign = []
    if terms.intercept:
        X[:, 0] = 1.0
        origins.append(())
        assign.append(0)
    for position, block in enumerate(blocks):
        for index in range(widths[position]):
            origins.append(_fill(X[:, len(origins)], block, index))
            assign.append(position + 1)
    return ModelMatrix(X, tuple(map(_plain_name, origins)), tuple(assign), tuple(origins))


def _plain_name(origin: Origin) -> str:
    """Return R's name of a column."""
    return ":".join([name + suffix for name, suffix in origin]) if origin else INTERCEPT


def _width(block: list[_Coded]) -> int:
    width = 1
    for coded in block:
        width *= len(coded.suffixes)
    return width


def _fill(out: _Array, block: list[_Coded], index: int) -> Origin:
    """Write one column of a term and return its origin. The index of the first variable varies fastest."""
    origin = []
    for position, coded in enumerate(block):
        index, own = divmod(index, len(coded.suffixes))
        origin.append((coded.name, coded.suffixes[own]))
        if position == 0:
            out[:] = coded.column(own)
        else:
            out *= coded.column(own)
    return tuple(origin)
