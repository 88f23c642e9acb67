"""The F distribution of the Wald statistic of a joint hypothesis; Kenward and Roger's scale and df."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["JointDf", "joint_test"]

Array = NDArray[np.float64]

NEAR_ZERO = 1e-10
"""Size below which numerator and denominator are 0 up to rounding (balanced data); their ratio is then 1."""
NEAR_TWO = 1e-2
"""Distance of the denominator df from 2, where the scale diverges, within which it is taken as 1."""


class JointDf(NamedTuple):
    """The F distribution of the Wald statistic v' V⁻¹ v of a joint hypothesis.

    ``scale`` times the statistic over its rank has an F distribution with ``df`` denominator degrees of
    freedom; infinite for chi-square over rank.
    """

    scale: float
    df: float


def joint_test(P: Array, W: Array) -> JointDf:
    """Return scale and df of the F statistic from P, restricted to the q directions of the hypothesis."""
    q = P.shape[1]
    traces = np.einsum("rii->r", P)
    A1 = float(traces @ W @ traces)
    flat = P.reshape(P.shape[0], -1)
    A2 = float(np.sum(W * (flat @ P.transpose(0, 2, 1).reshape(P.shape[0], -1).T)))
    if A2 <= 0.0:
        return JointDf(1.0, np.inf)
    B = (A1 + 6.0 * A2) / (2.0 * q)
    g = ((q + 1.0) * A1 - (q + 4.0) * A2) / ((q + 2.0) * A2)
    c = 3.0 * q + 2.0 * (1.0 - g)
    rest, first, second = 1.0 - A2 / q, 1.0 - (q - g) / c * B, 1.0 - (q + 2.0 - g) / c * B
    top = 1.0 + g / c * B
    if abs(top) < NEAR_ZERO:
        top = 0.0
    rho = _ratio(rest, first) ** 2 * top / second / q
    m = 4.0 + (q + 2.0) / (q * rho - 1.0)
    return JointDf(1.0 if abs(m - 2.0) < NEAR_TWO else m * rest / (m - 2.0), m)


def _ratio(above: float, below: float) -> float:
    return 1.0 if abs(above) < NEAR_ZERO and abs(below) < NEAR_ZERO else above / below
