"""Fixed effects, one row per column of X (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import Coefficient
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_COMPUTED, TEST, Cell, Codes, Table, limit_codes, table_of

__all__ = ["fixed"]

EXPONENTIAL = ("exp_estimate", "exp_low", "exp_high", "exp_kind")
COLUMNS = (
    "model",
    "term",
    "column",
    "level",
    "symbol",
    *TEST,
    "ci_method",
    "std_estimate",
    "dropped",
    *EXPONENTIAL,
)


def fixed(run: RunRecords) -> Table:
    """Return the fixed effects of all rungs; a dropped column has a row without numbers.

    ``estimate[includes]`` names the dropped columns whose effects a coefficient includes. Standardized
    coefficients are not computed, and no key asks for them: ``std_estimate`` is empty. A coefficient that the
    data separate is ``inf`` or ``-inf``. ``exp_estimate``, ``exp_low`` and ``exp_high`` are the exponentials
    of estimate and limits, where the link gives them a meaning; ``exp_kind`` is its name.
    """
    rows = [_row(fit.model, coefficient) for fit in run.fits for coefficient in fit.coefficients]
    return table_of("fixed", COLUMNS, rows)


def _row(model: str, coefficient: Coefficient) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        "model": model,
        "std_estimate": None,
        **coefficient.model_dump(exclude={"includes", "code"}),
        "symbol": coefficient.symbol or None,
    }
    codes = dict.fromkeys(COLUMNS, "dropped" if coefficient.dropped else coefficient.code or "not_estimable")
    if coefficient.df_method == "z":
        codes["df"] = "infinite"
    if not coefficient.dropped:
        codes |= limit_codes(coefficient)
        if coefficient.exp_kind is None:
            codes |= dict.fromkeys(EXPONENTIAL, "not_applicable")
    if coefficient.includes:
        codes["estimate[includes]"] = ", ".join(coefficient.includes)
    return cells, codes | {"std_estimate": NOT_COMPUTED}
