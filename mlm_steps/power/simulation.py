"""Simulated studies: outcomes without effects, refitted (statistics, section 16.3).

Standard errors and degrees of freedom depend on the outcome only through its residuals, so that an effect
shifts the estimates and nothing else. One simulation therefore serves all effects, sizes of tests and the
smallest detectable effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.bootstrap.drawn_designs import Drawn
from mlm_steps.engine.bootstrap.redrawn import refit_redrawn
from mlm_steps.engine.bootstrap.refits import Refits, refit_with_errors
from mlm_steps.engine.bootstrap.standard_errors import StandardErrors
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.engine.fit.lmm import evaluate_at
from mlm_steps.engine.result.lmm_fit import Method
from mlm_steps.errors import Fault, UsageError
from mlm_steps.power.closed import combined_df, joint_df
from mlm_steps.power.expected import CrossProducts
from mlm_steps.power.tests import Test
from mlm_steps.power.truth import Truth

__all__ = ["DesignSource", "DfMethod", "Outcome", "Simulated", "outcomes_of", "simulate", "simulate_by"]

Array = NDArray[np.float64]
DfMethod = Literal["satterthwaite", "kenward-roger", "z"]

ELEMENTS = 1_500_000
"""Largest number of elements of the arrays X that are processed at a time; they take 12 MB."""


class DesignSource(Protocol):
    """Where the designs of the simulated studies come from."""

    @property
    def key(self) -> str:
        """Identifies the design among those of a run; it determines the random numbers."""

    @property
    def template(self) -> Design:
        """The design itself, or the first that is drawn; its outcome has no meaning."""

    def draw(self, generators: Sequence[np.random.Generator]) -> Drawn | None:
        """Return one design per generator, or None where all replicates have the template's design."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What the replicates say about one test, at L beta = 0; NaN for failed replicates.

    Attributes
    ----------
    test : Test
    estimate : ndarray, shape (B, q)
        Estimates of L beta.
    vcov : ndarray, shape (B, q, q)
        Their covariance matrices by the method of the degrees of freedom.
    df : ndarray, shape (B,)
        Denominator degrees of freedom.
    given : ndarray, shape (B, q)
        Generalized least-squares estimates at the true variances.
    given_vcov : ndarray, shape (B, q, q)
        Their covariance matrices.
    """

    test: Test
    estimate: Array
    vcov: Array
    df: Array
    given: Array
    given_vcov: Array


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """Simulated studies of one design.

    Attributes
    ----------
    status : ndarray of str, shape (B,)
        ``converged``, ``singular`` or ``failed``.
    outcomes : tuple of Outcome
        One per test.
    """

    status: NDArray[np.str_]
    outcomes: tuple[Outcome, ...]

    @classmethod
    def joined(cls, parts: Sequence[Simulated]) -> Simulated:
        """Return the studies of several parts, one after the other."""
        status = np.concatenate([part.status for part in parts])
        outcomes = []
        for same in zip(*(part.outcomes for part in parts), strict=True):
            names = ("estimate", "vcov", "df", "given", "given_vcov")
            arrays = {name: np.concatenate([getattr(each, name) for each in same]) for name in names}
            outcomes.append(Outcome(same[0].test, **arrays))
        return cls(status, tuple(outcomes))


def simulate(
    source: DesignSource,
    truth: Truth,
    tests: Sequence[Test],
    *,
    seed: int,
    numbers: range,
    method: Method = "REML",
    df: DfMethod = "satterthwaite",
) -> Simulated:
    """Return simulated studies under the truth with beta = 0.

    Parameters
    ----------
    source : DesignSource
    truth : Truth
    tests : sequence of Test
    seed : int
        Replicate b depends on the seed, the source's key and b alone.
    numbers : range
        Numbers of the replicates.
    method : {"REML", "ML"}
    df : {"satterthwaite", "kenward-roger", "z"}
        Method of the degrees of freedom; Kenward and Roger's adjusts the standard errors too.
    """
    return simulate_by(source, truth, tests, (df,), seed=seed, numbers=numbers, method=method)[0]


def simulate_by(
    source: DesignSource,
    truth: Truth,
    tests: Sequence[Test],
    df: Sequence[DfMethod],
    *,
    seed: int,
    numbers: range,
    method: Method = "REML",
) -> tuple[Simulated, ...]:
    """Return the same simulated studies with each of several methods of the degrees of freedom."""
    template, theta = source.template, truth.theta()
    fit = evaluate_at(template, theta, method=method)
    width = max(1, ELEMENTS // template.X.size)
    parts: list[list[Simulated]] = [[] for _ in df]
    for first in range(numbers.start, numbers.stop, width):
        part = range(first, min(first + width, numbers.stop))
        generators = [stream(seed, f"power/{source.key}", b) for b in part]
        drawn = source.draw(generators)
        Y = outcomes_of(template, drawn, truth, generators)
        if drawn is None:
            refits = refit_with_errors(fit, Y.T, theta)
        elif len(fit.prepared.strategy.factors) == 1:
            refits = refit_redrawn(fit, drawn, Y, theta)
        else:
            refits = _one_by_one(drawn, template, Y, theta, method)
        for each, own in zip(df, parts, strict=True):
            products = CrossProducts.of(template, drawn) if each == "kenward-roger" else None
            if each == "kenward-roger" and products is None:
                what = "the groups are too many for Kenward and Roger's tests"
                raise UsageError(Fault("df", what, "df: satterthwaite"))
            own.append(_read(refits, template, truth, tests, each, products))
    return tuple(map(Simulated.joined, parts))


def outcomes_of(
    template: Design, drawn: Drawn | None, truth: Truth, generators: Sequence[np.random.Generator]
) -> Array:
    """Return outcomes with beta = 0, shape (B, n): random effects term by term, then residuals."""
    Y = np.empty((len(generators), template.n))
    roots = truth.roots()
    for b, generator in enumerate(generators):
        total = np.zeros(template.n)
        for t, (term, root) in enumerate(zip(template.random, roots, strict=True)):
            effects = generator.standard_normal((len(term.levels), root.shape[0])) @ root.T
            z = term.z if drawn is None else drawn.z[t][b]
            total += np.einsum("nk,nk->n", z, effects[term.refs])
        Y[b] = total + truth.sigma * generator.standard_normal(template.n)
    return Y


def _one_by_one(drawn: Drawn, template: Design, Y: Array, theta: Array, method: Method) -> Refits:
    """Return the refits of drawn designs with several grouping factors."""
    parts = []
    for b in range(Y.shape[0]):
        design = drawn.design(template, b, Y[b])
        fit = evaluate_at(design, theta, method=method)
        parts.append(refit_with_errors(fit, design.y[:, None], theta))
    return Refits.joined(parts)


def _read(
    refits: Refits,
    design: Design,
    truth: Truth,
    tests: Sequence[Test],
    df: DfMethod,
    products: CrossProducts | None,
) -> Simulated:
    """Return what the tests need of the refits."""
    replicates = refits.replicates
    B = replicates.status.size
    given_vcov = np.broadcast_to(truth.sigma**2 * refits.given_vcov, (B, design.p, design.p))
    expected = None
    if products is not None:
        covariances = _covariances(design, replicates.theta, replicates.sigma)
        expected = products.expected(
            covariances, np.where(np.isfinite(replicates.sigma), replicates.sigma, 1.0)
        )
    vcov = refits.errors.vcov if expected is None else expected.adjusted_vcov
    lost = replicates.status == "failed"
    outcomes = []
    for test in tests:
        L = test.contrasts
        own = L @ vcov @ L.T
        if expected is not None and test.q > 1:
            scale, degrees = expected.joint(L)
            own = own / np.where(scale > 0.0, scale, 1.0)[:, None, None]
        elif expected is not None:
            degrees = joint_df(expected, test)
        else:
            degrees = np.full(B, np.inf) if df == "z" else satterthwaite_df(refits.errors, test)
        own[lost], degrees[lost] = np.nan, np.nan
        outcomes.append(
            Outcome(test, replicates.beta @ L.T, own, degrees, refits.given_beta @ L.T, L @ given_vcov @ L.T)
        )
    return Simulated(replicates.status, tuple(outcomes))


def _covariances(design: Design, theta: Array, sigma: Array) -> list[Array]:
    """Return the estimated covariance matrix of each term, shape (B, k, k); zero for failed replicates."""
    found, start = [], 0
    for term in design.random:
        k = term.z.shape[1]
        columns, rows = np.triu_indices(k)
        stop = start + rows.size
        factors = np.zeros((theta.shape[0], k, k))
        factors[:, rows, columns] = np.nan_to_num(theta[:, start:stop] * sigma[:, None])
        found.append(factors @ factors.transpose(0, 2, 1))
        start = stop
    return found


def satterthwaite_df(errors: StandardErrors, test: Test) -> Array:
    """Return Satterthwaite's denominator degrees of freedom of a test, shape (B,)."""
    L = test.contrasts
    usable = np.asarray(np.isfinite(errors.vcov).all(axis=(1, 2)))
    vcov = np.where(usable[:, None, None], errors.vcov, np.eye(L.shape[1]))
    if test.q == 1:
        return _each(errors, np.broadcast_to(L, (vcov.shape[0], *L.shape)))[:, 0]
    _, vectors = np.linalg.eigh(L @ vcov @ L.T)
    return combined_df(_each(errors, vectors.transpose(0, 2, 1) @ L))


def _each(errors: StandardErrors, contrasts: Array) -> Array:
    """Return the degrees of freedom of contrasts, shape (B, q, p), as shape (B, q)."""
    v = np.einsum("bqi,bij,bqj->bq", contrasts, errors.vcov, contrasts)
    g = np.einsum("bqi,brij,bqj->bqr", contrasts, errors.slopes, contrasts)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = 2.0 * v**2 / np.einsum("bqr,brs,bqs->bq", g, errors.spread, g)
    return found
