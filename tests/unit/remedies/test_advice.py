"""Advice on singular fits: the diagnosis in words and the alternatives with what they cost."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.engine import Control, Estimates
from mlm_steps.errors import UsageError
from mlm_steps.remedies import REMEDIES
from mlm_steps.remedies.advice import Subject, advise, status_of
from mlm_steps.remedies.applied import first_that_holds

CLOSE = 1e-6
"""Relative: two searches for one optimum."""
PRINTED = 6e-5
"""The reference prints four decimals."""
WORKSHOP = Path(__file__).parents[3].parent / "shared" / "reference" / "data" / "heck2011.csv"


def one_dimension():
    """Return 30 groups of 12 whose slopes are a multiple of their intercepts."""
    rng = np.random.default_rng(0)
    g = np.repeat(np.arange(30), 12)
    u = rng.normal(size=30)
    x = rng.normal(size=360) + 0.8 * rng.normal(size=30)[g]
    y = 3 + u[g] + (1 - 0.3 * u[g]) * x + rng.normal(size=360)
    z = rng.normal(size=360)
    y2 = y + 0.6 * rng.normal(size=30)[g] * z
    return pd.DataFrame({"y": y, "x": x, "z": z, "y2": y2, "g": pd.Categorical(g.astype(str))})


def subject(text, data, **more):
    formula = parse_formula(text)
    return Subject("m", formula, Estimates(build_design(formula, data)), "REML", data, **more)


@pytest.fixture(scope="module")
def advice():
    return advise(subject("y ~ x + (x | g)", one_dimension()), status="singular")


def test_a_perfect_correlation_is_named_and_where_the_lines_meet(advice):
    (term,) = advice.terms
    assert term.rank == 1
    assert term.shares == pytest.approx((1.0, 0.0), abs=1e-6)
    (direction,) = term.directions
    assert direction.kind == "perfect_correlation"
    assert direction.correlation == pytest.approx(-1.0)
    fit = mlm_steps.fit("y ~ x + (x | g)", one_dimension())
    sd = fit.varcorr[0].sd
    # -1 at the covariate where the standard deviation of U0 + U1 x vanishes
    assert direction.crossing == pytest.approx(sd.iloc[0] / sd.iloc[1], rel=CLOSE)
    assert term.text.startswith("(x | g): the intercept and the slope of x are perfectly correlated, ρ = -1:")


def test_each_alternative_has_the_numbers_of_its_own_fit_and_comparison(advice):
    data = one_dimension()
    whole = mlm_steps.fit("y ~ x + (x | g)", data)
    assert [a.remedy for a in advice.alternatives] == [
        "center",
        "drop_correlation",
        "drop_slope",
        "drop_term",
    ]
    for other in advice.alternatives[1:3]:
        apart = mlm_steps.fit(other.formula, data)
        test = mlm_steps.compare(apart, whole)
        assert other.statistic == pytest.approx(test.statistic, rel=1e-4)
        assert other.df == test.df
        assert other.p_boundary == pytest.approx(test.p_boundary, rel=1e-3)
        assert other.delta_aic == pytest.approx(apart.aic - whole.aic, abs=1e-4)
        for change in other.changes:
            assert change.estimate == pytest.approx(whole.beta[change.column], rel=CLOSE)
            assert change.estimate_there == pytest.approx(apart.beta[change.column_there], rel=1e-4)
            assert change.change_se * change.se == pytest.approx(change.change)
            assert change.se_ratio == pytest.approx(change.se_there / change.se)
        assert other.max_dbeta_se == max(abs(change.change_se) for change in other.changes)


def test_the_model_without_random_effects_is_least_squares(advice):
    import statsmodels.api as sm

    data = one_dimension()
    least = sm.OLS(data["y"], sm.add_constant(data["x"])).fit()
    whole = mlm_steps.fit("y ~ x + (x | g)", data)
    other = advice.alternatives[-1]
    assert other.formula == "y ~ x"
    np.testing.assert_allclose([c.estimate_there for c in other.changes], least.params, rtol=1e-9)
    np.testing.assert_allclose([c.se_there for c in other.changes], least.bse, rtol=1e-9)
    assert other.aic == pytest.approx(-2 * least.llf + 2 * 3)  # statsmodels does not count sigma
    assert other.npar == 3
    assert other.delta_aic == pytest.approx(other.aic - whole.aic)


def test_centring_is_another_model_and_its_coefficients_stand_side_by_side(advice):
    centred = advice.alternatives[0]
    assert centred.verdict in ("other_model", "still_singular")
    assert centred.statistic is None
    assert centred.untested == "neither model contains the other"
    assert [(c.column, c.column_there) for c in centred.changes] == [
        ("(Intercept)", "(Intercept)"),
        ("x", "x_within_g"),
        (None, "x_mean_g"),
    ]


def test_a_variance_of_zero_costs_nothing_to_drop():
    data = one_dimension()
    data["h"] = np.arange(360) % 20
    data["y"] = data["z"] + np.random.default_rng(4).permutation(np.linspace(-1, 1, 360))
    found = advise(subject("y ~ z + (1 | h)", data), status="singular")
    assert found.terms[0].text == "(1 | h): the intercept does not vary between levels of h."
    (other,) = found.alternatives
    assert (other.remedy, other.formula, other.verdict) == ("drop_zero", "y ~ z", "no_worse")
    assert other.statistic == pytest.approx(0.0, abs=1e-9)
    assert other.p_boundary == 1.0


def test_three_effects_on_a_plane_are_named_by_the_combination_that_does_not_vary():
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(60), 15)
    u = rng.normal(size=(60, 2)) @ np.array([[1, 0, 1], [0, 1, -1]])  # third = first - second
    x, z = rng.normal(size=(2, 900))
    y = u[g, 0] + u[g, 1] * x + u[g, 2] * z + rng.normal(size=900)
    data = pd.DataFrame({"y": y, "x": x, "z": z, "g": g})
    found = advise(subject("y ~ x + z + (x + z | g)", data), status="singular")
    (direction,) = found.terms[0].directions
    assert direction.kind == "combination"
    weights = np.array(direction.weights)
    sd = mlm_steps.fit("y ~ x + z + (x + z | g)", data).varcorr[0].sd.to_numpy()
    raw = weights / sd
    # the truth: u0 - u1 - u2 = 0
    np.testing.assert_allclose(raw / raw[0], [1, -1, -1], atol=0.15)
    assert "does not vary" in found.terms[0].text


def test_the_first_remedy_that_holds_is_taken_and_the_others_are_on_record():
    case = subject("y ~ x + (x | g)", one_dimension())
    found = first_that_holds(case, ["center_grand", "drop_term", "drop_correlation", "drop_slope"])
    assert [(t.remedy, t.outcome) for t in found.trials] == [
        ("center_grand", "does_not_apply"),
        ("drop_term", "single_level"),
        ("drop_correlation", "applied"),
    ]
    assert found.proposal.formula == "y ~ x + (x || g)"
    assert not found.estimates.under("REML").singular


def test_of_several_slopes_the_one_whose_loss_costs_least_goes():
    data = one_dimension()
    found = first_that_holds(subject("y2 ~ x + z + (x + z | g)", data), ["drop_slope"])
    formulas = ["y2 ~ x + z + (z | g)", "y2 ~ x + z + (x | g)"]
    fits = {formula: mlm_steps.fit(formula, data) for formula in formulas}
    assert not any(fit.singular for fit in fits.values())
    assert found.proposal.formula == min(fits, key=lambda formula: fits[formula].criterion)


def test_a_fit_is_sound_or_singular_or_has_failed():
    data = one_dimension()
    assert status_of(Estimates(build_design("y ~ x + (1 | g)", data)).under("REML")) == "sound"
    assert status_of(Estimates(build_design("y ~ x + (x | g)", data)).under("REML")) == "singular"
    short = Estimates(build_design("y ~ x + (1 | g)", data), control=Control(max_evaluations=1))
    assert status_of(short.under("REML")) == "failed"


def test_a_notebook_prints_the_advice_and_has_its_tables():
    data = one_dimension()
    advice = mlm_steps.fit("y ~ x + (x | g)", data).advice()
    text = repr(advice)
    assert text.startswith(
        "y ~ x + (x | g): singular\n(x | g): the intercept and the slope of x are perfectly"
    )
    assert "drop_correlation: y ~ x + (x || g)" in text
    assert advice.table["remedy"].tolist() == ["center", "drop_correlation", "drop_slope", "drop_term"]
    assert set(advice.coefficients["formula"]) == set(advice.table["formula"])
    with pytest.raises(UsageError, match="at given parameters"):
        mlm_steps.fit("y ~ x + (x | g)", data).at([1.0, 0.0, 1.0]).advice()


def test_the_words_of_the_spec_are_those_of_the_registry():
    from typing import get_args

    from mlm_steps.spec.on_singular import RemedyWord

    assert get_args(RemedyWord) == tuple(REMEDIES)


@pytest.mark.skipif(not WORKSHOP.exists(), reason="the workshop's data are not beside the repository")
def test_the_workshop_s_correlation_costs_what_the_reference_says():
    data = pd.read_csv(WORKSHOP, encoding="utf-8-sig")
    found = advise(subject("math ~ ses + (ses | schcode)", data), status="singular")
    centred, uncorrelated, intercepts, _ = found.alternatives
    assert centred.criterion == pytest.approx(48128.4093, abs=PRINTED)
    assert uncorrelated.criterion == pytest.approx(48213.3571, abs=PRINTED)
    assert uncorrelated.statistic == pytest.approx(48213.3571 - 48190.1299, abs=2 * PRINTED)
    assert uncorrelated.p_naive == pytest.approx(1.4e-6, rel=0.05)
    assert uncorrelated.verdict == intercepts.verdict == "clearly_worse"
    assert centred.verdict == "other_model"


def test_alternatives_are_not_compared_with_a_model_that_has_no_optimum():
    data, text = one_dimension(), "y ~ x + (x + z | g)"
    fit = Estimates(build_design(text, data), control=Control(max_evaluations=2))
    failed = Subject("m", parse_formula(text), fit, "REML", data)
    assert status_of(failed.fit) == "failed"
    found = advise(failed, status="failed")
    assert found.terms == ()
    assert {a.verdict for a in found.alternatives} <= {"converges", "still_singular", "not_converged"}
    assert "converges" in {a.verdict for a in found.alternatives}
    for other in found.alternatives:
        numbers = (other.statistic, other.p, other.delta_aic, other.delta_bic, other.max_dbeta_se)
        assert numbers == (None,) * 5
        assert other.changes == ()
        assert "did not converge" in other.untested


def test_lines_that_meet_outside_the_observed_values_are_not_said_to_meet():
    data = one_dimension()
    far = advise(subject("y ~ x + (x | g)", data.assign(x=data.x + 100.0)), status="singular")
    (direction,) = far.terms[0].directions
    assert direction.kind == "perfect_correlation"
    assert direction.crossing is not None  # the data moved, and the crossing with them
    rng = np.random.default_rng(6)
    u = rng.normal(size=30)[data.g.cat.codes]
    share = rng.uniform(0, 1, size=len(data))  # the lines meet at 4, where no share is
    steep = data.assign(x=share, y=1 + u - 0.25 * u * share + 0.2 * rng.normal(size=len(data)))
    found = advise(subject("y ~ x + (x | g)", steep), status="singular")
    crossings = [one.crossing for term in found.terms for one in term.directions]
    assert crossings == [None]
    assert "meet" not in found.terms[0].text


def test_two_groups_of_rows_have_no_lines_that_meet():
    rng = np.random.default_rng(8)
    g = np.repeat(np.arange(40), 8)
    u, x = rng.normal(size=40)[g], np.tile([0.0, 1.0], 160)
    data = pd.DataFrame(
        {"y": u * (1 - 2 * x) + 0.3 * rng.normal(size=320), "x": x, "g": [f"g{i}" for i in g]}
    )
    found = advise(subject("y ~ x + (x | g)", data), status="singular")
    assert [one.crossing for term in found.terms for one in term.directions] == [None]
