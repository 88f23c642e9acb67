"""Tests of fixed effects of generalized models."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.mixed import fit_mixed
from mlm_steps.inference import reference
from mlm_steps.records.response import Response


@pytest.fixture(name="frame", scope="module")
def frame_():
    rng = np.random.default_rng(4)
    g, h = np.repeat(np.arange(12), 8), np.tile(np.arange(8), 12)
    x, w = rng.normal(size=96), rng.normal(size=12)[g]
    mu = np.exp(0.6 + 0.3 * x + 0.2 * w + 0.4 * rng.normal(size=12)[g])
    return pd.DataFrame(
        {"y": rng.poisson(mu).astype(float), "x": x, "w": w, "g": g.astype(str), "h": h.astype(str)}
    )


def fitted(frame, formula):
    return fit_mixed(build_design(formula, frame, response=Response("poisson", "log")), method="ML")


def test_z_residual_and_between_within_use_the_exact_standard_errors(frame):
    fit = fitted(frame, "y ~ x + w + (1 | g)")
    rows = np.eye(3)
    for method, df in (("z", [np.inf] * 3), ("residual", [93.0] * 3), ("between-within", [10.0, 83.0, 10.0])):
        found = reference(fit, method)
        assert (found.method, found.sigma) == (method, None)
        np.testing.assert_array_equal(found.df(rows), df)
        assert found.vcov is fit.vcov


def test_without_nested_factors_between_within_falls_back_to_z(frame):
    found = reference(fitted(frame, "y ~ x + (1 | g) + (1 | h)"), "between-within")
    assert found.method == "z"
    assert "The tests are z tests." in found.notices[0].text
