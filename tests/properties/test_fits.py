"""What a fit must not depend on; ``test_designs.py`` has the optima of many designs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlm_steps.design.build import build_design
from mlm_steps.engine import fit_lmm
from mlm_steps.errors import MlmError

SEEDS = st.integers(0, 10_000)
SCALES = {"plain": (0.0, 1.0), "hundred": (100.0, 10.0), "small": (0.0, 1e-3), "far": (5000.0, 300.0)}


def draw(seed):
    """Return a frame with groups of any size, and covariates and variances of any scale."""
    generator = np.random.default_rng(seed)
    J = int(generator.choice([2, 3, 6, 12, 25]))
    g = np.repeat(np.arange(J), generator.integers(1, 9, J))
    n = g.size
    centre, scale = SCALES[str(generator.choice(list(SCALES)))]
    standard, v = generator.normal(size=(2, n))
    ratio = 10 ** generator.uniform(-3, 3)
    effects = ratio * generator.normal(size=(J, 2)) * [1.0, generator.choice([0.0, 0.1, 1.0])]
    y = effects[g, 0] + effects[g, 1] * standard + generator.normal(size=n)
    return pd.DataFrame(
        {
            "y": 10 ** generator.uniform(-3, 3) * y + generator.choice([0.0, 1e4]),
            "x": centre + scale * standard,
            "v": v,
            "g": [f"g{code}" for code in g],
            "h": [f"h{code}" for code in generator.integers(0, 4, n)],
            "w": 10 ** generator.uniform(-3, 3, n),
        }
    )


def fit(formula, frame, method="REML", weights=None):
    return fit_lmm(build_design(formula, frame, weights=weights), method=method)


@settings(max_examples=15)
@given(SEEDS)
def test_the_order_of_rows_and_the_names_of_groups_do_not_matter(seed):
    frame = draw(seed % 50 + 100)
    shuffled = frame.sample(frac=1, random_state=seed)
    shuffled["g"] = "other " + shuffled["g"].str[::-1]
    try:
        first = fit("y ~ x + (x | g)", frame)
    except MlmError:
        with pytest.raises(MlmError):
            fit("y ~ x + (x | g)", shuffled)
        return
    second = fit("y ~ x + (x | g)", shuffled)
    assert second.criterion == pytest.approx(first.criterion, abs=1e-6)
    if first.convergence.status != "failed" and not first.convergence.reasons:  # else theta is not determined
        np.testing.assert_allclose(second.beta, first.beta, rtol=1e-4, atol=1e-4 * first.se.max())


@settings(max_examples=15)
@given(SEEDS, st.floats(-1e4, 1e4), st.floats(1e-4, 1e4))
def test_shift_and_scale_of_outcome_and_covariate_only_change_the_units(seed, shift, scale):
    generator = np.random.default_rng(seed)
    g = np.repeat(np.arange(15), 6)
    x = generator.normal(size=90)
    y = 2 * generator.normal(size=15)[g] + generator.normal(size=15)[g] * x + generator.normal(size=90)
    frame = pd.DataFrame({"y": y, "x": x, "g": g.astype(str)})
    plain = fit("y ~ x + (x | g)", frame)
    # A mean of 10⁷ standard deviations would be collinear with the intercept by R's rule.
    moved = fit("y ~ x + (x | g)", frame.assign(y=scale * y + shift, x=scale * (x + shift / 1e3)))
    assert moved.sigma == pytest.approx(scale * plain.sigma, rel=1e-5)
    assert moved.beta[1] == pytest.approx(plain.beta[1], rel=1e-4, abs=1e-4 * plain.se[1])
    assert moved.criterion == pytest.approx(
        plain.criterion + (90 - 2) * 2 * np.log(scale) + 2 * np.log(scale), abs=1e-4
    )


@settings(max_examples=10)
@given(SEEDS)
def test_a_factor_without_variance_leaves_the_rest_as_it_was(seed):
    generator = np.random.default_rng(seed)
    g = np.repeat(np.arange(12), 8)
    h = np.tile(np.arange(8), 12)
    y = generator.normal(size=12)[g] + generator.normal(size=96)
    y -= np.bincount(h, y)[h] / 12
    frame = pd.DataFrame({"y": y, "g": g.astype(str), "h": h.astype(str)})
    one, two = fit("y ~ 1 + (1 | g)", frame), fit("y ~ 1 + (1 | g) + (1 | h)", frame)
    assert two.theta[1] == pytest.approx(0.0, abs=1e-6)
    assert two.criterion == pytest.approx(one.criterion, abs=1e-6)
