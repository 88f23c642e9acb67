"""Fixed effects, one row per column of X (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import Coefficient, EffectsRecord
from mlm_steps.records.effects import StandardizedCoefficient
from mlm_steps.records.failure import Absence
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_REQUESTED, TEST, Cell, Codes, Table, limit_codes, table_of

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

    ``estimate[includes]`` names the dropped columns whose effects a coefficient includes. ``std_estimate`` is
    filled by ``effects: {standardized: true}``. A coefficient that the data separate is ``inf`` or ``-inf``.
    ``exp_estimate``, ``exp_low`` and ``exp_high`` are the exponentials
    of estimate and limits, where the link gives them a meaning; ``exp_kind`` is its name.
    """
    effects = run.result(EffectsRecord, "effects")
    known = {} if effects is None or isinstance(effects, Absence) else _by_column(effects)
    rows = [
        _row(fit.model, coefficient, known.get((fit.model, coefficient.column)))
        for fit in run.fits
        for coefficient in fit.coefficients
    ]
    return table_of("fixed", COLUMNS, rows)


def _by_column(effects: EffectsRecord) -> dict[tuple[str, str], StandardizedCoefficient]:
    return {(each.model, each.column): each for each in effects.standardized}


def _row(
    model: str, coefficient: Coefficient, size: StandardizedCoefficient | None
) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        "model": model,
        "std_estimate": None if size is None else size.estimate,
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
    if not coefficient.dropped:
        codes["std_estimate"] = NOT_REQUESTED if size is None else size.code or "not_estimable"
    return cells, codes
