"""The designs of every reference model, as R has them."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design

REPOSITORY = Path(__file__).resolve().parents[3]
OWN = REPOSITORY / "tests" / "reference"
SHARED = REPOSITORY.parent / "shared" / "reference"
"""A larger collection of R's results, with data that this repository does not carry."""

RELATIVE = 1e-9
"""X is computed in double precision on both sides; sums over rows lose a few digits."""


@functools.cache
def _set(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _cases() -> list[Any]:
    found: dict[str, Any] = {}
    for path in [*sorted(SHARED.glob("*.json")), *sorted((OWN / "numbers").glob("*.json"))]:
        root = OWN if path.is_relative_to(OWN) else SHARED
        for model in _set(path).get("models", []):
            name = f"{path.stem}-{model.get('id')}"
            if "random_terms" in (model.get("design") or {}) and "cbind" not in model["formula"]:
                columns = _set(path)["datasets"][model["data"]]
                found.setdefault(
                    name, pytest.param(root / columns["file"], columns["columns"], model, id=name)
                )
    return list(found.values())


@functools.cache
def _texts(file: Path, factors: tuple[str, ...]) -> pd.DataFrame:
    return pd.read_csv(file, dtype=dict.fromkeys(factors, str), keep_default_na=False, na_values=[""])


def _frame(file: Path, columns: dict[str, Any]) -> pd.DataFrame:
    factors = {name: column for name, column in columns.items() if column["type"] == "factor"}
    frame = _texts(file, tuple(factors)).copy()
    for name, column in factors.items():
        levels = column.get("levels") or sorted(frame[name].dropna().unique())
        frame[name] = pd.Categorical(frame[name], categories=levels, ordered=bool(column.get("ordered")))
    return frame


def _with_numeric_outcome(frame: pd.DataFrame, formula: str) -> pd.DataFrame:
    """Return the frame with a binary outcome, which generalized models have, as 0 and 1."""
    outcome = formula.split("~")[0].strip()
    if outcome in frame and isinstance(frame[outcome].dtype, pd.CategoricalDtype):
        return frame.assign(**{outcome: frame[outcome].cat.codes.astype(float)})
    return frame


@pytest.mark.parametrize(("file", "columns", "model"), _cases())
def test_the_design_is_that_of_r(file: Path, columns: dict[str, Any], model: dict[str, Any]) -> None:
    expected, frame = model["design"], _with_numeric_outcome(_frame(file, columns), model["formula"])
    design = build_design(
        model["formula"], frame, weights=model.get("weights"), contrasts=model.get("contrasts")
    )
    lost = sorted(set(range(len(frame))) - set(design.rows.tolist()))
    exact = {
        "fixef_names": list(design.columns),
        "term_labels": list(design.term_labels),
        "assign": list(design.assign),
        "n_rows_used": design.n,
        "na_rows": [row + 1 for row in lost],
        "random_terms": [
            {"group": t.group, "names": list(t.names), "n_levels": len(t.levels)} for t in design.random
        ],
    }
    if model["id"] == "factor_dbar":
        del exact["random_terms"]
    assert exact | {key: expected[key] for key in exact if key in expected} == exact
    close = {
        "X_first3": design.X[:3],
        "X_colsum": design.X.sum(axis=0),
        "X_colsumsq": (design.X**2).sum(axis=0),
        "y_sum": design.y.sum(),
        "offset_sum": 0.0 if design.offset is None else design.offset.sum(),
    }
    for key, value in close.items():
        np.testing.assert_allclose(value, expected.get(key, value), rtol=RELATIVE, atol=1e-7, err_msg=key)


def test_a_double_bar_on_a_factor_gives_each_column_a_variance_of_its_own() -> None:
    special = _set(OWN / "numbers" / "special.json")
    frame = _frame(OWN / "data" / "sim_factor.csv", special["datasets"]["sim_factor"]["columns"])
    design = build_design("y ~ cond + (cond || subj)", frame)
    assert [term.names for term in design.random] == [("(Intercept)",), ("condB",), ("condC",)]
    assert [notice.code for notice in design.notices] == ["double_bar_split"]
