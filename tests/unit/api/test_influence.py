"""Influence of groups and the conditional AIC as a notebook asks for them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import UsageError

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
SLOPES = "Reaction ~ Days + (Days | Subject)"


@pytest.fixture(scope="module")
def slopes():
    return mlm_steps.fit(SLOPES, SLEEP)


@pytest.fixture(scope="module")
def found(slopes):
    return slopes.influence()


def test_estimates_without_a_group_are_those_of_a_fit_to_the_others(slopes, found):
    other = mlm_steps.fit(SLOPES, SLEEP[SLEEP.Subject != "337"])
    np.testing.assert_allclose(found.estimates.loc["337"], other.beta, rtol=1e-6)
    row = found.table.loc["337"]
    expected = (slopes.beta - other.beta) / other.se
    np.testing.assert_allclose(row[["dfbetas[(Intercept)]", "dfbetas[Days]"]], expected, rtol=1e-4)
    assert row["rvc[sigma2]"] == pytest.approx(other.sigma**2 / slopes.sigma**2 - 1, rel=1e-4)


LME4 = {
    "308": (0.08214841, 0.05872488, -0.44892744),
    "309": (0.1320208, 0.41087492, 0.3098969),
    "335": (0.11509368, -0.09498542, 0.55595623),
    "337": (0.11199669, -0.33358739, -0.324775),
    "372": (0.00921616, -0.12825657, -0.02982226),
}
"""cooks.distance() and dfbetas() of influence(m, groups = "Subject"), lme4 1.1-31, by level."""


def test_the_measures_are_those_of_lme4_but_for_its_scale_and_its_sign(found):
    # lme4 multiplies Cook's distances by (n - p) / n with n = 18 deletions, and its DFBETAS have the other
    # sign.
    ours = found.table.loc[[*LME4], ["cook", "dfbetas[(Intercept)]", "dfbetas[Days]"]].to_numpy()
    theirs = np.array([*LME4.values()]) * [18 / 16, -1.0, -1.0]
    np.testing.assert_allclose(ours, theirs, rtol=5e-4, atol=5e-5)  # lme4 stops its searches early


def test_distances_of_groups_and_of_rows(slopes, found):
    rows = slopes.cooks_distance
    assert rows.index.equals(SLEEP.index)
    pd.testing.assert_series_equal(slopes.cooks_distance(), pd.Series(rows))
    groups = slopes.cooks_distance(group="Subject")
    np.testing.assert_allclose(groups, found.table["cook"])
    assert groups.index.name == "Subject"


def test_the_result_is_printed_with_the_most_influential_group_first(found):
    lines = str(found).splitlines()
    assert lines[0].startswith("Influence of the 18 groups of Subject, refitted without each")
    assert lines[3].startswith(found.table["cook"].idxmax())
    assert "(10 of 18 groups" in str(found)
    assert found._repr_html_().startswith("<pre>Influence")


def test_changes_of_sign_and_significance_have_the_p_value_without_the_group():
    generator = np.random.default_rng(20)
    g, x = np.repeat(np.arange(12), 10), generator.normal(size=120)
    y = generator.normal(size=12)[g] + generator.normal(size=120) + np.where(g == 3, 3.0 * x, 0.05 * x)
    frame = pd.DataFrame({"y": y, "x": x, "g": [f"s{each}" for each in g]})
    fit = mlm_steps.fit("y ~ x + (1 | g)", frame)
    assert fit.p_value["x"] < 0.05
    found = fit.influence("g")
    row = found.changes.set_index("g").loc["s3"]
    assert (row["column"], "significance" in row["changes"]) == ("x", True)
    other = mlm_steps.fit("y ~ x + (1 | g)", frame[frame.g != "s3"])
    assert row["estimate"] == pytest.approx(other.beta["x"], rel=1e-5)
    assert row["p"] == pytest.approx(other.p_value["x"], rel=0.05)  # the df are those of all rows
    assert "without s3: significance of x changes" in str(found)


def test_one_step_is_marked_approximate(slopes, found):
    near = slopes.influence(one_step=True)
    assert near.record.approximate
    assert "one step without" in str(near)
    assert np.abs(near.table["cook"] - found.table["cook"]).max() < 0.1 * found.table["cook"].max()


@pytest.mark.parametrize(
    ("group", "message"),
    [("subject", "no grouping factor 'subject' (did you mean 'Subject'?)"), (3, "must be the name of")],
)
def test_another_group_is_refused(slopes, group, message):
    with pytest.raises(UsageError) as error:
        slopes.influence(group)
    assert message in str(error.value)
    with pytest.raises(UsageError):
        slopes.cooks_distance(group=group)


def test_groups_of_generalized_models_are_refitted_and_have_no_conditional_aic():
    counts = SLEEP.assign(y=np.round(SLEEP.Reaction / 40).astype(int))
    fit = mlm_steps.fit("y ~ Days + (1 | Subject)", counts, family="poisson")
    found = fit.influence()
    other = mlm_steps.fit("y ~ Days + (1 | Subject)", counts[counts.Subject != "309"], family="poisson")
    np.testing.assert_allclose(found.estimates.loc["309"], other.beta, atol=1e-4)
    with pytest.raises(UsageError):
        _ = fit.caic


def test_the_conditional_aic_counts_effective_parameters(slopes):
    assert slopes.effective_parameters > slopes.hatvalues.sum()
    sigma, residuals = slopes.sigma, np.asarray(slopes.residuals)
    loglik = -0.5 * np.sum((residuals / sigma) ** 2 + np.log(2 * np.pi * sigma**2))
    assert slopes.caic == pytest.approx(-2 * loglik + 2 * (slopes.effective_parameters + 1))
    with pytest.raises(UsageError, match="for the estimates only"):
        _ = slopes.at(slopes.theta).caic
