"""Profile likelihood: how far the ML deviance rises as one parameter is held away from its estimate.

For a parameter psi, zeta(psi) is the signed root of that rise; an interval holds the psi with |zeta| below
the normal quantile (statistics, section 8). Points are a fixed distance apart in zeta; each starts where the
two before it lead. The limits themselves are solved for, so that no interpolation is in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mlm_steps.engine.profile.constrained import ConstrainedDeviance
from mlm_steps.engine.search.optimize import rank_one, trust_step

__all__ = ["Profile", "trace"]

Array = NDArray[np.float64]

STEPS = 8
"""Points between the estimate and the 99 % limit of all parameters together."""
SETTLED = 1e-7
"""Decrease of the deviance, as predicted by the last Newton step, that is taken without another look."""
NEAR = 1e-3
"""The same for points on the way: what the prediction misses by is a small part of this."""
MOST_STEPS = 60
"""Newton steps at one point, and points in one direction."""
FALLS = 1e-4
"""Fall of |zeta| on the way outwards that rounding does not explain."""
CLOSE = 1e-2
"""Distance in zeta within which the curve through three points leads to the limit."""
LOOKS, STARTS = 3, 5
"""How often a side is looked at for lower branches, and from how many starts each time."""
AT_BOUND = 1e-3
"""A limit closer than this to its bound, in parts of the estimate, is the bound: the deviance there is the
same but for some millionths."""
SHORTEST = 1e-6
"""Step, in parts of the first one, below which nothing is gained by going on."""


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
        Limits of the interval; a bound of the parameter where the deviance does not rise enough before it.
    low_code, high_code : str or None
        ``boundary`` for such a bound; ``unreliable`` where zeta is not monotone; ``not_reached`` where the
        search gave up before the limit.
    lower : float
        How far the deviance fell below that of the fit, if it did: the fit is not the optimum then.
    """

    estimate: float
    values: Array
    zeta: Array
    low: float | None
    high: float | None
    low_code: str | None
    high_code: str | None
    lower: float


class _Settled(NamedTuple):
    """The minimum over the free coordinates with the parameter held at c."""

    c: float
    x: Array
    value: float
    hessian: Array
    zeta: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One direction: the points outwards, the limit, and what is to be said of it."""

    points: tuple[_Settled, ...]
    limit: float | None
    code: str | None


def trace(
    constrained: ConstrainedDeviance, confidence: float, parameters: int, *, doubtful: bool = False
) -> Profile:
    """Return the profile of one parameter.

    Parameters
    ----------
    constrained : ConstrainedDeviance
    confidence : float
        Of the interval, for example 0.95.
    parameters : int
        Number of parameters of the model, which decides on the distance of the points.
    doubtful : bool
        Whether the others may have several optima, so that limits are looked at from other starts too.
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


def _centre(constrained: ConstrainedDeviance) -> _Settled:
    found = _settle(constrained, constrained.best, constrained.start, None, SETTLED)
    if found is None:
        raise ValueError("the deviance does not exist at the optimum")
    return found


def _side(
    constrained: ConstrainedDeviance,
    centre: _Settled,
    sign: float,
    cut: float,
    distance: float,
    doubtful: bool,
) -> _Side:
    """Return the points from the estimate outwards until zeta passes the cut or the parameter its bound."""
    bound = constrained.low if sign < 0 else constrained.high
    points, step, code, looks = [centre], constrained.step, None, LOOKS if doubtful else 0
    if centre.c == bound:
        return _Side((), bound, "boundary")
    while len(points) <= MOST_STEPS:
        c = points[-1].c + sign * step
        c = bound if sign * (bound - c) < 0.0 else c
        found = _zeta(
            constrained, centre, _settle(constrained, c, _ahead(points, c), points[-1].hessian, NEAR), sign
        )
        further = np.inf if found is None else abs(found.zeta) - abs(points[-1].zeta)
        if found is None or (further > 2.5 * distance and step > SHORTEST * constrained.step):
            step *= max(0.1, distance / further)
            if step < SHORTEST * constrained.step:
                return _Side(tuple(points[1:]), None, "not_reached")
            continue
        if further < -FALLS:
            code = "unreliable"
        step = abs(c - points[-1].c) * min(4.0, distance / max(further, 1e-6 * distance))
        points.append(found)
        if abs(found.zeta) > cut:
            limit = _limit(constrained, centre, points[-3:], sign * cut)
            rival = _rival(constrained, centre, limit, found.x, sign) if looks else None
            if rival is None or abs(rival.zeta) > cut - CLOSE:
                if abs(limit - bound) < AT_BOUND * abs(centre.c - bound):
                    limit, code = bound, code or "boundary"
                return _Side(tuple(points[1:]), limit, code)
            # Another branch is lower there: the curve goes on from it.
            points[-1], looks = rival, looks - 1
            continue
        if c == bound or found.zeta**2 >= constrained.ceiling:
            end = () if c == bound else (found._replace(c=bound),)
            return _Side((*points[1:], *end), bound, code or "boundary")
    return _Side(tuple(points[1:]), None, "not_reached")


def _rival(
    constrained: ConstrainedDeviance, centre: _Settled, c: float, x: Array, sign: float
) -> _Settled | None:
    """Return the lowest point at c that searches from a few other starts find."""
    generator, found = np.random.default_rng(x.size), []
    for _ in range(STARTS):
        start = x * np.exp(0.4 * generator.normal(size=x.size)) + 0.3 * generator.normal(size=x.size)
        found.append(_zeta(constrained, centre, _settle(constrained, c, start, None, SETTLED), sign))
    return min((point for point in found if point is not None), key=lambda p: abs(p.zeta), default=None)


def _zeta(
    constrained: ConstrainedDeviance, centre: _Settled, found: _Settled | None, sign: float
) -> _Settled | None:
    """Return a point with its zeta, which no ceiling of the deviance is below."""
    if found is None:
        return None
    rise = max(found.value - centre.value, 0.0)
    if rise > constrained.ceiling or not constrained.means(found.x):
        rise = constrained.ceiling
    return found._replace(zeta=sign * float(np.sqrt(rise)))


def _ahead(points: Sequence[_Settled], c: float) -> Array:
    """Return where the last points lead: along a parabola, a line, or to the last of them."""
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


def _limit(
    constrained: ConstrainedDeviance, centre: _Settled, points: Sequence[_Settled], cut: float
) -> float:
    """Return the c at which zeta is the cut, from points of which the last two enclose it.

    The curve through three points leads to a fourth; when that is close, it serves for the last correction.
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
            constrained, centre, _settle(constrained, c, start, inside.hessian, SETTLED), np.sign(cut)
        )
        if found is None or abs(outside.c - inside.c) <= 1e-12 * abs(c):
            return c
        known.append(found)
        if abs(found.zeta - cut) < CLOSE:
            return _inverse(known[-3:], cut)
        inside, outside = (inside, found) if abs(found.zeta) > abs(cut) else (found, outside)
    return c


def _inverse(points: Sequence[_Settled], zeta: float) -> float:
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


def _settle(
    constrained: ConstrainedDeviance, c: float, x: Array, hessian: Array | None, tolerance: float
) -> _Settled | None:
    """Return the minimum over the free coordinates, by Newton steps inside a trust region.

    The last step is taken on the word of the quadratic model, when that promises less than the tolerance.
    Without exact Hessians the one given is updated by the symmetric rank-one formula.
    """
    point = constrained.point(c, x, hessian=constrained.exact_hessian or hessian is None)
    if point is None:
        return None
    if x.size == 0:
        return _Settled(c, x, point.value, np.zeros((0, 0)))
    H = hessian if point.hessian is None else point.hessian
    radius = 1.0 + float(np.linalg.norm(x))
    for _ in range(MOST_STEPS):
        if H is None:
            return None
        step, predicted = trust_step(point.gradient, H, radius)
        if predicted < tolerance:
            return _Settled(c, x + step, point.value - predicted, H)
        trial = constrained.point(c, x + step, hessian=constrained.exact_hessian)
        gain = -np.inf if trial is None else (point.value - trial.value) / predicted
        length = float(np.linalg.norm(step))
        if gain < 0.25:
            radius = 0.25 * length
        elif gain > 0.7:
            radius = max(radius, 3.0 * length)
        if trial is not None:
            updated = trial.hessian
            if updated is None:
                updated = rank_one(H, step, trial.gradient - point.gradient)
            if gain > 1e-4:
                x, point = x + step, trial
            if gain > 1e-4 or trial.hessian is None:
                H = updated
    return None if H is None else _Settled(c, x, point.value, H)
