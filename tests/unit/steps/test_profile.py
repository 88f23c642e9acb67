"""From profiles to the intervals of a rung's rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates
from mlm_steps.records import RunIntervals
from mlm_steps.steps.parts.fit_record import fit_record
from mlm_steps.steps.profile import profile_record

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
WORDS = {"fixed": "profile", "variance": "profile", "icc": "profile", "r2": "none"}


def profiled(formula, frame=SLEEP, kinds=("fixed", "variance", "icc")):
    estimates = Estimates(build_design(formula, frame))
    record = fit_record(
        "m", formula, estimates, method="REML", df_method="satterthwaite", confidence=0.95, weights=None,
        sample_hash="", variable_levels={},
    )  # fmt: skip
    return record, profile_record(estimates.under("ML"), record, kinds)


def test_every_row_but_covariances_has_its_interval():
    record, found = profiled("Reaction ~ Days + (Days | Subject)")
    filled = RunIntervals(WORDS, (found,)).into_fit(record)
    rows = {(row.effect_1, row.effect_2, row.kind): row for row in filled.random}
    without = [key for key, row in rows.items() if row.ci_low is None]
    assert without == [("(Intercept)", "Days", "covariance")]
    sd, variance = rows["Days", None, "sd"], rows["Days", None, "variance"]
    assert (variance.ci_low, variance.ci_high) == pytest.approx((sd.ci_low**2, sd.ci_high**2))
    assert {row.ci_method for row in filled.coefficients} == {"profile, ML"}
    assert [curve.kind for curve in found.curves].count("fixed") == 2


def test_only_what_is_asked_for_is_profiled():
    _, found = profiled("Reaction ~ Days + (1 | Subject)", kinds=("icc",))
    assert {interval.kind for interval in found.intervals} == {"icc"}
    assert found.curves == ()


def test_the_share_of_a_scalar_term_has_the_interval_of_theta():
    _, found = profiled("Reaction ~ 1 + (1 | Subject)")
    limits = {(i.low, i.high) for i in found.intervals if i.kind == "icc"}
    assert len(limits) == 1
    (low, high) = limits.pop()
    assert 0.1 < low < 0.39 < high < 0.7


def test_an_ml_interval_without_the_reml_estimate_is_said_to_be_one():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({f"x{i}": rng.normal(size=80) for i in range(35)})
    frame["g"] = [f"g{i % 20}" for i in range(80)]
    frame["y"] = rng.normal(size=80)
    formula = f"y ~ {' + '.join(f'x{i}' for i in range(35))} + (1 | g)"
    record, found = profiled(formula, frame, kinds=("variance",))
    sigma = next(row.estimate for row in record.random if row.group == "Residual" and row.kind == "sd")
    interval = next(i for i in found.intervals if i.what.startswith("Residual") and i.what.endswith("sd"))
    assert sigma > interval.high
    assert "interval_excludes_estimate" in {notice.code for notice in found.notices}
    assert f"{sigma:.4g}" in " ".join(notice.text for notice in found.notices)
