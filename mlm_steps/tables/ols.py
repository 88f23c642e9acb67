"""Single-level models of the prelude, one row per coefficient."""

from __future__ import annotations

from mlm_steps.records import OlsCoefficient, OlsRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, join_pairs, table_of

__all__ = ["ols"]

COLUMNS = (
    "model",
    "term",
    "column",
    "estimate",
    "se",
    "df",
    "statistic",
    "p",
    "ci_low",
    "ci_high",
    "se_cluster",
    "dropped",
    "n",
    "sigma",
    "r_squared",
    "adj_r_squared",
    "f_statistic",
    "f_df_1",
    "f_df_2",
    "f_p",
    "logLik",
    "AIC",
    "BIC",
)
OF_THE_MODEL = ("n", "sigma", "r_squared", "adj_r_squared", "f_statistic", "f_df_1", "f_df_2", "f_p")


def ols(run: RunRecords) -> Table:
    """Return the coefficients of the prelude; the columns from ``n`` on are the same in all rows of a model.

    ``se_cluster`` holds the cluster-robust standard error by grouping factor, as ``school=0.13``.
    """
    rows = [_row(record, coefficient) for record in run.prelude for coefficient in record.coefficients]
    return table_of("ols", COLUMNS, rows)


def _row(record: OlsRecord, coefficient: OlsCoefficient) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        "model": record.model,
        **coefficient.model_dump(exclude={"se_cluster"}),
        "se_cluster": join_pairs(coefficient.se_cluster.items()) or None,
        **{name: getattr(record, name) for name in OF_THE_MODEL},
        "logLik": record.loglik,
        "AIC": record.aic,
        "BIC": record.bic,
    }
    codes = dict.fromkeys(COLUMNS, "dropped" if coefficient.dropped else "not_estimable")
    return cells, codes | dict.fromkeys(OF_THE_MODEL, "not_applicable")
