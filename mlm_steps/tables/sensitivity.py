"""Coefficients of the final rung under variants of the model (statistics, section 20)."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records.run import RunRecords
from mlm_steps.records.sensitivity import SensitivityRecord, Variation, VariedCoefficient
from mlm_steps.tables.base import NOT_ESTIMABLE, SEPARATION, Cell, Codes, Table, table_of

__all__ = ["AS_FITTED", "sensitivity"]

COLUMNS = (
    "model",
    "variant",
    "term",
    "column",
    "estimate",
    "se",
    "df",
    "p",
    "changed",
    "kind",
    "what",
    "column_there",
    "quantity",
    "df_method",
    "ci_low",
    "ci_high",
    "status",
    "n",
    "excluded",
    "formula",
    "reason",
)
AS_FITTED = "as_fitted"
"""The variant that is the rung itself."""


def sensitivity(run: RunRecords) -> Table:
    """Return one row per variant and coefficient; the rows of the rung itself come first.

    ``variant`` is the kind and the name, as ``df/kenward-roger``. ``changed`` tells whether the conclusion
    differs from that of the rung, and ``quantity`` what the coefficient estimates.
    """
    records = run.results_of(SensitivityRecord, "sensitivity")
    rows = [_own_row(run, records[0], each) for each in records[0].own] if records else []
    rows += [
        _row(record, variation, each)
        for record in records
        for variation in record.variations
        for each in variation.coefficients
    ]
    return table_of("sensitivity", COLUMNS, rows)


def _own_row(
    run: RunRecords, record: SensitivityRecord, own: VariedCoefficient
) -> tuple[dict[str, Cell], Codes]:
    fit = run.fit(record.model)
    itself = Variation(
        name=AS_FITTED,
        what="as fitted",
        formula=fit.formula,
        ending="singular" if fit.reported.singular else "converged",
        n=fit.n,
    )
    cells, codes = _row(record, itself, own)
    return {**cells, "variant": AS_FITTED, "kind": AS_FITTED, "changed": False}, codes


def _row(
    record: SensitivityRecord, variation: Variation, each: VariedCoefficient
) -> tuple[dict[str, Cell], Codes]:
    fields = each.model_dump()
    cells: dict[str, Cell] = {name: fields[name] for name in COLUMNS if name in fields}
    cells |= {
        "model": record.model,
        "variant": f"{record.kind}/{variation.name}",
        "kind": record.kind,
        "what": variation.text,
        "status": variation.ending,
        "n": variation.n,
        "excluded": "; ".join(variation.excluded) or None,
        "formula": variation.formula or None,
        "reason": _joined(variation.reasons),
    }
    return cells, _codes(each)


def _joined(reasons: Sequence[str]) -> str | None:
    return "; ".join(reasons) or None


def _codes(each: VariedCoefficient) -> Codes:
    """Return the codes of empty cells; without a code a z test has no degrees of freedom."""
    why = each.code or NOT_ESTIMABLE
    codes = dict.fromkeys(COLUMNS, why)
    if each.code is None:
        codes["df"] = "infinite"
    if each.code == "separation":
        codes["estimate"] = SEPARATION
    return {**codes, "excluded": "none", "reason": "none", "formula": "not_applicable"}
