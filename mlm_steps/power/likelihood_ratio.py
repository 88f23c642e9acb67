"""Power of likelihood ratio tests from refits of both models (statistics, sections 6 and 16.3).

A likelihood ratio depends on the effect itself, so that outcomes are simulated with it, and both models are
fitted to every outcome: by ML for fixed effects, by REML for variances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.compare.mixtures import boundary_null, mixture_tail
from mlm_steps.compare.nesting import relate
from mlm_steps.design.matrices import Design
from mlm_steps.engine.bootstrap.drawn_designs import Drawn
from mlm_steps.engine.bootstrap.redrawn import refit_redrawn
from mlm_steps.engine.bootstrap.replicates import refit_many
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.fit.lmm import evaluate_at, fit_lmm
from mlm_steps.engine.result.lmm_fit import Method
from mlm_steps.errors import Fault, FitError, UsageError
from mlm_steps.power.declared.source import DeclaredSource
from mlm_steps.power.estimates import Counted, clopper_pearson
from mlm_steps.power.simulation import ELEMENTS, outcomes_of
from mlm_steps.power.truth import Truth
from mlm_steps.records import MixtureComponent

__all__ = ["Comparison", "comparison", "likelihood_ratios"]

Array = NDArray[np.float64]

WORSE = -1e-4
"""A statistic below it is due to a search that failed, as criteria have errors near 1e-6 after a search."""


class Comparison(NamedTuple):
    """A model and a smaller one that are compared in simulated studies.

    Attributes
    ----------
    smaller, larger : DeclaredSource
    mixture : tuple of MixtureComponent
        The chi-squared distributions of the statistic without an effect, with their weights.
    method : {"REML", "ML"}
    """

    smaller: DeclaredSource
    larger: DeclaredSource
    mixture: tuple[MixtureComponent, ...]
    method: Method

    def p_values(self, statistics: Array) -> Array:
        """Return p values of statistics, shape (B,); 1 where a fit failed."""
        return np.array(
            [mixture_tail(self.mixture, g) if np.isfinite(g) else 1.0 for g in statistics.tolist()]
        )

    def power(self, statistics: Array, alpha: float) -> Counted:
        """Return the share of rejections; failed fits do not reject."""
        return clopper_pearson(int(np.sum(self.p_values(statistics) < alpha)), statistics.size)


def comparison(source: DeclaredSource, smaller: str) -> Comparison:
    """Return how the source's model is compared with a smaller one.

    Parameters
    ----------
    source : DeclaredSource
        The design with the larger model.
    smaller : str
        The formula of the model without the tested fixed effects, or without the tested random effects.

    Raises
    ------
    UsageError
        If the models are not nested, or the statistic has no known null distribution.
    """
    other = replace(source, formula=smaller)
    pair = (other.template, source.template)
    if not pair[0].random:
        what = f"'{smaller}' has no random effects; the smallest model of a planned study has one"
        raise UsageError(Fault("smaller", what))
    relation = relate(*pair)
    kind = relation.changed if relation.nested else "both"
    if kind not in ("fixed", "variance"):
        what = "fixed or random effects must be tested, not both, and the rest be the same"
        raise UsageError(Fault("smaller", f"'{smaller}' is not nested in '{source.formula}': {what}"))
    null = boundary_null(*pair, relation.up)
    if null.mixture is None:
        raise UsageError(Fault("smaller", "the statistic has no null distribution in closed form"))
    return Comparison(other, source, null.mixture, "ML" if kind == "fixed" else "REML")


def likelihood_ratios(compared: Comparison, truth: Truth, *, seed: int, numbers: range) -> Array:
    """Return the likelihood ratio statistics of simulated studies, shape (B,); NaN where a fit failed.

    Parameters
    ----------
    compared : Comparison
    truth : Truth
        Of the larger model, its fixed effects included.
    seed : int
    numbers : range
        Numbers of the replicates; the designs and random numbers are those of other tests of this source.
    """
    width = max(1, ELEMENTS // compared.larger.template.X.size)
    parts = []
    for first in range(numbers.start, numbers.stop, width):
        part = range(first, min(first + width, numbers.stop))
        generators, again = ([_stream(compared.larger, seed, b) for b in part] for _ in range(2))
        parts.append(_statistics(compared, truth, generators, again))
    return np.concatenate(parts)


def _stream(source: DeclaredSource, seed: int, b: int) -> np.random.Generator:
    return stream(seed, f"power/{source.key}", b)


def _statistics(
    compared: Comparison,
    truth: Truth,
    generators: Sequence[np.random.Generator],
    again: Sequence[np.random.Generator],
) -> Array:
    """Return the statistics of some replicates; ``again`` are equal generators, for the smaller model."""
    source, other, method = compared.larger, compared.smaller, compared.method
    drawn = source.draw(generators)
    Y = outcomes_of(source.template, drawn, truth, generators)
    X = source.template.X[None] if drawn is None else drawn.X
    Y = Y + X @ truth.beta
    small = None if drawn is None else other.draw(again)
    criteria = [_criteria(each.template, own, Y, method) for each, own in ((other, small), (source, drawn))]
    found = criteria[0] - criteria[1]
    found[found < WORSE] = np.nan
    return np.where(np.isfinite(found), np.maximum(found, 0.0), np.nan)


def _criteria(template: Design, drawn: Drawn | None, Y: Array, method: Method) -> Array:
    """Return the criteria of the fits to outcomes, shape (B, n); NaN for failed fits."""
    start = _start(template)
    fit = evaluate_at(template, start, method=method)
    if drawn is None:
        return refit_many(fit, Y.T).criterion
    if len(fit.prepared.strategy.factors) == 1:
        return refit_redrawn(fit, drawn, Y, start).replicates.criterion
    return _one_by_one(template, drawn, Y, method)


def _start(design: Design) -> Array:
    return np.concatenate(
        [np.eye(len(term.names))[np.triu_indices(len(term.names))] for term in design.random]
    )


def _one_by_one(template: Design, drawn: Drawn, Y: Array, method: Method) -> Array:
    """Return the criteria of drawn designs, NaN for failed fits."""
    found = np.full(Y.shape[0], np.nan)
    for b in range(Y.shape[0]):
        try:
            found[b] = fit_lmm(drawn.design(template, b, Y[b]), method=method).criterion
        except FitError:  # a failed study is not a rejection
            continue
    return found
