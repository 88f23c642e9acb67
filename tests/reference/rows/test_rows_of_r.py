"""Leverages, Cook's distances and predictions against lme4's at the same theta (rows.R)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlm_steps.api import Fit

HERE = Path(__file__).parent
REFERENCE: dict[str, Any] = json.loads((HERE / "rows.json").read_text(encoding="utf-8"))

RTOL = 1e-7
"""theta is the same; what differs is rounding, in lme4's sparse and our blockwise factors."""
ATOL = 1e-9
"""For a leverage, which is at most 1; times the outcome's scale for predictions."""


@pytest.fixture(params=REFERENCE)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def expected(name: str) -> dict[str, Any]:
    return dict(REFERENCE[name])


@pytest.fixture
def fit(name: str, expected: dict[str, Any], fit_named: Any) -> Fit:
    """Return our model at R's theta."""
    return fit_named(name, "REML").at(expected["theta"])


def agree(ours: Any, theirs: dict[str, Any], scale: float = 1.0) -> None:
    ours = np.asarray(ours)
    np.testing.assert_allclose(ours[:5], theirs["first5"], RTOL, ATOL * scale)
    np.testing.assert_allclose(ours.sum(), theirs["sum"], RTOL, ATOL * scale * len(ours))
    np.testing.assert_allclose((ours**2).sum(), theirs["sumsq"], RTOL, ATOL * scale**2 * len(ours))


def test_leverages_agree(fit: Fit, expected: dict[str, Any]) -> None:
    agree(fit.hatvalues, expected["hatvalues"])


def test_cooks_distances_agree(fit: Fit, expected: dict[str, Any]) -> None:
    agree(fit.cooks_distance, expected["cooks_distance"])


@pytest.mark.parametrize("kind", ["population", "conditional"])
def test_predictions_for_the_rows_of_the_fit_agree(fit: Fit, expected: dict[str, Any], kind: str) -> None:
    scale = float(np.abs(fit.lmm.design.y).max())
    agree(fit.predict(random=kind == "conditional").estimate, expected[kind], scale)


@pytest.mark.parametrize("kind", ["population", "conditional"])
def test_predictions_for_new_rows_and_groups_agree(fit: Fit, expected: dict[str, Any], kind: str) -> None:
    new = pd.DataFrame(expected["new"]["columns"])
    scale = float(np.abs(fit.lmm.design.y).max())
    ours = fit.predict(new, random=kind == "conditional")
    np.testing.assert_allclose(ours.estimate, expected["new"][kind], RTOL, ATOL * scale)
