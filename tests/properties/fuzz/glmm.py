"""Random generalized linear mixed models, hostile ones among them, and what is wrong with their fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from mlm_steps.design.build import build_design
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.glmm import fit_glmm
from mlm_steps.engine.pirls.quadrature import deviance
from mlm_steps.errors import MlmError
from mlm_steps.records.response import LINKS, Response
from tests.unit.engine.dense_glmm import DenseGlmm

from .base import effects, groups, labels, pick, power

LOWER = 1e-4
"""Deviance below that of a fit that counts as another, lower optimum."""
SAME_DEVIANCE = 1e-7
"""Relative difference from the textbook's deviance at the same parameters."""
FAMILIES = [(family, link) for family, links in LINKS.items() if family != "gaussian" for link in links]
RANDOM = [
    "(1 | g)", "(1 | g)", "(1 | g)", "(x | g)", "(x || g)", "(0 + x | g)", "(1 | g) + (1 | h)",
    "(x | g) + (1 | h)", "(1 | g/h)", "(1 | g) + (0 + v | g)", "(f | g)",
]  # fmt: skip
FIXED = ["1", "x", "x + v", "f", "f + x", "f * x", "x + I(x^2)"]


@dataclass(frozen=True, eq=False)
class GlmmCase:
    """A model and its data."""

    formula: str
    frame: pd.DataFrame
    response: Response
    agq: int
    weights: str | None


def draw_glmm(seed: int) -> GlmmCase:
    """Return a case; it depends on the seed alone."""
    rng = np.random.default_rng([20_111, seed])
    family, link = FAMILIES[int(rng.integers(len(FAMILIES)))]
    J, size = int(rng.integers(3, 16)), int(rng.integers(1, 9))
    g = groups(rng, J, 1, size)
    n = g.size
    h, f = rng.integers(0, 4, n), rng.integers(0, int(rng.integers(2, 5)), n)
    x, v = rng.normal(size=(2, n))
    b = effects(rng, J, rng.choice([0.0, 0.3, 1.0, 3.0]), rng.choice([0.0, 0.5]))
    level = rng.choice([-3.0, -1.0, 0.0, 1.0])
    eta = level + rng.choice([0.0, 0.5, 2.0]) * x + b[g, 0] + b[g, 1] * x
    scale, shift = power(rng, -4, 4), rng.choice([0.0, 0.0, 100.0])
    trials = rng.integers(1, int(rng.choice([2, 2, 5, 30])), n).astype(float)
    exposure = rng.uniform(0.1, 10.0, n)
    binomial, has_exposure = family == "binomial", bool(rng.integers(2))
    log_exposure = np.log(exposure) if has_exposure and not binomial else 0.0
    y = family_of(family, link).draw(np.clip(eta + log_exposure, -30, 6), power(rng, -0.5, 2), trials, rng)
    if rng.random() < 0.1:
        y[f == 0] = 1.0 if family == "gamma" else 0.0  # separated, or nearly so
    frame = pd.DataFrame({"y": y, "x": scale * (x + shift), "v": v, "n": trials, "e": exposure})
    frame["a"] = rng.integers(1, 4, n).astype(float)
    frame["f"] = np.array(list("abcde"))[f]
    frame["g"], frame["h"] = labels(rng, g), labels(rng, h)
    random = pick(rng, *RANDOM)
    several = "h" in random or "f" in random
    return GlmmCase(
        f"y ~ {pick(rng, *FIXED)} + {random}",
        frame,
        Response(family, link, "n" if binomial else None, "e" if has_exposure and not binomial else None),
        1 if several else int(rng.choice([1, 1, 1, 5])),
        "a" if rng.random() < 0.15 else None,
    )


def fit_case(case: GlmmCase):
    """Return the fit of a case."""
    design = build_design(case.formula, case.frame, response=case.response, weights=case.weights)
    family = family_of(case.response.family, case.response.link)
    return fit_glmm(design, family, agq=case.agq)


def verdict(seed: int) -> tuple[str, str | None]:
    """Return what a case ended in, and what is wrong with that; None if nothing is."""
    case = draw_glmm(seed)
    try:
        fit = fit_case(case)
    except MlmError as error:
        return "refused", None if str(error) else "a refusal without words"
    status = fit.convergence.status
    if status == "failed":
        return status, None if fit.convergence.reasons else "failed without a reason"
    if not np.isfinite(fit.deviance) or not np.isfinite(fit.theta).all():
        return status, "a converged fit with numbers that are not finite"
    if fit.separation is None and not np.isfinite(fit.beta).all():
        return status, "infinite coefficients without separation"
    return status, _differs(fit) or _is_not_lowest(fit, seed)


def _differs(fit) -> str | None:
    """Return how the deviance differs from the textbook's at the same parameters."""
    design = fit.design
    beta = np.where(np.isfinite(fit.beta), fit.beta, 0.0)
    if fit.separation is not None:
        return None  # tests/unit/engine/test_separated_fit.py compares these
    phi = 1.0 if fit.phi is None else fit.phi
    dense = DenseGlmm.of(design, fit.family, fit.link)
    if fit.agq == 1:
        expected = dense.laplace(fit.theta, beta, phi)
    elif sum(k for _, k in dense.sizes) == 1:
        expected = dense.agq(fit.theta, beta, phi, Q=fit.agq)
    else:
        return (
            None  # the axes of the grid are those of the engine's units: tests/unit/engine/test_quadrature.py
        )
    if abs(fit.deviance - expected) > SAME_DEVIANCE * (1.0 + abs(expected)):
        return f"deviance {fit.deviance}, by the textbook {expected}"
    return None


def _is_not_lowest(fit, seed: int) -> str | None:
    """Return whether another search finds a lower deviance."""
    model, rng = fit.prepared, np.random.default_rng(seed)

    def objective(psi):
        found = deviance(model, psi, fit.agq)
        return (1e15, np.zeros_like(psi)) if found is None else (found.value, found.gradient)

    starts = [fit.psi_internal + 1e-3 * rng.normal(size=model.size)]
    other = fit.psi_internal.copy()
    other[: model.n_theta] = np.abs(rng.normal(size=model.n_theta))
    starts.append(other)
    for start in starts:
        found = optimize.minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 200})
        if found.fun < fit.deviance - LOWER:
            return f"{fit.convergence.status} at {fit.deviance}, though {found.fun} can be reached"
    return None
