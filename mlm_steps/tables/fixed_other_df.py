"""Fixed effects of singular fits by the method that is not reported, one row per column of X."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import TEST, Table, table_of

__all__ = ["fixed_other_df"]

COLUMNS = (
    "model",
    "term",
    "column",
    *TEST,
    "ci_method",
    "dropped",
)


def fixed_other_df(run: RunRecords) -> Table:
    """Return the fixed effects by the method, Satterthwaite's or Kenward and Roger's, not used in ``fixed``.

    Near a singular covariance matrix the two methods can differ widely; if they do, do not rely on either.
    """
    rows = [
        (
            {"model": fit.model, **row.model_dump(include=set(COLUMNS))},
            dict.fromkeys(COLUMNS, "dropped" if row.dropped else "not_estimable"),
        )
        for fit in run.fits
        for row in fit.coefficients_other
    ]
    return table_of("fixed_other_df", COLUMNS, rows)
