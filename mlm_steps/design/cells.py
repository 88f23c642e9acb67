"""Cells for which means are estimated: combinations of the levels of factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlm_steps.design.deparse import format_label

if TYPE_CHECKING:
    from mlm_steps.design.predictors import Predictors, PredictorValue, Setting

__all__ = ["cell_label", "cell_names", "cells_of", "level_name", "with_outer"]

SEPARATOR = ", "
"""Separates the levels of several factors in the name of a cell."""


def cells_of(
    predictors: Predictors, factors: Sequence[str], given: Setting
) -> list[tuple[PredictorValue, ...]]:
    """Return the combinations of levels that have a mean; the first factor varies fastest."""
    settings = predictors.settings(given, factors)
    places = {name: predictors.by_name[name].levels.index for name in factors}
    cells = [tuple(setting[name] for name in factors) for setting in settings]

    def order(cell: tuple[PredictorValue, ...]) -> tuple[int, ...]:
        return tuple(places[name](level) for name, level in zip(factors, cell, strict=True))[::-1]

    return sorted(cells, key=order)


def cell_label(
    predictors: Predictors, factors: Sequence[str], cell: Sequence[PredictorValue]
) -> PredictorValue:
    """Return the name of a cell: its level, or the levels of several factors as ``lo, ctl``."""
    if len(factors) == 1:
        return cell[0]
    pairs = zip(factors, cell, strict=True)
    return SEPARATOR.join(predictors.by_name[name].label(level) for name, level in pairs)


def cell_names(predictors: Predictors, factors: Sequence[str]) -> list[str]:
    """Return the names of the cells of factors in a spec."""
    wanted = with_outer(predictors, tuple(factors), ())
    return [level_name(cell_label(predictors, wanted, cell)) for cell in cells_of(predictors, wanted, {})]


def level_name(label: PredictorValue) -> str:
    """Return a level as text."""
    return label if isinstance(label, str) else format_label(label)


def with_outer(predictors: Predictors, factors: tuple[str, ...], fixed: Sequence[str]) -> tuple[str, ...]:
    """Return factors with those that the formula codes them within: ``b`` of ``a + a:b`` has means per a."""
    nests = predictors.nests
    outer = [o for name in factors if name in nests.by_terms for o in nests.outer[name]]
    return (*factors, *(o for o in dict.fromkeys(outer) if o not in (*factors, *fixed)))
