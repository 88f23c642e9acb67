"""Predictions, shares of variance and means of generalized models through the API."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps import fit
from mlm_steps.engine.pirls.laplace import modes_at
from mlm_steps.engine.posterior.group_means import group_means
from mlm_steps.errors import DesignError, UsageError


def data(n_groups=30, size=10, seed=5):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(n_groups), size)
    x, b = rng.normal(size=g.size), rng.normal(scale=0.8, size=n_groups)[g]
    t, a = rng.uniform(0.5, 2.0, g.size), np.where(np.arange(g.size) % 2, "hi", "lo")
    mean = np.exp(0.3 + (0.4 + 0.4 * rng.normal(size=n_groups)[g]) * x + 0.5 * (a == "hi") + b)
    return pd.DataFrame({"g": [f"g{i}" for i in g], "x": x, "a": a, "t": t, "y": rng.poisson(t * mean) * 1.0})


DATA = data()
NEW = {"x": [0.0, 1.0], "a": ["hi", "lo"], "g": ["g1", "new"]}


@pytest.fixture(name="counts", scope="module")
def counts_():
    return fit("y ~ x * a + (1 + x | g)", DATA, family="poisson", exposure="t")


def test_predictions_are_on_three_scales(counts):
    link = counts.predict(NEW, scale="link", interval="confidence").frame
    typical = counts.predict(NEW, scale="typical", interval="confidence").frame
    population = counts.predict(NEW, interval="confidence").frame
    z, T = np.array([[1.0, 0.0], [1.0, 1.0]]), counts.model.covariances[0]
    spread = np.einsum("ia,ab,ib->i", z, T, z)
    np.testing.assert_allclose(typical.estimate, np.exp(link.estimate))
    np.testing.assert_allclose(typical[["low", "high"]], np.exp(link[["low", "high"]]))
    np.testing.assert_allclose(population.estimate, np.exp(link.estimate + spread / 2))
    assert (population.low < population.estimate).all()
    np.testing.assert_allclose(link.se[0], counts.se["(Intercept)"], rtol=1e-6)


def test_an_exposure_of_new_data_multiplies_and_is_one_by_default(counts):
    one, three = (counts.predict({**NEW, **more}).estimate for more in ({}, {"t": [3.0, 3.0]}))
    np.testing.assert_allclose(three, 3 * one)
    own = counts.predict(scale="typical").estimate
    again = counts.predict(DATA, scale="typical").estimate
    np.testing.assert_allclose(own, again)
    with pytest.raises(DesignError):
        counts.predict({**NEW, "t": [3.0, 0.0]})


def test_groups_that_the_fit_does_not_know_are_averaged_or_typical(counts):
    own = counts.predict(DATA, random=True).estimate
    np.testing.assert_allclose(own, counts.fitted)
    average, typical = (counts.predict(NEW, random=True, scale=scale) for scale in ("population", "typical"))
    assert average.estimate[0] == pytest.approx(typical.estimate[0])
    assert average.estimate[1] == pytest.approx(counts.predict(NEW).estimate[1])
    assert typical.estimate[1] == pytest.approx(counts.predict(NEW, scale="typical").estimate[1])
    assert "average over their random effects" in repr(average)


def test_a_missing_predictor_gives_no_prediction(counts):
    found = counts.predict({"x": [np.nan, 1.0], "a": ["lo", "hi"]}, se=True)
    assert found.frame.estimate.isna().tolist() == [True, False]
    assert [notice.code for notice in found.notices] == ["rows_incomplete"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"interval": "prediction"}, "has no prediction intervals"),
        ({"scale": "response"}, "population, typical, link"),
    ],
)
def test_predictions_that_do_not_exist_are_refused(counts, arguments, what):
    with pytest.raises(UsageError, match=what):
        counts.predict(NEW, **arguments)


def test_a_linear_model_has_one_scale_and_no_distribution_variance():
    model = fit("y ~ x + (1 | g)", DATA)
    for call in (lambda: model.predict(scale="link"), lambda: model.icc("delta")):
        with pytest.raises(UsageError, match="linear mixed model"):
            call()
    tau = model.varcorr[0].covariance.to_numpy()[0, 0]
    assert model.icc().value[0] == pytest.approx(tau / (tau + model.sigma**2))
    assert set(model.r2().columns) == {"value"}


def test_shares_of_variance_name_the_variance_of_the_distribution(counts):
    shares = counts.r2("delta")
    assert set(shares.distribution_method) == {"delta"}
    assert shares["distribution_variance"].iloc[0] == pytest.approx(1 / shares["lambda"].iloc[0])
    assert 0 < shares.value["r2_marginal"] < shares.value["r2_conditional"] < 1
    with pytest.raises(UsageError, match="poisson has no distribution variance 'theoretical'"):
        counts.icc("theoretical")


def test_means_and_slopes_have_ratios_and_differences_of_the_population_average(counts):
    means = counts.means("a")
    assert set(means.response.scale) == {"population", "typical"}
    forms = means.response_differences.set_index("kind")
    assert forms.estimate["IRR"] == pytest.approx(np.exp(means.differences.estimate[0]))
    population = means.response[means.response.scale == "population"].estimate.to_numpy()
    assert abs(forms.estimate["difference"]) == pytest.approx(abs(np.diff(population)[0]))
    slopes = counts.slopes("x", "a")
    assert set(slopes.response.kind) == {"IRR", "slope"}
    assert set(slopes.response_differences.kind) == {"IRR", "difference"}
    assert "population averages" in repr(means)
    assert "on the scale of the outcome" in repr(slopes)


ROW = np.arange(240)
X = np.round(np.sin(ROW), 6)
CROSSED = pd.DataFrame(
    {
        "a": (ROW % 12).astype(str),
        "b": (ROW * 7 % 20).astype(str),
        "x": X,
        "y": (ROW * ROW * 31 + 7 * ROW) % 11 // 2 + (ROW % 12 > 6) + (ROW * 7 % 20 > 12) * 2,
    }
)
SLOPES = pd.DataFrame(
    {
        "g": (ROW // 12).astype(str),
        "x": X,
        "y": (ROW * ROW * 31 + 7 * ROW) % 23 // 2 + (ROW // 12 > 9) * np.round(6 * X + 8) + ROW // 12 % 3 * 3,
    }
)
ROWS = [0, 1, 49, 239]


@pytest.mark.parametrize(
    ("formula", "family", "frame", "link", "response"),
    [
        # predict(glmmTMB(...), type = "link" and "response", se.fit = TRUE)$se.fit, glmmTMB 1.1.5
        (
            "y ~ x + (1 | a) + (1 | b)", "poisson", CROSSED,
            [0.1897616252, 0.1892141036, 0.1944744672, 0.1553055777],
            [0.3867468728, 0.4145901001, 0.3998999130, 0.6788246271],
        ),
        (
            "y ~ x + (1 + x | g)", "negative_binomial", SLOPES,
            [0.12647655530, 0.17417337468, 0.13018452894, 0.07759798658],
            [0.6260378994, 0.8488105740, 1.0117863609, 1.2455231296],
        ),
    ],
)  # fmt: skip
def test_errors_at_the_modes_are_those_of_glmmtmb(formula, family, frame, link, response):
    model = fit(formula, frame, family=family)
    of = {
        scale: model.predict(random=True, se=True, scale=scale).frame.se for scale in ("link", "population")
    }
    np.testing.assert_allclose(of["link"][ROWS], link, rtol=OPTIMUM)
    np.testing.assert_allclose(of["population"][ROWS], response, rtol=OPTIMUM)


OPTIMUM = 1e-4
"""Relative difference of standard errors that two optimisers leave; the Hessian of glmmTMB is numerical."""


def test_the_errors_of_new_groups_are_those_of_the_requested_scale(counts):
    new = {"x": [1.0], "a": ["lo"], "g": ["new"]}
    own, without = (
        {scale: counts.predict(new, random=random, se=True, scale=scale).frame.se[0] for scale in SCALES}
        for random in (True, False)
    )
    for scale in ("population", "typical"):
        assert own[scale] == pytest.approx(without[scale])
    spread = counts.model.covariances[0].sum()
    assert own["link"] ** 2 == pytest.approx(without["link"] ** 2 + spread)


SCALES = ("population", "typical", "link")


def test_limits_of_a_known_group_are_those_of_its_link(counts):
    link, mean = (
        counts.predict(NEW, random=True, interval="confidence", scale=s).frame.loc[0]
        for s in SCALES[::2][::-1]
    )
    np.testing.assert_allclose(np.exp(link[["low", "high"]]), mean[["low", "high"]])
    left_out = counts.predict(NEW, random=True, interval="confidence", new_levels="missing").frame
    assert left_out.loc[1].isna().all()
    assert left_out.loc[0].notna().all()


def test_the_derivatives_of_nested_modes_are_those_of_refitted_modes():
    frame = CROSSED.assign(s=(ROW // 40).astype(str), c=(ROW // 10).astype(str))
    found = fit("y ~ x + (1 + x | s) + (1 | c)", frame, family="poisson").model
    at, model = group_means(found, found.design, ("s", "c"), errors=True), found.prepared

    def predictor(shift):
        return modes_at(model, found.psi_internal + shift).eta

    for column, step in enumerate(1e-5 * np.eye(found.psi_internal.size)):
        change = model.original(predictor(step) - predictor(-step)) / 2e-5
        np.testing.assert_allclose(at.in_eta[:, column], change, atol=1e-6)
