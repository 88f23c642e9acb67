"""The coefficients of interest in all variants of the analysis (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.records.variants import (
    KeyCoefficients,
    Variant,
    VariantRung,
    key_coefficients,
    variants_of,
)
from mlm_steps.tables.base import (
    NOT_ESTIMABLE,
    SEPARATION,
    Cell,
    Codes,
    Table,
    join_pairs,
    limit_codes,
    table_of,
)

__all__ = ["axis_cells", "axis_codes", "variants"]

AXES = ("outcome", "subset", "file")
COLUMNS = (
    "variant",
    "model",
    "column",
    "term",
    *AXES,
    "estimate",
    "se",
    "df",
    "df_method",
    "p",
    "ci_low",
    "ci_high",
    "status",
    "converged",
    "singular",
    "n",
    "groups",
    "shown",
    "formula",
    "reason",
)


def variants(run: RunRecords) -> Table:
    """Return one row per variant, rung and coefficient of interest.

    A rung without such a coefficient has a row with the code ``not_in_model``, and a rung that failed has a
    row with the reason. ``shown`` marks the rung that the figure shows.
    """
    found, key = variants_of(run), key_coefficients(run)
    rows = [
        _row(variant, rung, key, column)
        for variant in found
        for rung in variant.rungs
        for column in (key.columns if key is not None else (None,))
    ]
    return table_of("variants", COLUMNS, rows)


def axis_cells(variant: Variant) -> dict[str, Cell]:
    """Return the names of a variant and of its values."""
    named: dict[str, Cell] = {value.axis: value.name for value in variant.values}
    return {"variant": variant.name, **dict.fromkeys(AXES), **named}


def axis_codes() -> dict[str, str]:
    """Return the codes of axes that are not varied."""
    return dict.fromkeys(AXES, "not_varied")


def _row(
    variant: Variant, rung: VariantRung, key: KeyCoefficients | None, column: str | None
) -> tuple[dict[str, Cell], Codes]:
    own = next((each for each in rung.coefficients if each.column == column), None)
    failed = rung.status == "failed"
    cells: dict[str, Cell] = dict.fromkeys(COLUMNS)
    cells |= axis_cells(variant) | {
        "model": rung.model,
        "column": column,
        "term": None if key is None else key.term,
        "df_method": rung.df_method,
        "status": rung.status,
        "converged": not failed,
        "singular": None if failed else rung.status == "singular",
        "n": rung.n,
        "groups": join_pairs((name, count) for name, count in rung.groups.items()) or None,
        "shown": key is not None and rung.model == key.model,
        "formula": rung.formula,
        "reason": rung.reason or variant.reason,
    }
    why = "fit_failed" if failed else "not_in_model"
    codes = dict.fromkeys(COLUMNS, why) | axis_codes() | {"reason": "none", "column": "none", "term": "none"}
    if own is not None:
        names = ("estimate", "se", "df", "df_method", "p", "ci_low", "ci_high")
        cells |= {name: getattr(own, name) for name in names}
        lacking = own.code or NOT_ESTIMABLE
        codes |= dict.fromkeys(("estimate", "se", "p", "df"), lacking)
        codes |= limit_codes(own)
        if own.df is None and own.p is not None:
            codes["df"] = "infinite"
        if own.code == "separation":
            codes["estimate"] = SEPARATION
    return cells, codes
