"""Quantities of a fit that are bootstrapped; they have the names of table rows (statistics, section 20)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.bootstrap import Sample
from mlm_steps.engine.result.moments import grouping_factors, shared_levels
from mlm_steps.engine.result.variance_sources import source_moments, source_shares, sources
from mlm_steps.records.fit import RandomKind, RandomParameter
from mlm_steps.records.intervals import IntervalKind, icc_row, r2_row, random_row
from mlm_steps.records.variance import Icc, VarianceMeasure

__all__ = ["Quantity", "quantities"]

Array = NDArray[np.float64]


class Quantity(NamedTuple):
    """One quantity of a fit in every replicate.

    Attributes
    ----------
    kind : {"fixed", "variance", "icc", "r2"}
    what : str
        The row of its table, named as in ``records.intervals``.
    values : ndarray, shape (B,)
        NaN if a replicate failed or the quantity is undefined in it.
    """

    kind: IntervalKind
    what: str
    values: Array


def quantities(sample: Sample) -> Iterator[Quantity]:
    """Yield all quantities: fixed effects, variances, correlations; ICCs and R² of linear models, or phi."""
    for column, values in zip(sample.fit.design.columns, sample.replicates.beta.T, strict=True):
        yield Quantity("fixed", column, values)
    for parameter, values in _random(sample):
        yield Quantity("variance", random_row(parameter), values)
    if sample.fit.design.response.linear:
        yield from _shares(sample)
    elif sample.replicates.phi is not None and sample.fit.phi is not None:
        yield Quantity("variance", "phi", sample.replicates.phi)


def _shares(sample: Sample) -> Iterator[Quantity]:
    """Yield the shares of variance of a linear model: ICCs, R² and its sources."""
    for row, values in _icc(sample):
        yield Quantity("icc", icc_row(row), values)
    total = sample.fixed + sample.random + sample.residual
    shares = {"r2_marginal": sample.fixed, "r2_conditional": sample.fixed + sample.random}
    for name, part in shares.items():
        measure = VarianceMeasure(measure=name, scope="total", value=None, method="")
        yield Quantity("r2", r2_row(measure), part / total)
    for measure, values in _sources(sample):
        yield Quantity("r2", r2_row(measure), values)


def _sources(sample: Sample) -> Iterator[tuple[VarianceMeasure, Array]]:
    """Yield the shares of Rights and Sterba; yield none for several grouping factors."""
    moments = source_moments(sample.fit.design)
    if moments is None:
        return
    found = sources(moments, sample.replicates.beta, sample.covariances, sample.residual)
    for (name, scope), values in source_shares(found).items():
        yield VarianceMeasure(measure=f"rs_{name}", scope=scope, value=None, method=""), values


def _random(sample: Sample) -> Iterator[tuple[RandomParameter, Array]]:
    for index, term in enumerate(sample.fit.design.random):
        T, place = sample.covariances[index], (index, term.group)
        for a, effect in enumerate(term.names):
            yield _row(*place, "variance", effect), T[:, a, a]
            yield _row(*place, "sd", effect), np.sqrt(T[:, a, a])
        for a, c in combinations(range(len(term.names)), 2):
            names = (term.names[a], term.names[c])
            yield _row(*place, "covariance", *names), T[:, a, c]
            yield _row(*place, "correlation", *names), sample.correlation(index, a, c)
    if not sample.fit.design.response.linear:
        return
    yield _row(None, "Residual", "variance"), sample.sigma2
    yield _row(None, "Residual", "sd"), sample.replicates.sigma


def _row(
    index: int | None,
    group: str,
    kind: RandomKind,
    effect_1: str | None = None,
    effect_2: str | None = None,
) -> RandomParameter:
    """Return a row without its estimate, which only names the quantity."""
    return RandomParameter(
        term_index=index, group=group, effect_1=effect_1, effect_2=effect_2, kind=kind, estimate=None
    )


def _icc(sample: Sample) -> Iterator[tuple[Icc, Array]]:
    fit = sample.fit
    total = sample.fixed + sample.random + sample.residual
    yield Icc(group=None, kind="adjusted", value=None), sample.random / (total - sample.fixed)
    yield Icc(group=None, kind="unadjusted", value=None), sample.random / total
    for index, term in enumerate(fit.design.random):
        effect = " + ".join(term.names)
        yield Icc(group=term.group, kind="term_share", value=None, effect=effect), sample.shares([index])
    factors = grouping_factors(fit)
    if len(factors) < 2:
        return
    for group, positions in factors.items():
        yield Icc(group=group, kind="level_share", value=None), sample.shares(positions)
    for named, shared in shared_levels(fit).items():
        positions = tuple(position for group in sorted(shared) for position in factors[group])
        row = Icc(group=" & ".join(named), kind="same_group_correlation", value=None)
        yield row, sample.shares(positions)
