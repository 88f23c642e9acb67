"""F tests of the terms of singular fits by the method that is not reported, one row per term and method."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.tables.anova import COLUMNS, anova_row
from mlm_steps.tables.base import Table, table_of

__all__ = ["anova_other_df"]


def anova_other_df(run: RunRecords) -> Table:
    """Return the F tests by the method, Satterthwaite's or Kenward and Roger's, not used in ``anova``."""
    rows = [anova_row(fit, test) for fit in run.fits for test in fit.anova_other]
    return table_of("anova_other_df", COLUMNS, rows)
