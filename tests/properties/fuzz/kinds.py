"""The kinds of designs: each draws a case from a random stream. A kind is one function and one line below."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .base import Case, effects, frame_of, groups, pick, power
from .more_kinds import MORE_KINDS

Kind = Callable[[np.random.Generator], Case]

SLOPES = ("y ~ x + (1 | g)", "y ~ x + (x | g)", "y ~ x + (x || g)", "y ~ x + (0 + x | g)", "y ~ 1 + (x | g)")
TWO_FACTORS = (
    "y ~ x + (1 | g) + (1 | h)",
    "y ~ x + (x | g) + (1 | h)",
    "y ~ x + (x | g) + (x | h)",
    "y ~ x + (x || g) + (0 + x | h)",
)


def _slope_model(
    rng: np.random.Generator, g: np.ndarray, x: np.ndarray, ratio: float, slope: float
) -> np.ndarray:
    """Return an outcome with random intercepts and slopes of the given sizes, the residual's being 1."""
    u = effects(rng, int(g.max()) + 1, ratio, ratio * slope)
    return rng.normal() + rng.normal() * x + u[g, 0] + u[g, 1] * x + rng.normal(size=g.size)


def tiny_groups(rng: np.random.Generator) -> Case:
    """One to three rows in each of a few groups."""
    g = groups(rng, int(rng.integers(3, 13)), 1, 3)
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, power(rng, -1, 1), 1.0)
    return Case(
        pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=x), method="ML" if rng.random() < 0.3 else "REML"
    )


def singletons(rng: np.random.Generator) -> Case:
    """One row in most groups, in some cases in all."""
    J = int(rng.integers(8, 40))
    g = np.arange(J) if rng.random() < 0.15 else np.concatenate([np.arange(J), rng.integers(0, J, 5)])
    x = rng.normal(size=g.size)
    return Case("y ~ x + (1 | g)", frame_of(rng, _slope_model(rng, g, x, 1.0, 0.0), {"g": g}, x=x))


def two_groups(rng: np.random.Generator) -> Case:
    """Two or three groups."""
    g = groups(rng, int(rng.integers(2, 4)), 3, 15)
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, power(rng, -2, 2), float(rng.choice([0.0, 1.0])))
    return Case(pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=x))


def small_scale(rng: np.random.Generator) -> Case:
    """A covariate of mean 100 and standard deviation 0.001."""
    g = groups(rng, int(rng.integers(5, 25)), 2, 9)
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, power(rng, -1, 1), power(rng, -1, 1))
    return Case(pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=100.0 + 1e-3 * x))


def far_from_zero(rng: np.random.Generator) -> Case:
    """A covariate of mean 5000 and standard deviation 300, or a calendar year."""
    g = groups(rng, int(rng.integers(5, 25)), 2, 9)
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, power(rng, -1, 1), power(rng, -1, 1))
    far = 5000.0 + 300.0 * x if rng.random() < 0.6 else np.round(2010.0 + 5.0 * x)
    return Case(pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=far))


def powers_of_ten(rng: np.random.Generator) -> Case:
    """Outcome and covariate of any scale from 1e-6 to 1e6, with any zero point."""
    g = groups(rng, int(rng.integers(4, 25)), 2, 9)
    x = rng.normal(size=g.size)
    y = power(rng, -6, 6) * (_slope_model(rng, g, x, power(rng, -1, 1), 1.0) + rng.choice([0.0, 100.0]))
    x = power(rng, -6, 6) * (x + rng.choice([0.0, 10.0, 1e4]))
    return Case(
        pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=x), method="ML" if rng.random() < 0.3 else "REML"
    )


def near_collinear(rng: np.random.Generator) -> Case:
    """Two covariates that differ by a millionth to a tenth."""
    g = groups(rng, int(rng.integers(6, 25)), 3, 9)
    x, noise = rng.normal(size=(2, g.size))
    y = _slope_model(rng, g, x, 1.0, 0.5)
    formula = pick(
        rng, "y ~ x + v + (1 | g)", "y ~ x + v + (x | g)", "y ~ x + v + (x + v | g)", "y ~ x + (x + v | g)"
    )
    return Case(formula, frame_of(rng, y, {"g": g}, x=x, v=x + power(rng, -6, -1) * noise))


def huge_ratio(rng: np.random.Generator) -> Case:
    """Group effects a hundred to a million times the residual."""
    g = groups(rng, int(rng.integers(3, 25)), 2, 9)
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, power(rng, 2, 6), float(rng.choice([0.0, 1e-3, 1.0])))
    return Case(pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=x))


def tiny_ratio(rng: np.random.Generator) -> Case:
    """Group effects a millionth of the residual, or groups more alike than chance has them."""
    g = groups(rng, int(rng.integers(3, 25)), 2, 9)
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, power(rng, -6, -1), 1.0)
    if rng.random() < 0.4:
        y -= (np.bincount(g, y) / np.bincount(g))[g] * rng.uniform(0.5, 1.0)
    return Case(pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=x))


def constant_outcome(rng: np.random.Generator) -> Case:
    """An outcome that does not vary, or varies in the last digits alone."""
    g = groups(rng, int(rng.integers(3, 12)), 2, 9)
    x = rng.normal(size=g.size)
    level = power(rng, -3, 6)
    if rng.random() < 0.5:
        return Case(pick(rng, *SLOPES), frame_of(rng, np.full(g.size, level), {"g": g}, x=x))
    y = level + level * power(rng, -9, -6) * _slope_model(rng, g, x, 1.0, 0.5)
    return Case(pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=x))


def constant_groups(rng: np.random.Generator) -> Case:
    """An outcome that is constant inside many groups."""
    g = groups(rng, int(rng.integers(4, 20)), 2, 8)
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, 1.0, 0.0)
    flat = rng.random(int(g.max()) + 1) < rng.uniform(0.3, 0.95)
    y = np.where(flat[g], np.round(3.0 * rng.normal(size=flat.size), 1)[g], y)
    return Case(pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=x))


def duplicated_rows(rng: np.random.Generator) -> Case:
    """Every row several times over."""
    g = groups(rng, int(rng.integers(3, 12)), 2, 5)
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, 1.0, 1.0)
    again = np.repeat(
        np.arange(g.size), rng.integers(2, 6) if rng.random() < 0.5 else rng.integers(1, 6, g.size)
    )
    return Case(pick(rng, *SLOPES), frame_of(rng, y[again], {"g": g[again]}, x=x[again]))


def weights(rng: np.random.Generator) -> Case:
    """Prior weights over six orders of magnitude."""
    g = groups(rng, int(rng.integers(4, 25)), 2, 9)
    x = rng.normal(size=g.size)
    w = 10.0 ** rng.uniform(-3, 3, g.size)
    y = _slope_model(rng, g, x, power(rng, -1, 1), 1.0) + rng.normal(size=g.size) / np.sqrt(w)
    method = "ML" if rng.random() < 0.3 else "REML"
    return Case(pick(rng, *SLOPES), frame_of(rng, y, {"g": g}, x=x, w=w), weights="w", method=method)


def nested(rng: np.random.Generator) -> Case:
    """Classes in schools, in districts, with slopes at times."""
    top, middle = int(rng.integers(3, 8)), int(rng.integers(2, 5))
    h = groups(rng, top * middle, 1, 5)
    g = h // middle
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, power(rng, -1, 1), 0.5) + power(rng, -2, 1) * rng.normal(size=top * middle)[h]
    formula = pick(
        rng, "y ~ x + (1 | g/h)", "y ~ x + (x | g/h)", "y ~ x + (x | g) + (1 | g:h)", "y ~ x + (1 | k/g/h)"
    )
    inner = h if rng.random() < 0.5 else h % middle
    return Case(formula, frame_of(rng, y, {"g": g, "h": inner, "k": g % 2}, x=x))


def crossed(rng: np.random.Generator) -> Case:
    """Two crossed factors, fully or in part."""
    a, b = int(rng.integers(3, 12)), int(rng.integers(3, 9))
    g, h = (np.ravel(codes) for codes in np.indices((a, b)))
    keep = rng.random(g.size) < rng.choice([0.5, 1.0])
    keep[: a * b : b + 1] = True
    g, h = g[keep], h[keep]
    if rng.random() < 0.5:
        g, h = np.tile(g, 2), np.tile(h, 2)
    x = rng.normal(size=g.size)
    y = _slope_model(rng, g, x, power(rng, -2, 1), 0.5) + power(rng, -2, 1) * rng.normal(size=b)[h]
    return Case(pick(rng, *TWO_FACTORS), frame_of(rng, y, {"g": g, "h": h}, x=x))


KINDS: dict[str, Kind] = {
    "tiny_groups": tiny_groups,
    "singletons": singletons,
    "two_groups": two_groups,
    "small_scale": small_scale,
    "far_from_zero": far_from_zero,
    "powers_of_ten": powers_of_ten,
    "near_collinear": near_collinear,
    "huge_ratio": huge_ratio,
    "tiny_ratio": tiny_ratio,
    "constant_outcome": constant_outcome,
    "constant_groups": constant_groups,
    "duplicated_rows": duplicated_rows,
    "weights": weights,
    "nested": nested,
    "crossed": crossed,
    **MORE_KINDS,
}
