"""Comparisons of rungs, one row each (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.compare.holm import holm
from mlm_steps.compare.rlrt import DRAWS
from mlm_steps.records import ComparisonRecord, VarianceChange
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, join_pairs, table_of

__all__ = ["COLUMNS", "adjusted_p", "comparison", "comparison_row"]

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
    "p_rlrt",
    "p",
    "p_method",
    "p_adjusted",
    "adjustment",
)
BOOTSTRAP = ("p_boot", "B", "failed")
METHODS = {
    "p_boot": "parametric bootstrap",
    "p_rlrt": "exact RLRT",
    "p_boundary": "chi-square mixture",
    "p_naive": "chi-square",
}


def comparison(run: RunRecords) -> Table:
    """Return the comparisons of a run.

    Differences are ``to`` minus ``from``. ``mixture`` holds the weight of each chi-square distribution
    (``chi2(0)=0.5; chi2(1)=0.5``), ``prv`` the proportional reduction of each component. ``p`` is the p value
    to report and ``p_method`` its method; ``p_adjusted`` is adjusted for all comparisons if the spec requests
    it.
    """
    rows = [
        comparison_row(record, adjusted, run.adjustment)
        for record, adjusted in zip(run.comparisons, adjusted_p(run), strict=True)
    ]
    return table_of("comparison", COLUMNS, rows)


def adjusted_p(run: RunRecords) -> tuple[float | None, ...]:
    """Return the adjusted p value of each comparison; None if there is no test or no adjustment."""
    if run.adjustment == "none":
        return (None,) * len(run.comparisons)
    return holm([record.p for record in run.comparisons])


def comparison_row(
    record: ComparisonRecord, adjusted: float | None, adjustment: str
) -> tuple[dict[str, Cell], Codes]:
    """Return the cells of one comparison and the codes of the empty ones."""
    mixture = [(f"chi2({part.df})", part.weight) for part in record.mixture or ()]
    shares = [(_component(row), row.prv) for row in record.prv if row.prv is not None]
    cells: dict[str, Cell] = dict.fromkeys(COLUMNS)
    cells |= record.model_dump(include=set(COLUMNS) - {"mixture", "prv", "p"})
    cells |= {
        "from": record.smaller,
        "to": record.larger,
        "what_changed": record.changed,
        "mixture": join_pairs(mixture) or None,
        "prv": join_pairs(shares) or None,
        "B": record.replicates,
        "p": record.p,
        "p_method": _p_method(record),
        "p_adjusted": adjusted,
        "adjustment": adjustment,
    }
    return cells, _codes(record)


def _codes(record: ComparisonRecord) -> Codes:
    refused = record.refused or "not_applicable"
    boundary = record.refused or record.p_boundary_code or "not_applicable"
    codes = dict.fromkeys(COLUMNS, refused)
    codes |= {"p_boundary": boundary, "mixture": boundary, "reason": "not_applicable"}
    codes |= dict.fromkeys(BOOTSTRAP, record.refused or record.p_boot_code or "not_requested")
    codes |= {"p_rlrt": record.refused or record.p_rlrt_code or "not_requested"}
    codes |= {"p_adjusted": record.refused or "not_requested"}
    return codes | {
        f"prv[{_component(row)}]": row.code for row in record.prv if row.prv is None and row.code is not None
    }


def _p_method(record: ComparisonRecord) -> str | None:
    """Return the method of the p value to report, with the number of draws if it is simulated."""
    if record.p_from is None:
        return None
    details = {
        "p_boot": f", B={record.replicates}, {record.failed} failed",
        "p_rlrt": f", B={DRAWS}" + (", other random effects ignored" if record.rlrt_approximate else ""),
    }
    return METHODS[record.p_from] + details.get(record.p_from, "")


def _component(row: VarianceChange) -> str:
    return "sigma2" if row.effect is None else f"{row.group}: {row.effect}"
