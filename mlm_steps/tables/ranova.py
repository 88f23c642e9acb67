"""Single-term deletions of random effects, one row each, as lmerTest's ``ranova``."""

from __future__ import annotations

from mlm_steps.records.deletions import DeletionsRecord, RandomEffectTest, RungDeletions
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, join_pairs, table_of

__all__ = ["ranova"]

COLUMNS = (
    "model",
    "term",
    "criterion",
    "npar",
    "logLik",
    "AIC",
    "statistic",
    "df",
    "p_naive",
    "p_boundary",
    "mixture",
    "p_rlrt",
    "reason",
)
TESTED = ("statistic", "df", "p_naive", "p_boundary", "mixture", "p_rlrt", "reason")


def ranova(run: RunRecords) -> Table:
    """Return the deletions of all rungs; the row ``<none>`` is the model without a deletion.

    ``statistic`` is the increase of the criterion without the effect; ``p_naive`` is the p value of lmerTest.
    """
    record = run.result(DeletionsRecord, "deletions")
    rungs = record.rungs if isinstance(record, DeletionsRecord) else ()
    rows = [row for rung in rungs if rung.deletions for row in _rows(rung)]
    return table_of("ranova", COLUMNS, rows)


def _rows(rung: RungDeletions) -> list[tuple[dict[str, Cell], Codes]]:
    whole: dict[str, Cell] = dict.fromkeys(COLUMNS) | {
        "model": rung.model,
        "term": "<none>",
        "criterion": rung.method,
        "npar": rung.npar,
        "logLik": rung.loglik,
        "AIC": rung.aic,
    }
    return [(whole, dict.fromkeys(TESTED, "not_applicable")), *(_row(rung, test) for test in rung.deletions)]


def _row(rung: RungDeletions, test: RandomEffectTest) -> tuple[dict[str, Cell], Codes]:
    mixture = [(f"chi2({part.df})", part.weight) for part in test.mixture or ()]
    cells: dict[str, Cell] = {
        "model": rung.model,
        "term": test.term,
        "criterion": rung.method,
        "npar": test.npar,
        "logLik": test.loglik,
        "AIC": test.aic,
        "statistic": test.statistic,
        "df": test.df,
        "p_naive": test.p_naive,
        "p_boundary": test.p_boundary,
        "mixture": join_pairs(mixture) or None,
        "p_rlrt": test.p_rlrt,
        "reason": test.reason,
    }
    boundary = test.p_boundary_code or "not_applicable"
    codes = dict.fromkeys(("logLik", "AIC", *TESTED), "not_estimable")
    codes |= {"p_boundary": boundary, "mixture": boundary, "reason": "not_applicable"}
    return cells, codes | {"p_rlrt": test.p_rlrt_code or "not_applicable"}
