"""F tests of fixed-effects terms, one row per term."""

from __future__ import annotations

from mlm_steps.records import FitRecord, TermTest
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_ESTIMABLE, SEPARATION, Cell, Codes, Table, table_of

__all__ = ["COLUMNS", "anova", "anova_row"]

COLUMNS = (
    "model",
    "type",
    "term",
    "num_df",
    "den_df",
    "df_method",
    "sum_sq",
    "mean_sq",
    "F",
    "p",
    "chisq",
)


def anova(run: RunRecords) -> Table:
    """Return the F tests of all rungs; a term whose columns were all dropped has no numbers."""
    return table_of("anova", COLUMNS, [anova_row(fit, test) for fit in run.fits for test in fit.anova])


def anova_row(fit: FitRecord, test: TermTest) -> tuple[dict[str, Cell], Codes]:
    """Return the cells of one test, and why some are empty.

    ``chisq`` is Wald's statistic of a test without denominator degrees of freedom. Sums of squares belong to
    linear models.

    ``term[includes]`` names dropped columns: those of the term, and those whose effects its coefficients
    include.
    """
    numbers = test.model_dump(exclude={"statistic", "includes"})
    cells: dict[str, Cell] = {"model": fit.model, "F": test.statistic, **numbers}
    separated = any(c.term == test.term and c.code == SEPARATION for c in fit.coefficients)
    codes = dict.fromkeys(COLUMNS, SEPARATION if separated else NOT_ESTIMABLE)
    if test.statistic is not None:
        codes |= dict.fromkeys(("sum_sq", "mean_sq", "chisq"), "not_applicable")
    if test.df_method == "z" and test.num_df:
        codes["den_df"] = "infinite"
    if test.includes:
        codes["term[includes]"] = ", ".join(test.includes)
    return cells, codes
