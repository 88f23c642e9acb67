"""The power of tests in closed form, at the declared truth (statistics, section 16.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.power.expected import CrossProducts, Expected
from mlm_steps.power.tests import Test, power_of_f, power_of_t
from mlm_steps.power.truth import Truth

__all__ = ["Closed", "closed_power", "combined_df", "joint_df"]

Array = NDArray[np.float64]

EQUAL_DF = 1e-8
"""Relative difference up to which the df of all directions are equal up to rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """Closed answers of one test over D designs; NaN for a design that does not identify the effect.

    Attributes
    ----------
    test : Test
    estimate : ndarray, shape (q,)
        L beta at the truth.
    vcov : ndarray, shape (D, q, q)
        Covariance matrix of L beta's estimate at the true variances.
    df : ndarray, shape (D,)
        Denominator degrees of freedom.
    power : ndarray, shape (D,)
    """

    test: Test
    estimate: Array
    vcov: Array
    df: Array
    power: Array

    @property
    def se(self) -> Array:
        """Standard errors of a test with one row, shape (D,)."""
        return np.sqrt(self.vcov[:, 0, 0])

    @property
    def noncentrality(self) -> Array:
        """Of the F statistic, (L beta)ᵀ (L C Lᵀ)⁻¹ L beta, shape (D,)."""
        return _noncentrality(self.estimate, self.vcov)

    def at(self, estimate: Array, alpha: float) -> Array:
        """Return the power at another effect, shape (D,): neither its variance nor its df changes."""
        return _power(self.test, estimate, self.vcov, self.df, alpha)

    def with_groups(self, times: float, more: int, alpha: float) -> Array:
        """Return the power with ``times`` as many groups, ``more`` of them, shape (D,)."""
        return _power(self.test, self.estimate, self.vcov / times, self.df + more, alpha)


def closed_power(
    products: CrossProducts, truth: Truth, tests: Sequence[Test], alpha: float, *, z: bool = False
) -> list[Closed]:
    """Return the closed answers for all tests; ``z`` for tests with infinite degrees of freedom."""
    expected = products.expected([T[None] for T in truth.covariances], np.array([truth.sigma]))
    return [_closed(expected, truth, test, alpha, z=z) for test in tests]


def _closed(expected: Expected, truth: Truth, test: Test, alpha: float, *, z: bool) -> Closed:
    estimate = test.contrasts @ truth.beta
    vcov = test.contrasts @ expected.vcov @ test.contrasts.T
    df = np.full(expected.sound.size, np.inf) if z else joint_df(expected, test)
    power = _power(test, estimate, vcov, df, alpha)
    lost = ~expected.sound
    vcov[lost], df[lost], power[lost] = np.nan, np.nan, np.nan
    return Closed(test, estimate, vcov, df, power)


def joint_df(expected: Expected, test: Test) -> Array:
    """Return the denominator degrees of freedom of a test, shape (D,) (Fai & Cornelius 1996)."""
    if test.q == 1:
        return expected.df(test.contrasts)[:, 0]
    _, vectors = np.linalg.eigh(test.contrasts @ expected.vcov @ test.contrasts.T)
    return combined_df(expected.df(vectors.transpose(0, 2, 1) @ test.contrasts))


def combined_df(df: Array) -> Array:
    """Return the df of the mean of independent squared t variables, from theirs, (D, q), as shape (D,)."""
    q = df.shape[1]
    finite = np.where(np.isfinite(df), df, 1e15)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (finite / (finite - 2.0)).sum(axis=1)
        found = 2.0 * expected / (expected - q)
    found = np.where(finite.min(axis=1) <= 2.0, 2.0, found)
    equal = np.ptp(finite, axis=1) <= EQUAL_DF * finite.max(axis=1)
    return np.where(equal, df[:, 0], found)


def _power(test: Test, estimate: Array, vcov: Array, df: Array, alpha: float) -> Array:
    if test.q == 1:
        return power_of_t(estimate[0] / np.sqrt(vcov[:, 0, 0]), df, alpha, test.alternative)
    return power_of_f(_noncentrality(estimate, vcov), test.q, df, alpha)


def _noncentrality(estimate: Array, vcov: Array) -> Array:
    right = np.broadcast_to(estimate, vcov.shape[:2])[..., None]
    found: Array = (estimate @ np.linalg.solve(vcov, right))[:, 0]
    return found
