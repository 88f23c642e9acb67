"""Planned studies against published values and the formulas of section 16."""

import numpy as np
import pytest

from mlm_steps.errors import UsageError
from mlm_steps.power.declared.columns import ModelColumns
from mlm_steps.power.declared.predictors import Derivation, Predictor
from mlm_steps.power.declared.sizes import Factor, Varying, layout_of, sizes_of
from mlm_steps.power.declared.source import Missing
from mlm_steps.power.declared.standardized import mean_differences, variance_shares
from mlm_steps.power.declared.truths import Shares, arend_schaefer, by_source, population_sources, raw
from mlm_steps.power.estimates import conditional
from mlm_steps.power.simulation import simulate
from mlm_steps.power.solve import Ceiling, ceiling_of, cheapest, detectable, needed_groups, needed_rows
from mlm_steps.power.study import Study, closed_answers

ARM = (Predictor("tr", factor="g", kind="binary"),)
SLEEP = np.array([[612.0898, 9.6043], [9.6043, 35.0717]])


def trial(effect=0.5, groups=20, rows=4):
    return Study(
        (Factor("g", groups),),
        rows,
        "y ~ tr + (1 | g)",
        lambda columns: raw(columns, {"tr": effect}, {"g": np.array([[0.2]])}, np.sqrt(0.8)),
        ARM,
    )


def two_level(declare, *, groups=30, rows=10, **given):
    predictors = (
        Predictor("x1"),
        Predictor("x2", icc=0.1),
        Predictor("z1", factor="id"),
        Predictor("z2", factor="id"),
    )
    derivations = (
        Derivation("x1w", "center", "x1", "id"),
        Derivation("x2g", "center", "x2", None),
        Derivation("z1g", "center", "z1", None),
        Derivation("z2g", "center", "z2", None),
    )
    formula = "y ~ x1w + x2g + z1g + z2g + x1w:z1g + (x1w | id)"
    return Study((Factor("id", groups),), rows, formula, declare, predictors, derivations, **given)


def test_a_cluster_trial_has_the_power_of_powerup():
    # PowerUpR: power.cra2(es=.5, rho2=.2, n=4, J=20) .38743; its mdes.cra2 adds two quantiles: .83805.
    (answer,) = closed_answers(trial())
    assert answer.power == pytest.approx(0.38743, abs=5e-6)
    assert detectable(answer, 0.8, 0.05) == pytest.approx(0.83797, abs=5e-6)


def test_unequal_groups():
    unequal = trial(0.6, rows=tuple([3] * 10 + [25] * 10))
    assert closed_answers(unequal)[0].power == pytest.approx(0.61812769, abs=1e-7)


def test_sleepstudy_curve_and_smallest_effect():
    study = Study(
        (Factor("g", 18),),
        10,
        "y ~ Days + (Days | g)",
        lambda columns: raw(columns, {"Days": 5.0}, {"g": SLEEP}, 25.59182),
        (Predictor("Days", kind="values", values=tuple(map(float, range(10)))),),
    )
    (answer,) = closed_answers(study)
    curve = {1: 0.0937577, 2: 0.2308368, 3: 0.4487456, 4: 0.6842470, 5: 0.8615608, 6: 0.9548942}
    for effect, power in curve.items():
        assert answer.at(np.array([float(effect)]), 0.05) == pytest.approx(power, abs=1e-6)
    assert detectable(answer, 0.8, 0.05) == pytest.approx(4.595499, abs=1e-5)


def test_crossed_participants_and_items():
    # Westfall's application: .37968, from a mean square that lacks a factor 2; the definition gives .38402.
    study = Study(
        (Factor("p", 20), Factor("q", 20)),
        1,
        "y ~ c + (1 | p) + (0 + c | p) + (1 | q)",
        lambda columns: variance_shares(
            columns, {"p": 0.2, "p:c": 0.1, "q": 0.3, "residual": 0.4}, {"c": 0.5}
        ),
        (Predictor("c", factor="q", kind="binary", codes=(-1.0, 1.0)),),
    )
    (answer,) = closed_answers(study)
    assert (answer.standard_error, answer.df, answer.power) == pytest.approx(
        (0.14491377, 27.35752, 0.38402), abs=1e-5
    )


def test_shares_become_the_parameters_of_mlmpower():
    # The vignette of the R package mlmpower, first illustration, correlations 0.
    weights = {"x1w": 0.8, "x2g": 0.2, "z1g": 0.8, "z2g": 0.2}
    shares = Shares(
        icc=0.1, within=0.065, between=0.065, product=0.01, slope=0.03, total=100.0, weights=weights
    )
    truth = two_level(lambda columns: by_source(columns, shares)).truth
    expected = [0.0, 2.4733877696, 0.6517949074, 2.4733877696, 0.6183469024, 1.0]
    np.testing.assert_allclose(truth.beta, expected, atol=1e-9)
    np.testing.assert_allclose(truth.covariances[0], np.diag([3.4575163399, 3.0]), atol=1e-9)
    assert truth.sigma**2 == pytest.approx(79.5, abs=1e-10)


@pytest.mark.parametrize("mean", [0.0, 1.5])
def test_the_sources_of_variance_return_the_declaration(mean):
    shares = Shares(icc=0.2, within=0.1, between=0.05, product=0.01, slope=0.04, total=7.0, correlation=-0.3)
    study = Study(
        (Factor("g", 40),),
        20,
        "y ~ x * z + (x | g)",
        lambda columns: by_source(columns, shares),
        (Predictor("x", mean=mean, sd=2.0), Predictor("z", factor="g", sd=0.5)),
    )
    found = population_sources(study.columns, study.truth)
    assert found["within"] == pytest.approx(0.7, abs=1e-10)
    assert found["product"] == pytest.approx(0.07, abs=1e-10)
    assert found["slope"] == pytest.approx(0.28, abs=1e-10)
    assert found["between"] == pytest.approx(0.35, abs=1e-10)
    assert found["between"] + found["intercept"] == pytest.approx(0.2 * 7.0, abs=1e-10)
    assert sum(found.values()) == pytest.approx(7.0, abs=1e-10)


def test_impossible_shares_are_named():
    with pytest.raises(UsageError, match="no variance is left for the residual"):
        _ = two_level(lambda c: by_source(c, Shares(icc=0.5, within=0.4, slope=0.2))).truth
    with pytest.raises(UsageError, match="no variance is left for the random intercept"):
        _ = two_level(lambda c: by_source(c, Shares(icc=0.1, between=0.2))).truth
    with pytest.raises(UsageError, match=r"sum to 0\.9"):
        _ = Study(
            (Factor("g", 9),),
            5,
            "y ~ tr + (1 | g)",
            lambda c: variance_shares(c, {"g": 0.2, "residual": 0.7}, {}),
            ARM,
        ).truth


def test_arend_and_schaefer():
    study = two_level(
        lambda c: arend_schaefer(c, icc=0.3, level1=0.3, level2=0.3, cross=0.3, slope_variance=0.09)
    )
    truth = study.truth
    np.testing.assert_allclose(truth.covariances[0], np.diag([0.39, 0.0819]), atol=1e-12)
    assert truth.sigma**2 == pytest.approx(0.91)
    assert truth.beta[-1] == pytest.approx(0.09)
    assert truth.beta[3] == pytest.approx(0.19639610121239315)


@pytest.mark.parametrize(("per", "sd"), [("total", 1.0), ("within", np.sqrt(0.8))])
def test_mean_differences_are_in_units_of_a_standard_deviation(per, sd):
    study = Study(
        (Factor("g", 20),), 4, "y ~ tr + (1 | g)",
        lambda c: mean_differences(c, {"tr": 0.5}, {"g": np.array([[0.2]])}, np.sqrt(0.8), per=per),
        ARM,
    )  # fmt: skip
    assert study.truth.beta[1] == pytest.approx(0.5 * sd)


def test_a_pretest_is_the_outcome_at_the_first_occasion():
    T, time = np.array([[0.5, 0.1], [0.1, 0.2]]), Predictor("time", kind="values", values=(-1.0, 0.0, 1.0))

    def slope(predictors, per="pretest"):
        timed = len(predictors) > 1
        formula, covariance = ("y ~ time * tr + (time | g)", T) if timed else ("y ~ tr + (1 | g)", T[:1, :1])
        study = Study(
            (Factor("g", 20),), 3, formula,
            lambda c: mean_differences(c, {"tr": 0.5}, {"g": covariance}, np.sqrt(0.8), per=per),
            predictors,
        )  # fmt: skip
        return study.truth.beta[study.source.template.columns.index("tr")]

    assert slope((time, *ARM)) == pytest.approx(0.5 * np.sqrt(0.5 - 2 * 0.1 + 0.2 + 0.8))
    assert slope((time, *ARM), "total") == pytest.approx(0.5 * np.sqrt(0.5 + 0.8))
    with pytest.raises(UsageError, match="no predictor has values"):
        slope(ARM)


def test_needed_groups_and_the_ceiling_of_rows():
    study = trial()
    needed = needed_groups(study, 0.8, multiple=2)
    assert needed.count == 54
    assert closed_answers(study.with_groups(52))[0].power < 0.8 <= needed.power
    assert isinstance(needed_rows(study, 0.8), Ceiling)
    assert ceiling_of(study) == pytest.approx(
        closed_answers(study.with_rows(100_000 // 20))[0].power, abs=1e-3
    )
    assert needed_rows(study, 0.6).count > 4


@pytest.mark.parametrize("declared", [4, 10, 52, 54, 56, 400, 5000])
def test_the_needed_groups_do_not_depend_on_the_declared_number(declared):
    assert needed_groups(trial().with_groups(declared), 0.8, multiple=2).count == 54


def test_the_best_design_within_a_budget():
    best = cheapest(trial(0.3), per_group=100.0, per_row=10.0, budget=20_000.0)
    assert (best.groups, best.rows) == (125, 6)
    assert cheapest(trial(0.3), per_group=100.0, per_row=10.0, target=best.power - 1e-9).cost <= 20_000.0


def test_an_effect_that_the_model_lacks_is_a_fault():
    study = two_level(lambda c: by_source(c, Shares(icc=0.1, within=0.1)), effects=("z1g", "x1w:z2g"))
    with pytest.raises(UsageError, match="no effect 'x1w:z2g'"):
        _ = study.tests


def test_unequal_sizes_are_quantiles_of_a_gamma_distribution():
    sizes = sizes_of(Varying(20.0, 0.5), 400)
    assert sizes.mean() == pytest.approx(20.0, rel=0.01)
    assert sizes.std() / sizes.mean() == pytest.approx(0.5, rel=0.02)
    assert sizes_of(Varying(20.0, 0.0), 3).tolist() == [20, 20, 20]


def test_nested_and_crossed_layouts():
    nested = layout_of((Factor("school", 4), Factor("class", 3, within="school")), 5)
    assert (nested.n, len(nested.labels["class"])) == (60, 12)
    assert nested.labels["class"][3] == "2.1"
    crossed = layout_of((Factor("p", 6), Factor("q", 4, each=2)), 1)
    assert crossed.n == 12
    assert crossed.sizes("q").tolist() == [3, 3, 3, 3]


def test_drawn_studies_with_missing_rows_agree_with_their_closed_form():
    shares = Shares(icc=0.2, within=0.15, slope=0.05)
    study = two_level(
        lambda c: by_source(c, shares), groups=20, rows=6, effects=("x1w",), missing=Missing(share=0.2)
    )
    (answer,) = closed_answers(study)
    studies = simulate(study.source, study.truth, study.tests, seed=3, numbers=range(300))
    value, se = conditional(studies.outcomes[0], float(answer.estimate[0]), 0.05)
    assert abs(value - answer.power) < 3.5 * np.hypot(se, answer.se) + 0.01


def test_the_kinds_of_columns():
    columns = ModelColumns(two_level(lambda c: by_source(c, Shares(icc=0.1))).source)
    assert [c.kind for c in columns.columns] == [
        "intercept",
        "level-1",
        "level-1",
        "level-2",
        "level-2",
        "product",
    ]
