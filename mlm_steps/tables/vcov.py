"""Covariance matrices of the fixed effects, one row per pair of columns of X (statistics, section 20)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records import FitRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_ESTIMABLE, Cell, Codes, Table, as_cell, table_of

__all__ = ["vcov"]

COLUMNS = ("model", "method", "column_1", "column_2", "value", "term_1", "term_2")
Matrix = tuple[tuple[float, ...], ...]
Row = tuple[dict[str, Cell], Codes]


def vcov(run: RunRecords) -> Table:
    """Return the full covariance matrix of each rung's estimates, with both triangles.

    ``method`` is the method of the estimates. If the tests use another matrix, as Kenward and Roger's do, it
    follows with ``method`` set to their method; the standard errors of ``fixed`` are then the square roots of
    its diagonal. A dropped column has no rows; a coefficient without a standard error has no values.
    """
    return table_of("vcov", COLUMNS, [row for fit in run.fits for row in _of_fit(fit)])


def _of_fit(fit: FitRecord) -> Iterator[Row]:
    for method, matrix in _matrices(fit):
        yield from _rows(fit, method, matrix)


def _matrices(fit: FitRecord) -> Iterator[tuple[str, Matrix]]:
    yield fit.method, fit.reported.vcov
    if fit.vcov_of_tests:
        yield fit.coefficients[0].df_method, fit.vcov_of_tests


def _rows(fit: FitRecord, method: str, matrix: Matrix) -> Iterator[Row]:
    terms = {c.column: c.term for c in fit.coefficients}
    codes = {c.column: c.code for c in fit.coefficients}
    for one, values in zip(fit.columns, matrix, strict=True):
        for other, value in zip(fit.columns, values, strict=True):
            names = {"column_1": one, "column_2": other, "term_1": terms[one], "term_2": terms[other]}
            code = codes[one] or codes[other] or NOT_ESTIMABLE
            cells = {"model": fit.model, "method": method, "value": as_cell(value), **names}
            yield cells, {"value": code}
