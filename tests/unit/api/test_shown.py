"""Every result of the API prints, shows in a notebook, and has a table."""

import importlib
import pickle
import pkgutil

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps import api
from mlm_steps.api.shown import Shown, Tabular


def results(base=Shown):
    for kind in base.__subclasses__():
        yield kind
        yield from results(kind)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(8)
    g, x = np.repeat(np.arange(15), 8), rng.normal(size=120)
    y = rng.normal(size=15)[g] + 0.5 * x + rng.normal(size=120)
    return pd.DataFrame({"y": y, "yes": (y > 0).astype(int), "x": x, "g": g.astype(str)})


@pytest.fixture(scope="module")
def logit(data):
    return mlm_steps.fit("yes ~ x + (1 | g)", data, family="binomial")


@pytest.fixture(scope="module")
def linear(data):
    return mlm_steps.fit("y ~ x + (1 | g)", data)


def test_every_result_has_a_table_and_a_printed_form():
    for module in pkgutil.iter_modules(api.__path__):
        importlib.import_module(f"mlm_steps.api.{module.name}")
    kinds = {kind for kind in results() if kind is not Tabular}
    assert len(kinds) > 20
    for kind in kinds:
        assert hasattr(kind, "table") or "table" in kind.__dataclass_fields__, kind
        assert "<locals>" not in kind.__repr__.__qualname__, f"{kind} prints as a dataclass"


def test_shares_of_variance_print_in_full_and_remain_a_frame(logit, linear):
    found = logit.icc()
    assert repr(found).startswith("Intraclass correlations")
    assert "..." not in repr(found)
    assert "NaN" not in repr(found)
    assert "None" not in repr(linear.icc())
    assert "<table" in found._repr_html_()
    assert type(found.table) is pd.DataFrame
    assert found["value"].iloc[0] == found.table["value"].iloc[0]
    again = pickle.loads(pickle.dumps(linear.r2(measures=["r2_xu"])))
    assert repr(again).startswith("Explained variance")


def test_a_comparison_has_a_row_per_model(data, linear):
    table = mlm_steps.compare(mlm_steps.lm("y ~ x", data), linear).table
    assert list(table["npar"]) == [3, 4]
    assert table["df"].iloc[1] == 1
    assert table["p_value"].isna().tolist() == [True, False]
    assert table["aic"].iloc[1] == linear.aic


def test_a_fit_and_its_predictions_and_profiles_have_tables(linear):
    pd.testing.assert_frame_equal(linear.table, linear.coefficients)
    assert list(linear.predict().table.columns) == ["estimate"]
    assert list(linear.profile(["x"]).table.columns) == ["parameter", "value", "zeta"]


def test_what_a_generalized_model_does_not_have_is_no_none(logit):
    printed = repr(logit.ranef())
    assert "None" not in printed
    assert logit.ranef().table["pred_sd"].dtype == float
