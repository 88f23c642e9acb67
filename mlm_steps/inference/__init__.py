"""Tests of fixed effects: degrees of freedom, t tests and Wald intervals (statistics, sections 7 and 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from mlm_steps.engine.values import LmmFit
from mlm_steps.inference.residual import residual
from mlm_steps.inference.satterthwaite import satterthwaite
from mlm_steps.inference.z import z

__all__ = ["METHODS", "CoefficientTests", "DfMethod", "test_coefficients", "test_contrasts"]

Array = NDArray[np.float64]


class DfMethod(Protocol):
    """Denominator degrees of freedom of one-dimensional contrasts.

    The next method is a module with one function of this signature, named as the module, and a line
    in ``METHODS``.
    """

    def __call__(self, fit: LmmFit, contrasts: Array) -> Array:
        """Return one df per row of ``contrasts`` (q, p); infinite for a normal reference distribution."""


METHODS: dict[str, DfMethod] = {"satterthwaite": satterthwaite, "residual": residual, "z": z}


@dataclass(frozen=True, slots=True, eq=False)
class CoefficientTests:
    """Wald tests, one element per coefficient or contrast.

    Attributes
    ----------
    estimate, se : ndarray, shape (q,)
        In outcome units per unit of the predictor.
    df : ndarray, shape (q,)
        Degrees of freedom; infinite for z tests.
    t, p : ndarray, shape (q,)
        Statistic and two-sided p-value of the hypothesis that the coefficient is 0.
    ci_low, ci_high : ndarray, shape (q,)
        Wald interval with the same degrees of freedom.
    """

    estimate: Array
    se: Array
    df: Array
    t: Array
    p: Array
    ci_low: Array
    ci_high: Array


def test_coefficients(fit: LmmFit, method: str, confidence: float) -> CoefficientTests:
    """Return the tests of all fixed effects; ``method`` is a key of ``METHODS``."""
    return test_contrasts(fit, np.eye(fit.design.p), method, confidence)


def test_contrasts(fit: LmmFit, contrasts: Array, method: str, confidence: float) -> CoefficientTests:
    """Return the tests of linear combinations of the fixed effects, one per row of ``contrasts`` (q, p)."""
    df = METHODS[method](fit, contrasts)
    estimate = contrasts @ fit.beta
    se = np.sqrt(np.einsum("ij,jk,ik->i", contrasts, fit.vcov, contrasts))
    t = estimate / se
    tail = 0.5 + 0.5 * confidence
    normal = np.isinf(df)
    finite = np.where(normal, 1.0, df)
    p = 2.0 * np.where(normal, ndtr(-np.abs(t)), stdtr(finite, -np.abs(t)))
    width = se * np.where(normal, ndtri(tail), stdtrit(finite, tail))
    return CoefficientTests(estimate, se, df, t, p, estimate - width, estimate + width)
