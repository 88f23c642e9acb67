"""Which model contains which."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.compare.nesting import embed_theta, log_det_basis, relate, spans
from mlm_steps.design.build import build_design
from mlm_steps.engine import evaluate_at, fit_lmm


def frame():
    rng = np.random.default_rng(1)
    n = 240
    g = np.repeat(np.arange(24), 10)
    data = pd.DataFrame(
        {
            "x": rng.normal(size=n) + 2000,
            "w": rng.normal(size=24)[g],
            "c": rng.choice(["a", "b", "c"], n),
            "g": [f"g{i}" for i in g],
            "same": [f"other{23 - i}" for i in g],
            "s": [f"s{i // 4}" for i in g],
            "h": [f"h{i}" for i in rng.integers(0, 8, n)],
        }
    )
    slope = rng.normal(size=24)[g]
    data["y"] = data.x - 2000 + slope * (data.x - 2000) + 2 * rng.normal(size=24)[g] + rng.normal(size=n)
    return data


DATA = frame()


def design(formula):
    return build_design(formula, DATA)


@pytest.mark.parametrize(
    ("smaller", "larger", "nested", "changed", "df"),
    [
        ("y ~ 1 + (1|g)", "y ~ x + (1|g)", True, "fixed", 1),
        ("y ~ x + (1|g)", "y ~ I(x - 1990) + w + (1|g)", True, "fixed", 1),
        ("y ~ x + (1|g)", "y ~ w + (1|g)", False, "fixed", 0),
        ("y ~ c + (1|g)", "y ~ 0 + c + (1|g)", True, "none", 0),
        ("y ~ x + (1|g)", "y ~ x + (x|g)", True, "variance", 2),
        ("y ~ x + (0 + x|g)", "y ~ x + (x|g)", True, "variance", 2),
        ("y ~ x + (x||g)", "y ~ x + (x|g)", True, "variance", 1),
        ("y ~ x + (x|g)", "y ~ x + (x||g)", False, "variance", -1),
        ("y ~ x + (x|g)", "y ~ x + (I(x - 2000)|g)", True, "none", 0),
        ("y ~ x + (x||g)", "y ~ x + (I(x - 2000)||g)", False, "variance", 0),
        ("y ~ x + (1|g)", "y ~ x + (1|same)", True, "none", 0),
        ("y ~ x + (1|g)", "y ~ x + (1|h)", False, "variance", 0),
        ("y ~ x + (1|g)", "y ~ x + (1|g) + (1|h)", True, "variance", 1),
        ("y ~ x + (1|s)", "y ~ x + (1|s/g)", True, "variance", 1),
        ("y ~ 1 + (1|g)", "y ~ x + (x|g)", True, "both", 3),
        ("y ~ c + (1|g)", "y ~ c + (0 + c|g)", True, "variance", 5),
    ],
)
def test_nesting_is_a_matter_of_column_spaces(smaller, larger, nested, changed, df):
    relation = relate(design(smaller), design(larger))
    assert (relation.nested, relation.changed, relation.df) == (nested, changed, df)


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("y ~ x + (1|g)", "y ~ x + (x|g)"),
        ("y ~ x + (x||g)", "y ~ x + (x|g)"),
        ("y ~ x + (x||g)", "y ~ x + (I(x - 1900)|g)"),
        ("y ~ x + (1|g)", "y ~ x + (1|h) + (x|g)"),
        ("y ~ c + (1|g)", "y ~ c + (0 + c|g)"),
    ],
)
def test_the_larger_model_at_the_embedded_theta_is_the_smaller_one(smaller, larger):
    small, large = design(smaller), design(larger)
    fit = fit_lmm(small)
    theta = embed_theta(fit, large, relate(small, large).up)
    assert evaluate_at(large, theta).criterion == pytest.approx(fit.criterion, abs=1e-5)


def test_reml_criteria_of_two_codings_differ_by_the_determinant_of_the_change():
    one, other = design("y ~ c + x + (1|g)"), design("y ~ 0 + c + I(3 * x) + (1|g)")
    difference = fit_lmm(one).criterion - fit_lmm(other).criterion
    assert difference == pytest.approx(log_det_basis(one, other), abs=1e-6)


def test_a_nearly_constant_column_is_told_from_a_constant():
    ones = np.ones((50, 1))
    year = 2000 + np.linspace(0, 1e-5, 50)[:, None]
    assert not spans(ones, year)
    assert spans(np.hstack([ones, year]), 3 * year - 7)


def test_long_columns_round_and_still_span():
    rows = 7185
    x = np.random.default_rng(160).normal(size=rows)
    x -= x.mean()
    constant = np.ones((rows, 1))
    assert spans(np.column_stack([constant[:, 0], x]), constant)
    assert not spans(constant, np.column_stack([constant[:, 0], x]))


@pytest.mark.parametrize("n", [100, 10_000, 300_000])
def test_a_constant_is_spanned_by_a_constant_whatever_the_number_of_rows(n):
    x = np.random.default_rng(3).normal(size=(n, 3)) + 50
    larger = np.column_stack([np.ones(n), x])
    assert spans(larger, np.ones((n, 1)))
    assert spans(larger, x[:, :1] * 3 + 1e6)
    assert not spans(larger, x[:, :1] + 1e-6 * x[:, 1:2] ** 2)
