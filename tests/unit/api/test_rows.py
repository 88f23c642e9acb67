"""Leverages, predictions and new outcomes as a notebook asks for them; the fit at given parameters."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri, stdtrit

import mlm_steps
from mlm_steps.engine.posterior.predict import PredictionError
from mlm_steps.errors import DesignError, FitError, FormulaError, UsageError
from mlm_steps.inference.satterthwaite import variance_df

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
).assign(
    w=lambda d: 1 + d.Days / 5,
    day=lambda d: d.Days.astype(str),
    half=lambda d: np.where(d.Days < 5, "early", "late"),
)
SLOPES = "Reaction ~ Days + (Days | Subject)"
NEW = pd.DataFrame(
    {"Days": [0.0, 4.5, 12.0, np.nan], "Subject": ["308", "372", "nobody", "308"]}, index=list("abcd")
)


def fit(formula=SLOPES, frame=SLEEP, **options):
    return mlm_steps.fit(formula, frame, **options)


@pytest.fixture(scope="module")
def slopes():
    return fit()


def test_leverages_and_cooks_distances_are_indexed_as_the_frame():
    kept = SLEEP.assign(Days=SLEEP.Days.where(SLEEP.index != 3))
    fitted = fit(frame=kept)
    for values in (fitted.hatvalues, fitted.cooks_distance):
        assert values.index.equals(kept.index.drop(3))
    assert 2 < fitted.hatvalues.sum() < 2 + 36


def test_a_plain_prediction_is_that_of_the_population(slopes):
    prediction = slopes.predict(NEW)
    assert list(prediction.frame.columns) == ["estimate"]
    assert prediction.frame.index.tolist() == list("abcd")
    assert [notice.code for notice in prediction.notices] == ["rows_incomplete"]
    expected = slopes.beta.iloc[0] + slopes.beta.iloc[1] * NEW.Days
    pd.testing.assert_series_equal(prediction.estimate, expected, check_names=False)


def test_the_rows_of_the_fit_are_predicted_without_new_data(slopes):
    fitted = slopes.predict(random=True).estimate
    pd.testing.assert_series_equal(fitted, slopes.fitted, check_names=False)


def test_a_population_needs_no_groups():
    fitted = fit("Reaction ~ Days + (Days | half/Subject)")
    assert fitted.predict(NEW[["Days"]]).estimate.notna().tolist() == [True, True, True, False]
    interval = fitted.predict(NEW[["Days"]], interval="prediction").frame
    assert (interval.high - interval.low)[:3].gt(0).all()
    with pytest.raises(FormulaError, match="no column half"):
        fitted.predict(NEW, random=True)


def test_a_grouping_column_that_is_a_predictor_too_is_needed():
    fitted = fit("Reaction ~ half + (1 | Subject:half)")
    with pytest.raises(FormulaError, match="no column half"):
        fitted.predict(NEW)
    assert len(fitted.predict(pd.DataFrame({"half": ["late", "early"]})).estimate) == 2


def test_unknown_groups_are_predicted_as_the_population_and_said_so(slopes):
    prediction = slopes.predict(NEW, random=True)
    assert prediction.estimate["c"] == pytest.approx(slopes.predict(NEW).estimate["c"])
    (notice,) = [each for each in prediction.notices if each.code != "rows_incomplete"]
    assert (notice.code, notice.subject) == ("unknown_group", "Subject")
    assert "1 of 4 rows" in notice.text
    assert notice.text in repr(prediction)


def test_a_level_that_a_fixed_factor_did_not_have_is_refused():
    fitted = fit("Reaction ~ half + (1 | Subject)")
    with pytest.raises(FormulaError, match="noon"):
        fitted.predict(NEW.assign(half="noon"))


def test_transforms_and_offsets_apply_to_new_data():
    fitted = fit("log(Reaction) ~ scale(Days) + offset(w) + (1 | Subject)", SLEEP)
    new = NEW.iloc[:3].assign(w=[0.0, 1.0, 2.0])
    scaled = (new.Days - SLEEP.Days.mean()) / SLEEP.Days.std()
    expected = fitted.beta.iloc[0] + fitted.beta.iloc[1] * scaled + new.w
    np.testing.assert_allclose(fitted.predict(new).estimate, expected)


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger", "residual", "z"])
def test_a_confidence_interval_of_the_population_is_that_of_its_contrast(df):
    fitted = fit(df=df)
    frame = fitted.predict(pd.DataFrame({"Days": [0.0, 1.0]}), interval="confidence").frame
    assert frame.loc[0, ["se", "low", "high"]].tolist() == pytest.approx(
        [fitted.coefficients.se.iloc[0], *fitted.ci.iloc[0]]
    )
    assert frame.loc[0, "df"] == pytest.approx(fitted.df.iloc[0])


@pytest.mark.parametrize("random", [False, True])
@pytest.mark.parametrize("interval", ["confidence", "prediction"])
def test_intervals_are_quantiles_of_their_df(random, interval):
    fitted = fit(confidence=0.9)
    frame = fitted.predict(NEW, random=random, interval=interval).frame
    assert frame.loc["d"].isna().all()
    known = frame.drop("d")
    width = (known.high - known.low) / 2
    np.testing.assert_allclose(known.low + width, known.estimate)
    sd = width / stdtrit(known.df, 0.95)
    extra = np.sqrt(sd**2 - known.se**2 + 1e-9)
    T, sigma = fitted.lmm.covariances[0], fitted.sigma
    z = np.column_stack([np.ones(3), known.index.map(NEW.Days)])
    between = np.einsum("ij,jk,ik->i", z, T, z)
    expected = {
        ("confidence", False): 0.0,
        ("confidence", True): 0.0,
        ("prediction", False): between + sigma**2,
        ("prediction", True): sigma**2,
    }[interval, random]
    np.testing.assert_allclose(extra**2, np.broadcast_to(expected, 3), rtol=1e-6, atol=1e-6)


def test_the_df_of_any_variance_agree_with_those_of_a_contrast(slopes):
    error = PredictionError(slopes.lmm, slopes.lmm.design, random=False, outcome=False)
    expected = slopes.predict(interval="confidence").frame.df
    np.testing.assert_allclose(variance_df(slopes.lmm, error), expected, rtol=1e-6)


@pytest.mark.parametrize(("df", "quantile"), [("z", ndtri(0.975)), ("residual", stdtrit(178, 0.975))])
def test_other_methods_have_one_df_for_all_predictions(df, quantile):
    frame = fit(df=df).predict(NEW.iloc[:2], random=True, interval="confidence").frame
    np.testing.assert_allclose((frame.high - frame.low) / 2 / frame.se, quantile)


def test_a_model_without_fixed_effects_predicts_its_offset_for_certain():
    fitted = fit("Reaction ~ 0 + offset(w) + (1 | Subject)")
    frame = fitted.predict(interval="confidence").frame
    np.testing.assert_allclose(frame.low, SLEEP.w)
    np.testing.assert_allclose(frame.se, 0.0)


def test_a_weighted_outcome_is_predicted_with_its_weight():
    fitted = fit(weights="w")
    new = NEW.iloc[:1]
    wide, narrow = (
        fitted.predict(new.assign(w=w), random=True, interval="prediction").frame for w in (0.5, 50.0)
    )
    assert (wide.high - wide.low).iloc[0] > 3 * (narrow.high - narrow.low).iloc[0]
    assert fitted.predict(new, random=True, interval="confidence").frame.notna().all(axis=None)
    with pytest.raises(UsageError, match="no column 'w'"):
        fitted.predict(new, interval="prediction")
    for weight, words in ((0.0, "weight w is 0 in row 1"), ("heavy", "not numbers")):
        with pytest.raises(DesignError, match=words):
            fitted.predict(new.assign(w=weight), interval="prediction")


def test_an_interval_of_another_name_is_refused(slopes):
    with pytest.raises(UsageError, match="known: confidence, prediction"):
        slopes.predict(interval="tolerance")


def test_no_rows_give_no_predictions(slopes):
    assert slopes.predict(NEW.iloc[:0], random=True, interval="prediction").frame.empty


def test_simulated_outcomes_are_columns_indexed_as_the_frame(slopes):
    drawn = slopes.simulate(3, seed=1)
    assert drawn.shape == (180, 3)
    assert drawn.index.equals(SLEEP.index)
    pd.testing.assert_frame_equal(slopes.simulate(1, seed=1), drawn[[0]])
    near = slopes.simulate(1, seed=1, conditional=True)[0] - slopes.fitted
    assert near.std() == pytest.approx(slopes.sigma, rel=0.2)


def test_a_simulated_outcome_can_be_fitted_and_gives_back_the_parameters(slopes):
    refitted = [
        fit(frame=SLEEP.assign(Reaction=y)).beta["Days"] for _, y in slopes.simulate(20, seed=4).items()
    ]
    # The mean of 20 estimates is within four of its standard errors.
    assert np.mean(refitted) == pytest.approx(slopes.beta["Days"], abs=4 * slopes.se["Days"] / np.sqrt(20))


@pytest.mark.parametrize("reml", [True, False])
def test_a_model_at_its_own_estimates_is_itself(reml):
    fitted = fit(reml=reml)
    same = fitted.at(fitted.theta)
    assert same.criterion == pytest.approx(fitted.criterion, rel=1e-12)
    np.testing.assert_allclose(same.p_value, fitted.p_value, rtol=1e-6)
    assert fitted.criterion_at(fitted.theta) == pytest.approx(fitted.criterion, rel=1e-12)


def test_a_model_at_other_parameters_is_whole_and_not_optimal(slopes):
    other = slopes.at([1.0, 0.0, 0.2])
    assert other.theta.tolist() == [1.0, 0.0, 0.2]
    assert other.criterion > slopes.criterion
    assert other.deviance > slopes.deviance
    assert other.criterion == pytest.approx(slopes.criterion_at([1.0, 0.0, 0.2]))
    assert "at the theta given" in repr(other)
    assert not other.converged


@pytest.mark.parametrize("method", ["at", "criterion_at"])
def test_a_theta_of_another_length_is_refused(slopes, method):
    with pytest.raises(FitError, match="3 finite numbers"):
        getattr(slopes, method)([1.0])
