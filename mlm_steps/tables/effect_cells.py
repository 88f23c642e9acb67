"""Cells that the tables of contrasts, slopes and means share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlm_steps.records import EffectsRecord
from mlm_steps.records.effects import BackTransformed, Condition, FactorMeans, Pairwise, SimpleSlopes, Tested
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, join_pairs

__all__ = [
    "AVERAGE",
    "NUMBERS",
    "RATIO",
    "RESPONSE",
    "back_cells",
    "conditions",
    "difference",
    "effects_of",
    "missing",
    "missing_back",
    "numbers",
    "ratio_cells",
    "response_cells",
]

NUMBERS = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high")
RESPONSE = ("population_se", "population_p", "population_ci_low", "population_ci_high")
"""Columns of a test on the scale of the outcome of a generalized model, after that of the estimate."""
AVERAGE = ("average_se", "average_p", "average_ci_low", "average_ci_high")
"""Columns of a test that is averaged over the rows, after that of the estimate."""
RATIO = ("ratio", "ratio_se", "ratio_ci_low", "ratio_ci_high", "ratio_kind")
"""Columns of the exponential of a difference or slope of a generalized model."""


def effects_of(run: RunRecords) -> EffectsRecord:
    """Return slopes, means and contrasts of a run; an empty record if that step failed."""
    found = run.result(EffectsRecord, "effects")
    return found if isinstance(found, EffectsRecord) else EffectsRecord()


def numbers(test: Tested) -> dict[str, Cell]:
    """Return the cells of a test."""
    return {name: getattr(test, name) for name in NUMBERS}


def back_cells(names: Sequence[str], back: BackTransformed | None) -> dict[str, Cell]:
    """Return estimate, standard error and limits on the scale of the data column, under the given names."""
    if back is None:
        return dict.fromkeys(names)
    return dict(zip(names, (back.estimate, back.se, back.ci_low, back.ci_high), strict=True))


def missing_back(names: Sequence[str], back: BackTransformed | None) -> Codes:
    """Return the codes of empty cells on the scale of the data column."""
    return dict.fromkeys(names, "not_applicable" if back is None else back.code or "outside_domain")


def response_cells(
    prefix: str, test: Tested | None, columns: Sequence[str] = RESPONSE
) -> tuple[dict[str, Cell], Codes]:
    """Return the cells of a test on the scale of the outcome, and their codes.

    The estimate has the name ``prefix``; the other columns are ``RESPONSE`` or ``AVERAGE``.
    """
    names = (prefix, *columns)
    if test is None:
        return dict.fromkeys(names), dict.fromkeys(names, "not_applicable")
    values = (test.estimate, test.se, test.p, test.ci_low, test.ci_high)
    return dict(zip(names, values, strict=True)), dict.fromkeys(names, test.code or "not_estimable")


def ratio_cells(ratio: BackTransformed | None, kind: str | None) -> tuple[dict[str, Cell], Codes]:
    """Return the cells of ``RATIO``, the exponential of a difference or slope, and their codes."""
    numbers = RATIO[:-1]
    cells: dict[str, Cell] = {**back_cells(numbers, ratio), RATIO[-1]: kind if ratio else None}
    code = "not_applicable" if ratio is None else ratio.code or "not_estimable"
    return cells, dict.fromkeys(RATIO, code)


def difference(pair: Pairwise, family: FactorMeans | SimpleSlopes) -> tuple[dict[str, Cell], Codes]:
    """Return the numbers of a difference, and the codes of empty cells.

    The p value and the interval are adjusted for the family. Holm's procedure has no intervals, so
    Bonferroni's are given with it.
    """
    cells: dict[str, Cell] = {
        **numbers(pair.test),
        "model": family.model,
        "df_method": family.df_method,
        "adjust": family.adjust,
        "p_unadjusted": pair.p_unadjusted,
        "conditions": conditions(family.conditions),
    }
    return cells, {**missing(pair.test), "p_unadjusted": "not_estimable", "conditions": "not_applicable"}


def missing(test: Tested, names: Sequence[str] = NUMBERS) -> Codes:
    """Return the codes of empty cells of a test; a z test has no df."""
    return dict.fromkeys(names, test.code or "not_applicable")


def conditions(held: Iterable[Condition]) -> str | None:
    """Return the values at which predictors are held, as ``sex=Female; age=8.0``; None if there are none."""
    return join_pairs((each.variable, each.value) for each in held) or None
