"""Design effect: how much clustering increases the variance of the mean outcome (statistics, section 2)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import grouping_factors, weighted_size
from mlm_steps.records import Notice, VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained

__all__ = ["design_effect", "is_null"]

SOURCE = "Kish 1965"
INTERCEPT = ("(Intercept)",)


def design_effect(explained: Explained) -> Contribution:
    """Return D = 1 + (ñ - 1) rho, n / D and sqrt(D) per grouping factor of a null model.

    ñ is the weighted mean group size, sum(n_j²) / n, and rho the factor's share of the variance. With several
    factors the first rows are the total, to which each factor adds its D - 1, and the others each factor
    alone. Models with predictors have no design effect, nor do generalized models, whose shares are those of
    the linear predictor and not of the outcome.
    """
    if not (explained.linear and is_null(explained.fit)):
        return Contribution()
    parts = explained.parts
    effects: dict[str, float] = {}
    notices: list[Notice] = []
    for group, positions in grouping_factors(explained.fit).items():
        rho = sum(parts.terms[position] for position in positions) / parts.total
        effects[group] = 1.0 + (weighted_size(explained.fit.design.random[positions[0]].refs) - 1.0) * rho
        if all(explained.fit.term_singular[position] for position in positions):
            notices.append(_truncated(explained.model, group))
    if len(effects) > 1:
        effects = {"total": 1.0 + sum(D - 1.0 for D in effects.values()), **effects}
    n = explained.fit.design.n
    measures = tuple(measure for scope, D in effects.items() for measure in _measures(scope, n, D))
    return Contribution(measures=measures, notices=tuple(notices))


def is_null(fit: MixedFit) -> bool:
    """Return whether all fixed and random effects of a model are intercepts."""
    return fit.design.columns == INTERCEPT and all(term.names == INTERCEPT for term in fit.design.random)


def _measures(scope: str, n: int, D: float) -> Iterator[VarianceMeasure]:
    values = {"design_effect": D, "effective_n": n / D, "se_ratio": math.sqrt(D)}
    for name, value in values.items():
        yield VarianceMeasure(measure=name, scope=scope, value=value, method=SOURCE)


def _truncated(model: str, group: str) -> Notice:
    text = (
        f"The variance between levels of {group} is estimated as zero, its lower bound; the correlation of "
        "rows in the same level may even be negative. The design effect is then 1."
    )
    return Notice(code="icc_truncated", severity="info", text=text, model=model, subject=group)
