"""Cells that the tables of contrasts, slopes and means share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlm_steps.records import EffectsRecord
from mlm_steps.records.effects import BackTransformed, Condition, FactorMeans, Pairwise, SimpleSlopes, Tested
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, join_pairs

__all__ = [
    "NUMBERS",
    "back_cells",
    "conditions",
    "difference",
    "effects_of",
    "missing",
    "missing_back",
    "numbers",
]

NUMBERS = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high")


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
