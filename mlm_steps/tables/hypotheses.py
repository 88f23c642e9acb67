"""The declared hypotheses, one row per hypothesis, with the verdict of its test."""

from __future__ import annotations

from mlm_steps.records.hypotheses import Judgement, judged
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["hypotheses"]

COLUMNS = (
    "name",
    "text",
    "kind",
    "direction",
    "model",
    "term",
    "column",
    "symbol",
    "estimate",
    "p",
    "verdict",
)


def hypotheses(run: RunRecords) -> Table:
    """Return the hypotheses of the spec; ``estimate`` and ``p`` are those of ``fixed`` or ``anova``.

    ``verdict`` is supported, contradicted (significant with the other sign), unclear (not significant) or
    untested. ``column`` and ``estimate`` are empty for the joint test of a term of several coefficients.
    """
    return table_of("hypotheses", COLUMNS, [_row(judged(each, run.fits)) for each in run.hypotheses])


def _row(found: Judgement) -> tuple[dict[str, Cell], Codes]:
    declared, coefficient, test = found.hypothesis, found.coefficient, found.test
    cells: dict[str, Cell] = {
        **declared.model_dump(exclude={"rung"}),
        "term": next((each.term for each in (coefficient, test) if each is not None), declared.term),
        "model": declared.rung if found.fit is None else found.fit.model,
        "column": None if coefficient is None else coefficient.column,
        "symbol": None if coefficient is None else coefficient.symbol or None,
        "estimate": None if coefficient is None else coefficient.estimate,
        "p": coefficient.p if coefficient is not None else None if test is None else test.p,
        "verdict": found.verdict,
    }
    why = "not_estimable" if found.fit is not None else "no_reliable_rung"
    codes = dict.fromkeys(COLUMNS, why)
    if test is not None:
        codes |= dict.fromkeys(("column", "symbol", "estimate"), "joint_test")
    if coefficient is not None:
        codes["symbol"] = "not_applicable"
        codes["estimate"] = coefficient.code or "not_estimable"
    return cells, codes
