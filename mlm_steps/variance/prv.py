"""Proportional reduction in variance from the null model and the previous rung (statistics, section 9.1)."""

from __future__ import annotations

from mlm_steps.engine.result.components import RESIDUAL, Reduction, reductions
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained

__all__ = ["component_label", "prv"]

SOURCE = "Raudenbush & Bryk 2002"


def prv(explained: Explained) -> Contribution:
    """Return the proportional reduction of each variance component.

    A component may increase; the value is then negative (code ``negative``). This happens because a level-1
    predictor changes the level-1 variance for which the variance between groups is corrected. Components that
    the rung lacks are omitted.
    """
    references = {"prv_null": explained.null, "prv_previous": explained.previous}
    measures: list[VarianceMeasure] = []
    for measure, reference in references.items():
        if reference is None:
            continue
        name, before = reference
        rows = reductions(before, explained.fit)
        measures += [_measure(measure, row, name) for row in rows if row.after is not None]
    return Contribution(measures=tuple(measures))


def component_label(row: Reduction) -> str:
    """Return ``sigma2`` for the residual variance, else for example ``school: ses``."""
    return "sigma2" if row.group == RESIDUAL and row.effect is None else f"{row.group}: {row.effect}"


def _measure(measure: str, row: Reduction, reference: str) -> VarianceMeasure:
    return VarianceMeasure(
        measure=measure,
        scope=component_label(row),
        value=row.share,
        method=SOURCE,
        reference=reference,
        code=row.code,
    )
