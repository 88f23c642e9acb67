"""Quantities of a fit that are bootstrapped; they have the names of table rows (statistics, section 20)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.bootstrap import Sample
from mlm_steps.engine.result.moments import grouping_factors, shared_levels, variance_parts
from mlm_steps.engine.result.variance_sources import source_moments, source_shares, sources
from mlm_steps.records.fit import RandomKind, RandomParameter
from mlm_steps.records.intervals import IntervalKind, icc_row, r2_row, random_row
from mlm_steps.records.variance import Icc, VarianceMeasure
from mlm_steps.steps.parts.bootstrap_parts import ReplicatedParts, replicated_parts
from mlm_steps.variance.rights_sterba import TERM, term_scopes
from mlm_steps.variance.vpc import INTERCEPT, vpc

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


def quantities(sample: Sample, distribution: str | None = None) -> Iterator[Quantity]:
    """Yield all quantities: fixed effects, variances, correlations, phi, ICCs and R².

    ``distribution`` is the method of a generalized model's variance on the link scale. There are no ICCs and
    R² if that depends on the null model.
    """
    for column, values in zip(sample.fit.design.columns, sample.replicates.beta.T, strict=True):
        yield Quantity("fixed", column, values)
    for parameter, values in _random(sample):
        yield Quantity("variance", random_row(parameter), values)
    if sample.replicates.phi is not None and sample.fit.phi is not None:
        yield Quantity("variance", "phi", sample.replicates.phi)
    parts = replicated_parts(sample, distribution)
    if parts is not None:
        yield from _shares(sample, parts)


def _shares(sample: Sample, parts: ReplicatedParts) -> Iterator[Quantity]:
    """Yield the shares of variance: ICCs, R² and, for a linear model, its sources."""
    for row, values in _icc(sample, parts):
        yield Quantity("icc", icc_row(row), values)
    total = parts.total
    shares = {"r2_marginal": parts.fixed, "r2_conditional": parts.fixed + parts.random}
    for name, part in shares.items():
        measure = VarianceMeasure(measure=name, scope="total", value=None, method="")
        yield Quantity("r2", r2_row(measure), part / total)
    for measure, values in _sources(sample, parts) if sample.fit.design.response.linear else ():
        yield Quantity("r2", r2_row(measure), values)


def _sources(sample: Sample, parts: ReplicatedParts) -> Iterator[tuple[VarianceMeasure, Array]]:
    """Yield the shares of Rights and Sterba; for crossed factors those of the random terms."""
    moments = source_moments(sample.fit.design)
    if moments is None:
        for (name, scope), values in _crossed_sources(sample, parts):
            yield VarianceMeasure(measure=name, scope=scope, value=None, method=""), values
        return
    found = sources(moments, sample.replicates.beta, sample.covariances, sample.residual)
    for (name, scope), values in source_shares(found, moments.shares).items():
        yield VarianceMeasure(measure=f"rs_{name}", scope=scope, value=None, method=""), values


def _crossed_sources(sample: Sample, parts: ReplicatedParts) -> Iterator[tuple[tuple[str, str], Array]]:
    total = parts.total
    yield ("rs_f", "total"), parts.fixed / total
    yield ("rs_sigma2", "total"), parts.residual / total
    for scope, variance in zip(term_scopes(sample.fit), parts.terms, strict=True):
        yield (TERM, scope), variance / total


def _vpc(sample: Sample, parts: ReplicatedParts) -> Iterator[tuple[Icc, Array]]:
    """Yield the shares along the predictor of a random slope, at the values of the table."""
    fit = sample.fit
    factors = grouping_factors(fit, parts.dispersion)
    places = variance_parts(fit, None if fit.design.response.linear else 1.0)  # for the values of x alone
    for row in vpc(fit, places):
        if row.x is None or row.group is None:
            continue
        between = np.zeros_like(parts.residual)
        rest = parts.random + parts.residual
        for position in factors[row.group]:
            names = fit.design.random[position].names
            z = np.array([1.0 if name == INTERCEPT else row.x for name in names])
            between = between + np.einsum("i,bij,j->b", z, sample.covariances[position], z)
            rest = rest - parts.terms[position]
        yield row, between / (between + rest)


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


def _icc(sample: Sample, parts: ReplicatedParts) -> Iterator[tuple[Icc, Array]]:
    fit, total = sample.fit, parts.total
    yield Icc(group=None, kind="adjusted", value=None), parts.random / (total - parts.fixed)
    yield Icc(group=None, kind="unadjusted", value=None), parts.random / total
    for index, term in enumerate(fit.design.random):
        if index not in parts.dispersion:
            effect = " + ".join(term.names)
            yield Icc(group=term.group, kind="term_share", value=None, effect=effect), parts.shares([index])
    yield from _vpc(sample, parts)
    factors = grouping_factors(fit, parts.dispersion)
    if len(factors) < 2:
        return
    for group, positions in factors.items():
        yield Icc(group=group, kind="level_share", value=None), parts.shares(positions)
    for named, shared in shared_levels(fit, parts.dispersion).items():
        positions = tuple(position for group in sorted(shared) for position in factors[group])
        row = Icc(group=" & ".join(named), kind="same_group_correlation", value=None)
        yield row, parts.shares(positions)
