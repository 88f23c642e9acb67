"""Comparisons of rungs, one row each (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import ComparisonRecord, VarianceChange
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, join_pairs, table_of

__all__ = ["comparison"]

COLUMNS = (
    "from",
    "to",
    "what_changed",
    "criterion",
    "statistic",
    "df",
    "p_naive",
    "p_boundary",
    "mixture",
    "p_boot",
    "B",
    "failed",
    "delta_aic",
    "delta_bic",
    "prv",
    "delta_r2_marginal",
    "delta_r2_conditional",
    "nested",
    "reason",
)
BOOTSTRAP = ("p_boot", "B", "failed")


def comparison(run: RunRecords) -> Table:
    """Return the comparisons of a run.

    Differences are those of ``to`` less ``from``. ``mixture`` is written as the weight of each chi-square
    (``chi2(0)=0.5; chi2(1)=0.5``), ``prv`` as the share by which each component falls.
    """
    return table_of("comparison", COLUMNS, [_row(record) for record in run.comparisons])


def _row(record: ComparisonRecord) -> tuple[dict[str, Cell], Codes]:
    mixture = [(f"chi2({part.df})", part.weight) for part in record.mixture or ()]
    shares = [(_component(row), row.prv) for row in record.prv if row.prv is not None]
    cells: dict[str, Cell] = dict.fromkeys(COLUMNS)
    cells |= record.model_dump(include=set(COLUMNS) - {"mixture", "prv"})
    cells |= {
        "from": record.smaller,
        "to": record.larger,
        "what_changed": record.changed,
        "mixture": join_pairs(mixture) or None,
        "prv": join_pairs(shares) or None,
    }
    return cells, _codes(record)


def _codes(record: ComparisonRecord) -> Codes:
    refused = record.refused or "not_applicable"
    boundary = record.refused or record.p_boundary_code or "not_applicable"
    codes = dict.fromkeys(COLUMNS, refused)
    codes |= {"p_boundary": boundary, "mixture": boundary, "reason": "not_applicable"}
    codes |= dict.fromkeys(BOOTSTRAP, "not_requested")
    return codes | {
        f"prv[{_component(row)}]": row.code for row in record.prv if row.prv is None and row.code is not None
    }


def _component(row: VarianceChange) -> str:
    return "sigma2" if row.effect is None else f"{row.group}: {row.effect}"
