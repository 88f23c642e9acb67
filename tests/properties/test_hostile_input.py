"""Thousands of damaged specs, formulas and data files: an answer each, soon, with a place, no traceback."""

from __future__ import annotations

import contextlib
import math
import warnings

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.design.linear import parse_linear
from mlm_steps.errors import FormulaError, MlmError

from . import mutations
from .hostile import ROWS, judged, limited, sampled

PLAIN = """\
version: 1
data: {{file: {name}}}
ladder:
  - {{name: "null", formula: "y ~ 1 + (1 | g)"}}
  - {{name: l1, formula: "y ~ x + c + (1 | g)"}}
"""
FRAME = pd.DataFrame(
    {
        "y": np.random.default_rng(1).normal(size=60),
        "x": np.random.default_rng(2).normal(size=60),
        "z": np.random.default_rng(3).uniform(1, 2, size=60),
        "w": np.arange(60) // 6 % 4,
        "g": pd.Categorical([f"s{i // 6}" for i in range(60)]),
        "h": pd.Categorical([f"p{i % 5}" for i in range(60)]),
        "c": pd.Categorical(list("abc") * 20),
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "a.csv").write_text("\n".join(ROWS) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


@pytest.mark.parametrize("block", range(10))
def test_a_changed_spec_is_answered(folder, block):
    for seed in sampled(3000)[block::10]:
        content = mutations.spec(seed)
        try:
            judged(folder, content)
        except BaseException as error:
            raise AssertionError(f"mutations.spec({seed})") from error


@pytest.mark.parametrize("block", range(10))
def test_a_formula_is_read_and_built_or_refused_at_a_place(block):
    for seed in sampled(20_000)[block::10]:
        text = mutations.formula(seed)
        try:
            with limited():
                _built(text)
        except BaseException as error:
            raise AssertionError(f"mutations.formula({seed}): {text[:200]!r}") from error


def _built(text: str) -> None:
    error: MlmError | None = None
    try:
        formula = parse_formula(text)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            build_design(formula, FRAME)
    except MlmError as found:
        error = found
    for fault in error.faults if error else ():
        assert str(fault).replace("\n", "").isprintable()
        # Only what concerns the model as a whole, such as more coefficients than rows, has no place in it.
        assert fault.what.startswith("the model has") or fault.offset in range(len(text) + 1)


def test_a_hypothesis_is_read_or_refused_at_a_place():
    for seed in sampled(20_000):
        text = mutations.hypothesis(seed)
        with limited(), contextlib.suppress(FormulaError):
            found = parse_linear(text, [*mutations.COEFFICIENTS[:-1]])
            assert all(math.isfinite(weight) for weight in found.weights.values())
            assert math.isfinite(found.value)


@pytest.mark.parametrize("block", range(10))
def test_a_damaged_data_file_is_answered(folder, block):
    for seed in sampled(1000)[block::10]:
        name, content = mutations.data(seed)
        own = folder / f"data{block}"
        own.mkdir(exist_ok=True)
        (own / name).write_bytes(content)
        try:
            judged(folder, PLAIN.format(name=f"data{block}/{name}"))
        except BaseException as error:
            raise AssertionError(f"mutations.data({seed}): {name}, {content[:200]!r}") from error
