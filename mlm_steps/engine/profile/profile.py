"""Profile likelihood: the rise of the ML deviance as one parameter is fixed away from its estimate.

For a parameter psi, zeta(psi) is the signed root of that rise; an interval holds the psi with |zeta| below
the normal quantile (statistics, section 8). Points are a fixed distance apart in zeta; each search starts at
an extrapolation of the points before it. The limits are computed by solving for them, not by interpolation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mlm_steps.engine.profile.base import Constrained
from mlm_steps.engine.search.trust_region import rank_one, trust_step

__all__ = ["Profile", "trace"]

Array = NDArray[np.float64]

STEPS = 8
"""Number of points between the estimate and the 99 % limit for all parameters jointly."""
MINIMISED = 1e-7
"""Predicted decrease of the deviance below which the last Newton step is accepted without an evaluation."""
NEAR = 1e-3
"""Predicted decrease for points between the estimate and the limit, where fewer digits are needed."""
MOST_STEPS = 60
"""Largest number of Newton steps at one point, and of points in one direction."""
FALLS = 1e-4
"""Decrease of |zeta| away from the estimate above which it is not attributed to rounding."""
CLOSE = 1e-2
"""Distance in zeta within which the parabola through three points gives the limit."""
RIVAL_SEARCHES = 3
"""Largest number of times that a side is searched for lower branches."""
STARTS = 5
"""Number of starts of each search for a lower branch."""
AT_BOUND = 1e-3
"""Distance of a limit from its bound, relative to that of the estimate, below which the bound replaces it."""
SHORTEST = 1e-6
"""Step, relative to the first one, below which the search on this side ends without a limit."""
POOR = 0.25
"""Ratio of actual to predicted decrease below which the trust region shrinks."""
GOOD = 0.7
"""Ratio of actual to predicted decrease above which the trust region grows."""
ACCEPTED = 1e-4
"""Smallest ratio of actual to predicted decrease at which a step is accepted."""
TOO_FAR = 2.5
"""Largest distance in zeta between two points, relative to the intended distance."""
LONGEST = 4.0
"""Largest ratio of a step to the previous one."""
SAME_LIMIT = 1e-12
"""Width of the enclosing interval, relative to the limit, below which the limit is exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The profile of one parameter.

    Attributes
    ----------
    estimate : float
        The ML estimate, in the units of the design.
    values, zeta : ndarray, shape (points,)
        The curve, by increasing value.
    low, high : float or None
        Limits of the interval; a bound of the parameter if the deviance does not rise enough before it.
    low_code, high_code : str or None
        ``boundary`` for such a bound; ``unreliable`` where zeta is not monotone; ``not_reached`` where the
        search gave up before the limit.
    lower : float
        Decrease of the deviance below that of the fit; if it is positive, the fit is not the optimum.
    """

    estimate: float
    values: Array
    zeta: Array
    low: float | None
    high: float | None
    low_code: str | None
    high_code: str | None
    lower: float


class _Minimum(NamedTuple):
    """The minimum over the free coordinates with the parameter fixed at c."""

    c: float
    x: Array
    value: float
    hessian: Array
    zeta: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One side of the estimate: its points, the limit, and the code of the limit."""

    points: tuple[_Minimum, ...]
    limit: float | None
    code: str | None


def trace(constrained: Constrained, confidence: float, parameters: int, *, doubtful: bool = False) -> Profile:
    """Return the profile of one parameter.

    Parameters
    ----------
    constrained : Constrained
    confidence : float
        Confidence of the interval, for example 0.95.
    parameters : int
        Number of parameters of the model, which sets the distance of the points.
    doubtful : bool
        Whether the other parameters may have several optima, so that limits are checked from other starts.
    """
    cut = float(special.ndtri(0.5 + confidence / 2))
    distance = float(np.sqrt(special.chdtri(parameters, 0.01))) / STEPS
    centre = _centre(constrained)
    down, up = (_side(constrained, centre, sign, cut, distance, doubtful) for sign in (-1.0, 1.0))
    points = [*reversed(down.points), centre, *up.points]
    lowest = min(point.value for point in points)
    return Profile(
        constrained.shown(constrained.best),
        np.array([constrained.shown(point.c) for point in points]),
        np.array([point.zeta for point in points]),
        None if down.limit is None else constrained.shown(down.limit),
        None if up.limit is None else constrained.shown(up.limit),
        down.code, up.code, max(centre.value - lowest, 0.0),
    )  # fmt: skip


def _centre(constrained: Constrained) -> _Minimum:
    found = _minimise(constrained, constrained.best, constrained.start, None, MINIMISED)
    if found is None:
        raise ValueError("the deviance does not exist at the optimum")
    return found


def _side(
    constrained: Constrained,
    centre: _Minimum,
    sign: float,
    cut: float,
    distance: float,
    doubtful: bool,
) -> _Side:
    """Return the points from the estimate until zeta passes the cut or the parameter reaches its bound."""
    bound = constrained.low if sign < 0 else constrained.high
    points, step, code, searches = [centre], constrained.step, None, RIVAL_SEARCHES if doubtful else 0
    if centre.c == bound:
        return _Side((), bound, "boundary")
    while len(points) <= MOST_STEPS:
        c = points[-1].c + sign * step
        c = bound if sign * (bound - c) < 0.0 else c
        found = _zeta(
            constrained, centre, _minimise(constrained, c, _ahead(points, c), points[-1].hessian, NEAR), sign
        )
        further = np.inf if found is None else abs(found.zeta) - abs(points[-1].zeta)
        if found is None or (further > TOO_FAR * distance and step > SHORTEST * constrained.step):
            step *= max(0.1, distance / further)
            if step < SHORTEST * constrained.step:
                return _Side(tuple(points[1:]), None, "not_reached")
            continue
        if further < -FALLS:
            code = "unreliable"
        step = abs(c - points[-1].c) * min(LONGEST, distance / max(further, 1e-6 * distance))
        points.append(found)
        if abs(found.zeta) > cut:
            limit = _limit(constrained, centre, points[-3:], sign * cut)
            rival = _rival(constrained, centre, limit, found.x, sign) if searches else None
            if rival is None or abs(rival.zeta) > cut - CLOSE:
                if abs(limit - bound) < AT_BOUND * abs(centre.c - bound):
                    limit, code = bound, code or "boundary"
                return _Side(tuple(points[1:]), limit, code)
            # A lower branch exists, and the curve continues on it.
            points[-1], searches = rival, searches - 1
            continue
        if c == bound or found.zeta**2 >= constrained.ceiling:
            end = () if c == bound else (found._replace(c=bound),)
            return _Side((*points[1:], *end), bound, code or "boundary")
    return _Side(tuple(points[1:]), None, "not_reached")


def _rival(constrained: Constrained, centre: _Minimum, c: float, x: Array, sign: float) -> _Minimum | None:
    """Return the lowest point at c of searches from a few other starts."""
    generator, found = np.random.default_rng(x.size), []
    for _ in range(STARTS):
        start = x * np.exp(0.4 * generator.normal(size=x.size)) + 0.3 * generator.normal(size=x.size)
        found.append(_zeta(constrained, centre, _minimise(constrained, c, start, None, MINIMISED), sign))
    return min((point for point in found if point is not None), key=lambda p: abs(p.zeta), default=None)


def _zeta(constrained: Constrained, centre: _Minimum, found: _Minimum | None, sign: float) -> _Minimum | None:
    """Return a point with its zeta; the ceiling limits the rise of the deviance."""
    if found is None:
        return None
    rise = max(found.value - centre.value, 0.0)
    if rise > constrained.ceiling or not constrained.is_itself(found.x):
        rise = constrained.ceiling
    return found._replace(zeta=sign * float(np.sqrt(rise)))


def _ahead(points: Sequence[_Minimum], c: float) -> Array:
    """Return the extrapolation of the last points to c: by a parabola, a line, or the last point."""
    last, reach = points[-1], abs(c - points[-1].c)
    known = [last]
    for point in points[-2:-4:-1]:
        if abs(point.c - last.c) < 0.3 * reach:
            break
        known.append(point)
    x = np.zeros_like(last.x)
    for i, point in enumerate(known):
        weight = 1.0
        for j, other in enumerate(known):
            if i != j:
                weight *= (c - other.c) / (point.c - other.c)
        x += weight * point.x
    return x


def _limit(constrained: Constrained, centre: _Minimum, points: Sequence[_Minimum], cut: float) -> float:
    """Return the c at which zeta is the cut, from points of which the last two enclose it.

    The parabola through three points gives a fourth. Once that is close, a last parabola gives the limit.
    """
    known, inside, outside = list(points), points[-2], points[-1]
    c = outside.c
    for _ in range(MOST_STEPS):
        c = _inverse(known[-3:], cut)
        if not min(inside.c, outside.c) < c < max(inside.c, outside.c):
            c = 0.5 * (inside.c + outside.c)
        share = (c - inside.c) / (outside.c - inside.c)
        start = inside.x + share * (outside.x - inside.x)
        found = _zeta(
            constrained, centre, _minimise(constrained, c, start, inside.hessian, MINIMISED), np.sign(cut)
        )
        if found is None or abs(outside.c - inside.c) <= SAME_LIMIT * abs(c):
            return c
        known.append(found)
        if abs(found.zeta - cut) < CLOSE:
            return _inverse(known[-3:], cut)
        inside, outside = (inside, found) if abs(found.zeta) > abs(cut) else (found, outside)
    return c


def _inverse(points: Sequence[_Minimum], zeta: float) -> float:
    """Return the c of a zeta on the parabola through up to three points; nan where two have one zeta."""
    c = 0.0
    for i, point in enumerate(points):
        weight = 1.0
        for j, other in enumerate(points):
            if i != j:
                gap = point.zeta - other.zeta
                weight *= (zeta - other.zeta) / gap if gap else np.nan
        c += weight * point.c
    return c


def _minimise(
    constrained: Constrained, c: float, x: Array, hessian: Array | None, tolerance: float
) -> _Minimum | None:
    """Return the minimum over the free coordinates, by Newton steps inside a trust region.

    The last step is not evaluated, because the quadratic model predicts a decrease below the tolerance.
    Without exact Hessians the given Hessian is updated by the symmetric rank-one formula.
    """
    point = constrained.point(c, x, hessian=constrained.exact_hessian or hessian is None)
    if point is None:
        return None
    if x.size == 0:
        return _Minimum(c, x, point.value, np.zeros((0, 0)))
    H = hessian if point.hessian is None else point.hessian
    radius = 1.0 + float(np.linalg.norm(x))
    for _ in range(MOST_STEPS):
        if H is None:
            return None
        step, predicted = trust_step(point.gradient, H, radius)
        if predicted < tolerance:
            return _Minimum(c, x + step, point.value - predicted, H)
        trial = constrained.point(c, x + step, hessian=constrained.exact_hessian)
        gain = -np.inf if trial is None else (point.value - trial.value) / predicted
        length = float(np.linalg.norm(step))
        if gain < POOR:
            radius = 0.25 * length
        elif gain > GOOD:
            radius = max(radius, 3.0 * length)
        if trial is not None:
            updated = trial.hessian
            if updated is None:
                updated = rank_one(H, step, trial.gradient - point.gradient)
            if gain > ACCEPTED:
                x, point = x + step, trial
            if gain > ACCEPTED or trial.hessian is None:
                H = updated
    return None if H is None else _Minimum(c, x, point.value, H)
