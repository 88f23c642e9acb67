"""The required number of groups from simulated power (statistics, section 16.5).

The probit of the power of a Wald test is nearly linear in the square root of the number of groups. A weighted
line through a few simulated designs gives the number at which it reaches the target, and Fieller's interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

__all__ = ["SPREAD", "Point", "ProbitLine", "designs_around", "fit_line"]

Array = NDArray[np.float64]

SPREAD = (0.5, 0.7, 0.95, 1.25, 1.6)
"""The simulated numbers of groups, as multiples of the closed answer."""
CLEAR = 1e-6
"""Distance from 0 and 1 to which a power is moved before its probit is taken."""


@dataclass(frozen=True, slots=True)
class Point:
    """The simulated power of one design: number of groups, power and its standard error."""

    groups: int
    power: float
    se: float


@dataclass(frozen=True, slots=True, eq=False)
class ProbitLine:
    """The line Phi⁻¹(power) = intercept + slope sqrt(groups).

    Attributes
    ----------
    intercept, slope : float
    covariance : ndarray, shape (2, 2)
    """

    intercept: float
    slope: float
    covariance: Array

    def power(self, groups: Array) -> Array:
        """Return the power at numbers of groups."""
        found: Array = ndtr(self.intercept + self.slope * np.sqrt(groups))
        return found

    def band(self, groups: Array, confidence: float = 0.95) -> tuple[Array, Array]:
        """Return pointwise limits of the power."""
        x = np.column_stack([np.ones(len(groups)), np.sqrt(groups)])
        centre = x @ [self.intercept, self.slope]
        reach = ndtri(0.5 + 0.5 * confidence) * np.sqrt(np.einsum("gi,ij,gj->g", x, self.covariance, x))
        return ndtr(centre - reach), ndtr(centre + reach)

    def groups(self, target: float, confidence: float = 0.95) -> tuple[float, float, float]:
        """Return the number of groups that reaches the target, with Fieller's interval.

        A limit is infinite where the slope is not clearly above 0, and 0 where it lies below any number.
        """
        z, t = float(ndtri(target)), float(ndtri(0.5 + 0.5 * confidence))
        (vaa, vac), (_, vcc) = self.covariance
        if self.slope <= 0.0:
            return np.inf, 0.0, np.inf
        x = (z - self.intercept) / self.slope
        # The x at which (z - a - c x)² = t² Var(a + c x).
        A = self.slope**2 - t**2 * vcc
        B = -2.0 * (self.slope * (z - self.intercept) + t**2 * vac)
        C = (z - self.intercept) ** 2 - t**2 * vaa
        inside = B**2 - 4.0 * A * C
        if A <= 0.0 or inside < 0.0:
            return _squared(x), 0.0, np.inf
        low, high = sorted(((-B - np.sqrt(inside)) / (2.0 * A), (-B + np.sqrt(inside)) / (2.0 * A)))
        return _squared(x), _squared(low), _squared(high)


def designs_around(closed: int, *, multiple: int = 1, least: int = 3) -> tuple[int, ...]:
    """Return the numbers of groups to simulate, multiples of ``multiple``, from the closed answer.

    >>> designs_around(80, multiple=2)
    (40, 56, 76, 100, 128)
    """
    found = [max(least, multiple * round(closed * share / multiple)) for share in SPREAD]
    return tuple(dict.fromkeys(multiple * -(-J // multiple) for J in found))


def fit_line(points: Sequence[Point]) -> ProbitLine:
    """Return the weighted line; the weights follow from the standard errors by the delta method.

    Raises
    ------
    ValueError
        If there are fewer than two different numbers of groups.
    """
    if len({point.groups for point in points}) < 2:
        raise ValueError("a line needs two different numbers of groups")
    power = np.clip([point.power for point in points], CLEAR, 1.0 - CLEAR)
    y = ndtri(power)
    density = np.exp(-0.5 * y**2) / np.sqrt(2.0 * np.pi)
    se = np.maximum([point.se for point in points], CLEAR) / density
    X = np.column_stack([np.ones(len(points)), np.sqrt([float(point.groups) for point in points])])
    weighted = X / se[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    intercept, slope = covariance @ (weighted.T @ (y / se))
    return ProbitLine(float(intercept), float(slope), covariance)


def _squared(root: float) -> float:
    return float(max(root, 0.0) ** 2)
