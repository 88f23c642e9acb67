"""The designs of every reference model, as R has them."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design import Design, build_design

SHARED = Path(
    os.environ.get("MLM_SHARED_REFERENCE", Path(__file__).resolve().parents[4] / "shared" / "reference")
)

RELATIVE = 1e-9
"""X is computed in double precision on both sides; sums over rows lose a few digits."""

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared reference is not there")


def _models() -> list[tuple[str, str]]:
    sets = {path.stem: json.loads(path.read_text()) for path in sorted(SHARED.glob("*.json"))}
    return [
        (stem, model["id"])
        for stem, content in sets.items()
        if content.get("schema") == "mlm-reference/1"
        for model in content["models"]
        if model.get("design") and "cbind" not in model["formula"]
    ]


@functools.cache
def _set(name: str) -> dict[str, Any]:
    return dict(json.loads((SHARED / f"{name}.json").read_text()))


@functools.cache
def _frame(set_name: str, data: str) -> pd.DataFrame:
    described = _set(set_name)["datasets"][data]
    factors = {name for name, column in described["columns"].items() if column["type"] == "factor"}
    frame = pd.read_csv(
        SHARED / described["file"], dtype=dict.fromkeys(factors, str), keep_default_na=False, na_values=[""]
    )
    for name in factors:
        column = described["columns"][name]
        levels = column.get("levels") or sorted(frame[name].dropna().unique())
        frame[name] = pd.Categorical(frame[name], categories=levels, ordered=bool(column.get("ordered")))
    return frame


def _design(set_name: str, model: dict[str, Any]) -> Design:
    frame = _frame(set_name, model["data"])
    outcome = model["formula"].split("~")[0].strip()
    if outcome in frame and isinstance(frame[outcome].dtype, pd.CategoricalDtype):
        frame = frame.assign(**{outcome: frame[outcome].cat.codes.astype(float)})
    return build_design(
        model["formula"], frame, weights=model.get("weights"), contrasts=model.get("contrasts")
    )


@pytest.mark.parametrize(("set_name", "model_id"), _models())
def test_the_design_is_that_of_r(set_name: str, model_id: str) -> None:
    model = next(m for m in _set(set_name)["models"] if m["id"] == model_id)
    expected = model["design"]
    design = _design(set_name, model)
    assert list(design.columns) == expected["fixef_names"]
    assert list(design.term_labels) == expected["term_labels"]
    assert list(design.assign) == expected["assign"]
    assert design.n == expected["n_rows_used"]
    lost = set(range(len(_frame(set_name, model["data"])))) - set(design.rows.tolist())
    assert sorted(row + 1 for row in lost) == expected["na_rows"]
    np.testing.assert_allclose(design.X[:3], expected["X_first3"], rtol=RELATIVE, atol=1e-9)
    np.testing.assert_allclose(design.X.sum(axis=0), expected["X_colsum"], rtol=RELATIVE, atol=1e-7)
    np.testing.assert_allclose((design.X**2).sum(axis=0), expected["X_colsumsq"], rtol=RELATIVE)
    np.testing.assert_allclose(design.y.sum(), expected["y_sum"], rtol=RELATIVE, atol=1e-9)
    offset = 0.0 if design.offset is None else design.offset.sum()
    np.testing.assert_allclose(offset, expected["offset_sum"], rtol=RELATIVE, atol=1e-12)
    if model_id != "factor_dbar":
        found = [(t.group, list(t.names), len(t.levels)) for t in design.random]
        assert found == [(t["group"], t["names"], t["n_levels"]) for t in expected["random_terms"]]


def test_a_double_bar_on_a_factor_gives_each_column_a_variance_of_its_own() -> None:
    model = next(m for m in _set("special")["models"] if m["id"] == "factor_dbar")
    design = _design("special", model)
    assert [term.names for term in design.random] == [("(Intercept)",), ("condB",), ("condC",)]
    assert [notice.code for notice in design.notices] == ["double_bar_split"]
