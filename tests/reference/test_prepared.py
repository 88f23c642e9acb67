"""The examples that prepare data give the numbers that R gives on the same preparation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlm_steps.api import fit
from mlm_steps.spec import load_spec
from mlm_steps.steps.validate import prepare_analysis

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    name: numbers
    for name, numbers in json.loads((Path(__file__).parent / "prepared.json").read_text()).items()
    if name != "versions"
}
"""By prepared.R, lme4 with bobyqa to 1e-10."""
RTOL = 2e-6
"""lme4's search stops within about 1e-6 of the optimum in theta."""
CRITERION_RTOL = 1e-9
"""At the optimum the criterion is flat."""


@pytest.mark.parametrize("name", EXPECTED)
def test_the_last_rung_of_an_example_is_that_of_r(name):
    expected = EXPECTED[name]
    loaded = load_spec(ROOT / "config" / "examples" / f"{name}.yaml")
    frame = prepare_analysis(loaded).frame
    assert len(frame) == expected["n"]
    found = fit(loaded.spec.rungs[-1].formula, frame)
    assert list(found.beta.index) == list(expected["beta"])
    np.testing.assert_allclose(found.beta, list(expected["beta"].values()), rtol=RTOL, atol=1e-8)
    np.testing.assert_allclose(found.se, list(expected["se"].values()), rtol=RTOL)
    np.testing.assert_allclose(found.sigma, expected["sigma"], rtol=RTOL)
    np.testing.assert_allclose(found.criterion, expected["reml"], rtol=CRITERION_RTOL)
