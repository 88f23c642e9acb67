"""Cells that the tables of contrasts, slopes and means share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlm_steps.records import EffectsRecord
from mlm_steps.records.effects import Condition, FactorMeans, Pairwise, SimpleSlopes, Tested
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, join_pairs

__all__ = ["NUMBERS", "conditions", "difference", "effects_of", "missing", "numbers"]

NUMBERS = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high")


def effects_of(run: RunRecords) -> EffectsRecord:
    """Return what a run reads from its coefficients; nothing where that step failed."""
    return run.effects if isinstance(run.effects, EffectsRecord) else EffectsRecord()


def numbers(test: Tested) -> dict[str, Cell]:
    """Return the cells of a test."""
    return {name: getattr(test, name) for name in NUMBERS}


def difference(pair: Pairwise, family: FactorMeans | SimpleSlopes) -> tuple[dict[str, Cell], Codes]:
    """Return the cells of a difference that do not say of what it is, and why some are empty.

    p and interval are adjusted for the family. Holm's procedure has no intervals of its own: there they are
    Bonferroni's.
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
    """Return why cells of a test are empty; a z test has no df."""
    return dict.fromkeys(names, test.code or "not_applicable")


def conditions(held: Iterable[Condition]) -> str | None:
    """Return what predictors are held at, as ``sex=Female; age=8.0``; None for nothing."""
    return join_pairs((each.variable, each.value) for each in held) or None
