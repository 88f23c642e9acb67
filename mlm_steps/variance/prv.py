"""Proportional reduction in variance from the null model and the previous rung (statistics, section 9.1)."""

from __future__ import annotations

from mlm_steps.engine.result.components import RESIDUAL, Reduction, reductions
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained

__all__ = ["component_label", "prv"]

SOURCE = "Raudenbush & Bryk 2002"
SCALED = "Raudenbush & Bryk 2002, scale-corrected (Hox, Moerbeek & van de Schoot 2018)"


def prv(explained: Explained) -> Contribution:
    """Return the proportional reduction of each variance component.

    A component may increase; the value is then negative (code ``negative``). This happens because a level-1
    predictor changes the level-1 variance for which the variance between groups is corrected. Components that
    the rung lacks are omitted.

    The variance of the distribution of a generalized model is fixed, so that a level-1 predictor scales all
    other variances up. The variances of the rung are first multiplied by the ratio of the total variances of
    the two linear predictors, which gives both models the same total (statistics, section 22.6). There is no
    number without this correction.
    """
    references = {"prv_null": explained.null, "prv_previous": explained.previous}
    measures: list[VarianceMeasure] = []
    for measure, reference in references.items():
        if reference is None:
            continue
        name, before = reference
        rescaled = _rescaled(explained, before)
        rows = reductions(before, explained.fit, rescaled)
        source = SOURCE if rescaled is None else SCALED
        measures += [_measure(measure, row, name, source) for row in rows if row.after is not None]
    return Contribution(measures=tuple(measures))


def component_label(row: Reduction) -> str:
    """Return ``sigma2`` for the residual variance, else for example ``school: ses``."""
    return "sigma2" if row.group == RESIDUAL and row.effect is None else f"{row.group}: {row.effect}"


def _rescaled(explained: Explained, before: MixedFit) -> float | None:
    """Return the factor of the rung's variances; None for linear models, which have the same scale."""
    if explained.linear and before.design.response.linear:
        return None
    return explained.parts_of(before).total / explained.parts.total


def _measure(measure: str, row: Reduction, reference: str, source: str) -> VarianceMeasure:
    return VarianceMeasure(
        measure=measure,
        scope=component_label(row),
        value=row.share,
        method=source,
        reference=reference,
        code=row.code,
    )
