"""The power of planned studies from Python."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.errors import UsageError
from mlm_steps.power.truth import Truth

DESIGN = {"groups": {"school": 20}, "rows": 4, "predictors": {"arm": {"level": 2, "binary": 0.5}}}
TRUTH = {"fixed": {"arm": 0.5}, "random": {"school": [[0.2]]}, "sigma": 0.8**0.5}


def planned(**given):
    return mlm_steps.power("y ~ arm + (1 | school)", DESIGN, TRUTH, **given)


def test_the_table_has_closed_and_simulated_power():
    found = planned(replicates=200, grid={"groups": [20, 40]})
    table = found.table.set_index("groups")
    assert table.loc[20, "closed"] == pytest.approx(0.38743, abs=5e-6)
    assert (abs(table["power"] - table["closed"]) < 0.03).all()
    assert (table["replicates"] == 200).all()
    assert "groups=40" in repr(found)
    assert "<pre>" in found._repr_html_()


def test_curve_and_needed_groups():
    found = planned(replicates=0)
    curve = found.curve([20, 40, 80])
    assert curve["power"].is_monotonic_increasing
    assert found.needed()["groups"].tolist() == [54]
    assert found.needed(0.9)["groups"][0] > 54


def test_the_submodule_does_not_take_the_name():
    import mlm_steps.power.study  # the import is the test

    assert callable(mlm_steps.power)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"effects": "amr"}, "no effect 'amr'"),
        ({"grid": {"girls": [1, 2]}}, "neither a number"),
        ({"target": 2.0}, "target"),
        ({"replicates": -1}, "negative"),
    ],
)
def test_what_is_impossible_is_said(change, said):
    with pytest.raises(UsageError, match=said):
        _ = planned(**{"replicates": 0, **change}).table


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(0)
    g, x = np.repeat(np.arange(12), 6), np.tile(np.arange(6.0), 12)
    y = rng.normal(size=12)[g] + (0.2 + 0.3 * rng.normal(size=12)[g]) * x + rng.normal(size=72)
    return mlm_steps.fit("y ~ x + (x | g)", pd.DataFrame({"y": y, "x": x, "g": g.astype(str)}))


def test_power_of_a_fit_grows_with_its_groups(fit):
    found = [fit.power("x", value=0.25, groups=groups, replicates=0)["closed"][0] for groups in (12, 24, 48)]
    assert found == sorted(found)
    own = fit.power("x", value=0.25, replicates=200)
    assert own["power"][0] == pytest.approx(found[0], abs=0.03)
    assert fit.power("x", value=0.25, replicates=0)["closed"][0] == pytest.approx(found[0], abs=1e-9)


def test_a_covariance_matrix_that_is_symmetric_but_for_rounding_is_a_truth(fit):
    T = np.array([[4.2, 0.1], [0.1 + 1.4e-17, 0.4]])
    assert not np.array_equal(T, (T).T)
    roots = Truth(np.zeros(2), (T,), 1.0).roots()
    assert roots[0] @ roots[0].T == pytest.approx(T)
    T[0, 1] += 1e-3
    with pytest.raises(UsageError, match="symmetric"):
        Truth(np.zeros(2), (T,), 1.0).roots()


def test_a_generalized_model_has_no_power_of_a_fit(fit):
    data = fit._state.source.data.assign(yes=lambda d: (d["y"] > d["y"].median()).astype(int))
    with pytest.raises(UsageError, match="linear mixed models only"):
        mlm_steps.fit("yes ~ x + (1 | g)", data, family="binomial").power("x")


def test_faults_of_the_power_of_a_fit(fit):
    with pytest.raises(UsageError, match="no coefficient 'z'"):
        fit.power("z")
    with pytest.raises(UsageError, match="belongs to one effect"):
        fit.power(value=1.0)


def test_likelihood_ratios_have_the_power_that_a_spec_gives():
    design = {"groups": {"g": 30}, "rows": 6, "predictors": {"x": {"values": [0, 1, 2, 3, 4, 5]}}}
    truth = {"fixed": {"x": 0.2}, "random": {"g": [[0.4, 0.0], [0.0, 0.05]]}, "sigma": 1.0}
    smaller = ["y ~ x + (1 | g)", "y ~ 1 + (x | g)"]
    found = mlm_steps.power("y ~ x + (x | g)", design, truth, smaller=smaller, replicates=100)
    table = found.likelihood_ratios
    assert table["smaller"].tolist() == smaller
    assert table["method"].tolist() == ["REML", "ML"]
    assert (table["rejections"] == (100 * table["power"]).round()).all()
    assert table["ci_low"].lt(table["power"]).all()
    t_test = found.table.set_index("effect")["power"]["x"]
    assert abs(table["power"][1] - t_test) < 0.15
    assert mlm_steps.power("y ~ x + (x | g)", design, truth, replicates=20).likelihood_ratios.empty


@pytest.mark.parametrize("smaller", ["y ~ x + (x | g)", "y ~ x", "y ~ z + (1 | g)"])
def test_a_smaller_model_that_cannot_be_compared_is_refused(smaller):
    design = {"groups": {"g": 30}, "rows": 6, "predictors": {"x": {"values": [0, 1, 2, 3, 4, 5]}}}
    truth = {"fixed": {"x": 0.2}, "random": {"g": [[0.4, 0.0], [0.0, 0.05]]}, "sigma": 1.0}
    with pytest.raises(mlm_steps.errors.MlmError):
        mlm_steps.power("y ~ x + (x | g)", design, truth, smaller=smaller, replicates=20)
