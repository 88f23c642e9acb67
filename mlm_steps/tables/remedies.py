"""Alternatives to singular and doubtful rungs, one row per alternative (statistics, section 12)."""

from __future__ import annotations

from mlm_steps.records import RemedyRecord, RungAdvice
from mlm_steps.records.remedies import Alternative
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["remedies"]

COLUMNS = (
    "model",
    "remedy",
    "alternative",
    "formula",
    "what_changed",
    "status",
    "verdict",
    "applied",
    "d",
    "npar",
    "AIC",
    "BIC",
    "delta_aic",
    "delta_bic",
    "criterion",
    "statistic",
    "df",
    "p_naive",
    "p_boundary",
    "max_dbeta_se",
    "reason",
    "correlation",
    "correlation_there",
    "delta_deviance",
    "delta_npar",
)
NUMBERS = ("d", "npar", "AIC", "BIC", "delta_aic", "delta_bic", "max_dbeta_se", "delta_deviance")
TEST = ("criterion", "statistic", "df", "p_naive")


def remedies(run: RunRecords) -> Table:
    """Return the alternatives to all singular and doubtful rungs.

    ``alternative`` is the remedy, numbered if several alternatives of the rung have it.
    ``delta_aic`` and ``delta_bic`` are the alternative minus the rung as declared. ``d`` is the criterion by
    the reported method; ``criterion`` is the method of the test. ``correlation`` is that of intercept and
    slope in the rung, ``correlation_there`` that in the alternative.
    """
    record = run.result(RemedyRecord, "remedies")
    rungs = record.rungs if isinstance(record, RemedyRecord) else ()
    return table_of("remedies", COLUMNS, [_row(rung, other) for rung in rungs for other in rung.alternatives])


def _row(rung: RungAdvice, other: Alternative) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        "model": rung.model,
        "remedy": other.remedy,
        "alternative": rung.name_of(other),
        "formula": other.formula,
        "what_changed": other.what,
        "status": other.ending,
        "verdict": other.verdict,
        "applied": other.applied,
        "d": other.criterion,
        "npar": other.npar,
        "AIC": other.aic,
        "BIC": other.bic,
        "delta_aic": other.delta_aic,
        "delta_bic": other.delta_bic,
        "criterion": other.test_method,
        "statistic": other.statistic,
        "df": other.df,
        "p_naive": other.p_naive,
        "p_boundary": other.p_boundary,
        "max_dbeta_se": other.max_dbeta_se,
        "reason": "; ".join(other.reasons) or other.untested,
        "correlation": other.correlation,
        "correlation_there": other.correlation_there,
        "delta_deviance": other.delta_deviance,
        "delta_npar": other.delta_npar,
    }
    untested = "not_estimable" if other.ending == "not_estimable" else "not_nested"
    apart = other.verdict in ("more_exact", "other_rows")
    return cells, {
        **dict.fromkeys((*NUMBERS, "delta_npar"), "not_applicable" if apart else "not_estimable"),
        **dict.fromkeys(TEST, untested),
        "p_boundary": untested if other.statistic is None else "no_closed_weights",
        **dict.fromkeys(("reason", "correlation", "correlation_there"), "not_applicable"),
    }
