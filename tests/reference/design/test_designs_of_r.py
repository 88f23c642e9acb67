"""Formulas that few people write, against R's model.matrix and lme4's lFormula (designs.R)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.apply import apply_design
from mlm_steps.design.build import build_design

REFERENCE = json.loads((Path(__file__).parent / "designs.json").read_text())

RELATIVE, ABSOLUTE = 1e-9, 1e-10
"""Both sides compute in double precision; polynomials of degree 5 in a year lose some digits."""


def _frame(rows: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            name: pd.Categorical(column[rows], categories=column["levels"], ordered=column["ordered"])
            if column["kind"] == "factor"
            else column[rows]
            for name, column in REFERENCE["columns"].items()
        }
    )
    frame["gap"] = frame["gap"].astype(float)
    return frame


FRAME, NEW = _frame("values"), _frame("new")


def _cases(part: str) -> list[Any]:
    return [pytest.param(recorded, id=recorded["formula"]) for recorded in REFERENCE[part]]


@pytest.mark.parametrize("recorded", _cases("fixed"))
def test_columns_are_those_of_model_matrix(recorded: dict[str, Any]) -> None:
    design = build_design(recorded["formula"], FRAME, mixed=False)
    kept = [i - 1 for i in recorded["kept"]]
    assert list(design.all_columns) == recorded["columns"]
    assert list(design.all_assign) == recorded["assign"]
    assert list(design.term_labels) == recorded["labels"]
    assert list(design.columns) == [recorded["columns"][i] for i in kept]
    assert [row + 1 for row in design.rows.tolist()] == recorded["rows"]
    np.testing.assert_allclose(design.X, np.array(recorded["X"])[:, kept], rtol=RELATIVE, atol=ABSOLUTE)
    np.testing.assert_allclose(design.y, recorded["y"], rtol=RELATIVE, atol=ABSOLUTE)
    if recorded["offset"] is None:
        assert design.offset is None
    else:
        np.testing.assert_allclose(design.offset, recorded["offset"], rtol=RELATIVE)


@pytest.mark.parametrize("recorded", [c for c in _cases("fixed") if c.values[0].get("new")])
def test_new_data_get_the_columns_of_predict(recorded: dict[str, Any]) -> None:
    design = build_design(recorded["formula"], FRAME, mixed=False)
    stored = json.loads(json.dumps(design.transforms))
    found = apply_design(stored, NEW)
    np.testing.assert_allclose(found.X, recorded["new"], rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("recorded", _cases("mixed"))
def test_random_terms_are_those_of_lme4(recorded: dict[str, Any]) -> None:
    design = build_design(recorded["formula"], FRAME)
    assert [term.group for term in design.random] == [term["group"] for term in recorded["random"]]
    for found, expected in zip(design.random, recorded["random"], strict=True):
        assert list(found.names) == expected["names"]
        assert list(found.levels) == expected["levels"]
        assert found.refs.tolist() == expected["refs"]
        np.testing.assert_allclose(found.z, expected["z"], rtol=RELATIVE, atol=ABSOLUTE)
