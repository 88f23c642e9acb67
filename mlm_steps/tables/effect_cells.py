"""Cells that the tables of contrasts, slopes and means share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlm_steps.records import EffectsRecord
from mlm_steps.records.effects import Condition, Tested
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, join_pairs

__all__ = ["NUMBERS", "conditions", "effects_of", "missing", "numbers"]

NUMBERS = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high")


def effects_of(run: RunRecords) -> EffectsRecord:
    """Return what a run reads from its coefficients; nothing where that step failed."""
    return run.effects if isinstance(run.effects, EffectsRecord) else EffectsRecord()


def numbers(test: Tested) -> dict[str, Cell]:
    """Return the cells of a test."""
    return {name: getattr(test, name) for name in NUMBERS}


def missing(test: Tested, names: Sequence[str] = NUMBERS) -> Codes:
    """Return why cells of a test are empty; a z test has no df."""
    return dict.fromkeys(names, test.code or "not_applicable")


def conditions(held: Iterable[Condition]) -> str | None:
    """Return what predictors are held at, as ``sex=Female; age=8.0``; None for nothing."""
    return join_pairs((each.variable, each.value) for each in held) or None
