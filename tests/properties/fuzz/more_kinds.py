"""More kinds of designs: many covariance parameters, odd covariates, odd outcomes."""

from __future__ import annotations

import numpy as np

from .base import Case, effects, frame_of, groups, pick, power


def three_slopes(rng: np.random.Generator) -> Case:
    """Four correlated coefficients a group, covariates of different scales."""
    g = groups(rng, int(rng.integers(8, 25)), 4, 9)
    x, v, z = rng.normal(size=(3, g.size))
    u = effects(rng, int(g.max()) + 1, power(rng, -1, 1), 1.0, power(rng, -2, 0), 0.5)
    y = x - v + u[g, 0] + u[g, 1] * x + u[g, 2] * v + u[g, 3] * z + rng.normal(size=g.size)
    columns = {"x": power(rng, -3, 3) * x, "v": v + rng.choice([0.0, 50.0]), "z": z}
    formula = pick(
        rng, "y ~ x + v + z + (x + v + z | g)", "y ~ x + (x + v + z | g)", "y ~ x * v + (x + v + z || g)"
    )
    return Case(formula, frame_of(rng, y, {"g": g}, **columns))


def several_terms(rng: np.random.Generator) -> Case:
    """Several terms on one factor."""
    g = groups(rng, int(rng.integers(5, 25)), 2, 9)
    x, v = rng.normal(size=(2, g.size))
    u = effects(rng, int(g.max()) + 1, power(rng, -1, 1), power(rng, -2, 1), power(rng, -2, 1))
    y = u[g, 0] + u[g, 1] * x + u[g, 2] * v + rng.normal(size=g.size)
    formula = pick(
        rng,
        "y ~ x + v + (1 | g) + (0 + x | g) + (0 + v | g)",
        "y ~ x + (x | g) + (0 + v | g)",
        "y ~ x + v + (1 | g) + (0 + x + v | g)",
    )
    return Case(formula, frame_of(rng, y, {"g": g}, x=x + rng.choice([0.0, 20.0]), v=power(rng, -4, 4) * v))


def factor_slopes(rng: np.random.Generator) -> Case:
    """Random effects of a factor's levels."""
    g = groups(rng, int(rng.integers(6, 25)), 4, 9)
    f = rng.integers(0, int(rng.integers(2, 4)), g.size)
    u = effects(rng, int(g.max()) + 1, 1.0, power(rng, -2, 1), 0.5)
    y = f + u[g, 0] + u[g, f] + rng.normal(size=g.size)
    formula = pick(
        rng, "y ~ f + (f | g)", "y ~ f + (0 + f | g)", "y ~ f + (f || g)", "y ~ f + (1 | g) + (1 | g:f)"
    )
    return Case(formula, frame_of(rng, y, {"g": g}, f=[f"level {code}" for code in f]))


def growth(rng: np.random.Generator) -> Case:
    """Few occasions of many persons, raw powers of time."""
    J, waves = int(rng.integers(6, 20)), int(rng.integers(4, 7))
    g, t = (np.ravel(codes) for codes in np.indices((J, waves)))
    u = effects(rng, J, 1.0, power(rng, -2, 0), power(rng, -3, -1))
    y = t + u[g, 0] + u[g, 1] * t + u[g, 2] * t**2 + rng.normal(size=g.size)
    start = float(rng.choice([0, 1, 14, 1990]))
    formula = pick(
        rng, "y ~ t + I(t^2) + (t + I(t^2) | g)", "y ~ t + I(t^2) + (t | g)", "y ~ poly(t, 2) + (t | g)"
    )
    return Case(formula, frame_of(rng, y, {"g": g}, t=t + start))


def group_level(rng: np.random.Generator) -> Case:
    """Covariates that are constant in each group, with random slopes of them at times."""
    J = int(rng.integers(6, 25))
    g = groups(rng, J, 2, 9)
    x, z = rng.normal(size=g.size), rng.normal(size=J)[g]
    y = z + effects(rng, J, 1.0, 0.5)[g, 0] + x * (1.0 + 0.3 * z) + rng.normal(size=g.size)
    formula = pick(
        rng, "y ~ x * z + (x | g)", "y ~ z + (z | g)", "y ~ z + (1 | g)", "y ~ x + z + (0 + z | g)"
    )
    return Case(formula, frame_of(rng, y, {"g": g}, x=x, z=z))


def heavy_tails(rng: np.random.Generator) -> Case:
    """Outcomes from Cauchy's distribution, and single wild values."""
    g = groups(rng, int(rng.integers(4, 25)), 2, 9)
    x = rng.normal(size=g.size)
    y = x + rng.standard_cauchy(int(g.max()) + 1)[g] + rng.standard_cauchy(g.size)
    if rng.random() < 0.5:
        y = rng.normal(size=g.size)
        y[rng.integers(g.size)] = power(rng, 2, 8)
    return Case(
        pick(rng, "y ~ x + (1 | g)", "y ~ x + (x | g)", "y ~ x + (x || g)"), frame_of(rng, y, {"g": g}, x=x)
    )


def few_values(rng: np.random.Generator) -> Case:
    """Outcomes of two to five values, covariates of two."""
    g = groups(rng, int(rng.integers(4, 25)), 2, 12)
    x = rng.integers(0, 2, g.size).astype(float)
    y = rng.binomial(int(rng.integers(1, 5)), 0.2 + 0.6 * rng.random(int(g.max()) + 1)[g]).astype(float)
    y[0] = 1.0 - min(1.0, y[1:].max())
    formula = pick(rng, "y ~ x + (1 | g)", "y ~ x + (x | g)", "y ~ x + (0 + x | g)", "y ~ x + (x || g)")
    return Case(formula, frame_of(rng, y, {"g": g}, x=x))


def unbalanced(rng: np.random.Generator) -> Case:
    """One large group and many small ones; a covariate that varies in few groups."""
    J = int(rng.integers(6, 40))
    g = np.repeat(np.arange(J), np.r_[int(rng.integers(40, 120)), rng.integers(1, 3, J - 1)])
    x = rng.normal(size=g.size) * (g < rng.integers(1, J))
    u = effects(rng, J, power(rng, -1, 1), power(rng, -1, 1))
    y = u[g, 0] + u[g, 1] * x + rng.normal(size=g.size)
    formula = pick(rng, "y ~ x + (1 | g)", "y ~ x + (x | g)", "y ~ x + (0 + x | g)", "y ~ x + (x || g)")
    return Case(formula, frame_of(rng, y, {"g": g}, x=x))


def no_intercept(rng: np.random.Generator) -> Case:
    """Fixed or random parts without an intercept, or with nothing else."""
    g = groups(rng, int(rng.integers(4, 20)), 2, 9)
    x = rng.normal(size=g.size) + rng.choice([0.0, 5.0])
    u = effects(rng, int(g.max()) + 1, 1.0, 0.5)
    y = rng.choice([0.0, 3.0, 300.0]) + u[g, 0] + u[g, 1] * x + rng.normal(size=g.size)
    formula = pick(
        rng, "y ~ 0 + x + (1 | g)", "y ~ 0 + x + (x | g)", "y ~ 0 + x + (0 + x | g)", "y ~ 0 + (1 | g)"
    )
    return Case(formula, frame_of(rng, y, {"g": g}, x=x))


def many_columns(rng: np.random.Generator) -> Case:
    """Nearly as many fixed effects as rows."""
    g = groups(rng, int(rng.integers(5, 12)), 2, 4)
    free = max(2, g.size - int(rng.integers(2, 8)))
    columns = {
        f"x{place}": column for place, column in enumerate(rng.normal(size=(min(free - 1, 14), g.size)))
    }
    y = effects(rng, int(g.max()) + 1, power(rng, -1, 1))[g, 0] + rng.normal(size=g.size)
    method = "ML" if rng.random() < 0.3 else "REML"
    return Case(f"y ~ {' + '.join(columns)} + (1 | g)", frame_of(rng, y, {"g": g}, **columns), method=method)


def missing_values(rng: np.random.Generator) -> Case:
    """Rows without outcome, covariate or group, an offset, and unequal weights."""
    g = groups(rng, int(rng.integers(6, 20)), 3, 9)
    x, o = rng.normal(size=(2, g.size))
    y = o + effects(rng, int(g.max()) + 1, 1.0)[g, 0] + rng.normal(size=g.size)
    y[rng.random(g.size) < 0.1] = np.nan
    x[rng.random(g.size) < 0.1] = np.nan
    columns = {"x": x, "o": 100.0 * o, "w": rng.exponential(size=g.size) + 0.01}
    formula = pick(rng, "y ~ x + offset(o) + (1 | g)", "y ~ x + offset(o) + (x | g)", "y ~ x + (x || g)")
    return Case(formula, frame_of(rng, y, {"g": g}, **columns), weights="w" if rng.random() < 0.5 else None)


def three_factors(rng: np.random.Generator) -> Case:
    """Three factors: crossed, nested and in between."""
    n = int(rng.integers(40, 110))
    g, h, k = (rng.integers(0, int(rng.integers(3, 12)), n) for _ in range(3))
    x = rng.normal(size=n)
    y = x + sum(power(rng, -2, 1) * rng.normal(size=12)[codes] for codes in (g, h, k)) + rng.normal(size=n)
    formula = pick(
        rng,
        "y ~ x + (1 | g) + (1 | h) + (1 | k)",
        "y ~ x + (x | g) + (1 | h) + (1 | k)",
        "y ~ x + (1 | g) + (1 | h) + (1 | g:h)",
        "y ~ x + (1 | g/h) + (0 + x | k)",
    )
    codes = {
        name: np.unique(values, return_inverse=True)[1] for name, values in (("g", g), ("h", h), ("k", k))
    }
    return Case(formula, frame_of(rng, y, codes, x=x))


def between_groups(rng: np.random.Generator) -> Case:
    """Covariates of groups that differ by a hundred to a hundred thousand times the residual."""
    J = int(rng.integers(5, 20))
    g = groups(rng, J, 2, 8)
    x, z = rng.normal(size=g.size), rng.normal(size=J)[g]
    ratio = power(rng, 2, 5)
    u = effects(rng, J, ratio, ratio * rng.choice([1e-3, 1.0]))
    y = x + z + u[g, 0] + u[g, 1] * x + rng.normal(size=g.size)
    formula = pick(
        rng, "y ~ x + z + (1 | g)", "y ~ x * z + (x | g)", "y ~ x * z + (1 | g)", "y ~ x + z + (x || g)"
    )
    return Case(formula, frame_of(rng, y, {"g": g}, x=x, z=z), method="ML" if rng.random() < 0.3 else "REML")


def overlapping_terms(rng: np.random.Generator) -> Case:
    """Terms on one factor that share a coefficient: their sum alone can be estimated."""
    g = groups(rng, int(rng.integers(5, 20)), 2, 9)
    x, v = rng.normal(size=(2, g.size))
    u = effects(rng, int(g.max()) + 1, power(rng, -1, 1), 1.0)
    y = x + u[g, 0] + u[g, 1] * x + rng.normal(size=g.size)
    formula = pick(
        rng, "y ~ x + (1 | g) + (x | g)", "y ~ x + (x | g) + (v | g)", "y ~ x + (x | g) + (0 + x | g)"
    )
    return Case(formula, frame_of(rng, y, {"g": g}, x=x, v=v))


def meeting_lines(rng: np.random.Generator) -> Case:
    """Lines of all groups that meet in one point, however steep."""
    J = int(rng.integers(5, 25))
    g = groups(rng, J, 2, 9)
    x, v = rng.normal(size=(2, g.size)) + rng.choice([0.0, 3.0])
    b = (power(rng, -2, 5) * rng.normal(size=J))[g]
    y = b + rng.choice([-1.0, 1.0]) * power(rng, -2, 1) * b * x + rng.normal(size=g.size)
    formula = pick(
        rng, "y ~ x + (x | g)", "y ~ x + (x || g)", "y ~ 1 + (x + v | g)", "y ~ 1 + (0 + x + v | g)"
    )
    return Case(formula, frame_of(rng, y, {"g": g}, x=x, v=v))


MORE_KINDS = {
    "three_slopes": three_slopes,
    "several_terms": several_terms,
    "factor_slopes": factor_slopes,
    "growth": growth,
    "group_level": group_level,
    "heavy_tails": heavy_tails,
    "few_values": few_values,
    "unbalanced": unbalanced,
    "no_intercept": no_intercept,
    "many_columns": many_columns,
    "missing_values": missing_values,
    "three_factors": three_factors,
    "between_groups": between_groups,
    "overlapping_terms": overlapping_terms,
    "meeting_lines": meeting_lines,
}
