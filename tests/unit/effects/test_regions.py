"""Johnson and Neyman's regions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri, stdtrit

import mlm_steps
from mlm_steps.errors import UsageError

DATA = pd.read_csv(Path(__file__).parent / "emmeans" / "simulated.csv")


def fitted(effect, df="z", data=DATA):
    """Return a fit whose slope of x changes with w by ``effect``, exactly."""
    y = data["y"] + effect * data["x"] * data["w"]
    return mlm_steps.fit("y ~ x * w + (1 | g)", data.assign(y=y), df=df)


def quadratic(fit, t):
    """Return the roots of the textbook's quadratic for a fixed critical value, in order."""
    b1, b3 = fit.beta["x"], fit.beta["x:w"]
    v = fit.vcov
    a = b3**2 - t**2 * v.loc["x:w", "x:w"]
    b = 2 * (b1 * b3 - t**2 * v.loc["x", "x:w"])
    c = b1**2 - t**2 * v.loc["x", "x"]
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return []
    return sorted((-b + sign * np.sqrt(discriminant)) / (2 * a) for sign in (-1, 1))


@pytest.mark.parametrize("effect", [-0.3, -0.1, -0.08, 0.0, 0.4, 40.0])
def test_bounds_with_a_fixed_critical_value_are_the_roots_of_the_quadratic(effect):
    fit = fitted(effect)
    region = fit.johnson_neyman("x", "w").records[0].region
    roots = quadratic(fit, ndtri(0.975))
    np.testing.assert_allclose(region.bounds, roots, rtol=1e-7)
    outside = abs(fit.t["x:w"]) > ndtri(0.975)
    assert region.region == ("outside" if outside else "inside" if roots else "none")


def test_where_nothing_is_clear_there_is_no_bound():
    data = DATA.assign(y=np.random.default_rng(3).normal(size=len(DATA)))
    fit = mlm_steps.fit("y ~ x * w + (1 | g)", data, df="z")
    assert not quadratic(fit, ndtri(0.975))
    region = fit.johnson_neyman("x", "w").records[0].region
    assert (region.region, region.bounds, region.stretches, region.share) == ("none", (), (), 0.0)


@pytest.mark.parametrize("effect", [-0.3, 0.4, 40.0])
def test_at_bounds_with_satterthwaites_df_p_is_the_level(effect):
    fit = fitted(effect, df="satterthwaite")
    region = fit.johnson_neyman("x", "w").records[0].region
    assert len(region.bounds) == 2
    at = fit.slopes("x", "w", at=list(region.bounds), extrapolate=True).table
    np.testing.assert_allclose(at["p"], 0.05, rtol=1e-6)
    assert at["df"].nunique() == 2
    np.testing.assert_allclose(abs(at["statistic"]), stdtrit(at["df"], 0.975), rtol=1e-7)


def test_the_share_is_of_groups_and_the_stretches_lie_within_the_observed_range():
    fit = fitted(0.4)
    region = fit.johnson_neyman("x", "w").records[0].region
    w = DATA.groupby("g")["w"].first()
    assert (region.unit, region.n_units) == ("g", w.size)
    assert (region.observed_low, region.observed_high) == (w.min(), w.max())
    inside = np.zeros(w.size, dtype=bool)
    for part in region.stretches:
        assert w.min() <= part.low < part.high <= w.max()
        inside |= (w >= part.low) & (w <= part.high)
    assert region.share == pytest.approx(inside.mean())
    signs = [part.sign for part in region.stretches]
    assert signs == sorted(signs)  # the slope rises


def test_a_moderator_within_groups_counts_rows():
    data = DATA.assign(y=DATA["y"] + 0.5 * DATA["x"] * DATA["z"])
    region = mlm_steps.fit("y ~ x * z + (1 | g)", data).johnson_neyman("x", "z").records[0].region
    assert (region.unit, region.n_units) == (None, len(DATA))


def test_a_slope_that_is_a_curve_along_its_moderator_is_followed_over_the_observed_range():
    data = DATA.assign(y=DATA["y"] + 1.5 * DATA["x"] * (DATA["z"] - 2) ** 2 - 3 * DATA["x"])
    fit = mlm_steps.fit("y ~ x * poly(z, 2) + (1 | g)", data)
    region = fit.johnson_neyman("x", "z").records[0].region
    assert [part.sign for part in region.stretches] == [1, -1, 1]
    assert all(region.observed_low < bound < region.observed_high for bound in region.bounds)
    at = fit.slopes("x", "z", at=list(region.bounds)).table
    np.testing.assert_allclose(at["p"], 0.05, rtol=1e-6)


def test_the_moderators_unit_does_not_matter():
    far = DATA.assign(w=1e4 + 1e3 * DATA["w"])
    ours = fitted(0.0).johnson_neyman("x", "w").records[0].region
    model = mlm_steps.fit("y ~ x * w + (1 | g)", far, df="z")
    theirs = model.johnson_neyman("x", "w").records[0].region
    np.testing.assert_allclose(theirs.bounds, 1e4 + 1e3 * np.array(ours.bounds), rtol=1e-6)


@pytest.mark.parametrize(
    ("focal", "moderator", "words"),
    [
        ("x", "b2", "b2 has levels and no range"),
        ("x", "z", "the slope of x does not depend on z"),
        ("x", "ww", "no predictor ww"),
        ("x", "x", "x is the focal predictor itself"),
    ],
    ids=["two values", "no product", "unknown", "itself"],
)
def test_what_has_no_region_is_refused(focal, moderator, words):
    fit = mlm_steps.fit("y ~ x * w + x * b2 + z + (1 | g)", DATA)
    with pytest.raises(UsageError, match=words):
        fit.johnson_neyman(focal, moderator)
