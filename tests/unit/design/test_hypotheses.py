"""Hypotheses of terms, against what they must say about cell means."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.design.hypotheses import term_hypotheses

CODINGS = ("treatment", "sum", "helmert")


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(3)
    n = 240
    frame = pd.DataFrame({"x": generator.normal(size=n) + 4, "y": generator.normal(size=n)})
    for name, labels in {"a": "pqr", "b": "uv", "g": "klmno"}.items():
        frame[name] = generator.choice(list(labels), n)
    return frame


def hypotheses(formula, frame, kind="III", coding="treatment"):
    contrasts = {"a": coding, "b": coding}
    design = build_design(formula + " + (1 | g)", frame, contrasts=contrasts)
    return design, term_hypotheses(design.formula, frame, design, kind=kind, contrasts=contrasts)


def span(rows):
    """Return the projection on the space of some rows: equal for equal hypotheses."""
    Q = np.linalg.qr(np.asarray(rows).T)[0]
    return Q @ Q.T


def cell_means(design, frame):
    """Return the columns' row of each cell of a and b, in the order pu, pv, qu, …"""
    cells = [(a, b) for a in "pqr" for b in "uv"]
    return np.array([design.X[((frame.a == a) & (frame.b == b)).argmax()] for a, b in cells])


@pytest.mark.parametrize("coding", CODINGS)
def test_type_three_compares_unweighted_means_of_cells_whatever_the_coding(frame, coding):
    design, found = hypotheses("y ~ a * b", frame, coding=coding)
    means = cell_means(design, frame)
    over_b, over_a = means.reshape(3, 2, -1).mean(axis=1), means.reshape(3, 2, -1).mean(axis=0)
    np.testing.assert_allclose(span(found["a"]), span(over_b[1:] - over_b[0]), atol=1e-9)
    np.testing.assert_allclose(span(found["b"]), span(over_a[1:] - over_a[0]), atol=1e-9)
    slopes = means.reshape(3, 2, -1)
    differences = slopes[:, 1] - slopes[:, 0]
    np.testing.assert_allclose(span(found["a:b"]), span(differences[1:] - differences[0]), atol=1e-9)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_nested_factor_is_averaged_over(frame, coding):
    design, found = hypotheses("y ~ a / b", frame, coding=coding)
    means = cell_means(design, frame).reshape(3, 2, -1).mean(axis=1)
    np.testing.assert_allclose(span(found["a"]), span(means[1:] - means[0]), atol=1e-9)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_slope_is_averaged_over_the_levels_it_interacts_with(frame, coding):
    design, found = hypotheses("y ~ a * x", frame, coding=coding)
    moved = frame.assign(x=frame.x + 1)
    change = build_design(design.formula, moved, contrasts={"a": coding}).X - design.X
    slopes = [change[(frame.a == level).to_numpy().argmax()] for level in "pqr"]
    np.testing.assert_allclose(span(found["x"]), span([np.mean(slopes, axis=0)]), atol=1e-9)


def test_cells_without_data_leave_what_can_be_estimated(frame):
    hole = frame[~((frame.a == "r") & (frame.b == "u"))].reset_index(drop=True)
    design, found = hypotheses("y ~ a * b", hole)
    assert design.dropped == ("ar:bv",)
    assert {term: len(rows) for term, rows in found.items()} == {"a": 2, "b": 1, "a:b": 1}


@pytest.mark.parametrize("kind", ["I", "II", "III"])
def test_a_collinear_term_has_no_rows(frame, kind):
    _, found = hypotheses("y ~ x + I(2 * x) + a", frame, kind=kind)
    assert {term: len(rows) for term, rows in found.items()} == {"x": 1, "I(2 * x)": 0, "a": 2}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("kind", ["I", "II"])
def test_sequential_sums_of_squares_are_those_of_nested_regressions(frame, kind, coding):
    design, found = hypotheses("y ~ a + b + a:b", frame, kind=kind, coding=coding)
    beta = np.linalg.lstsq(design.X, design.y, rcond=None)[0]
    inverse = np.linalg.inv(design.X.T @ design.X)

    def rss(formula):
        X = build_design(formula + " + (1 | g)", frame).X
        return np.linalg.lstsq(X, design.y, rcond=None)[1][0]

    before = {"I": ("y ~ 1", "y ~ a"), "II": ("y ~ b", "y ~ a")}[kind]
    after = {"I": ("y ~ a", "y ~ a + b"), "II": ("y ~ a + b", "y ~ a + b")}[kind]
    for term, less, more in zip(("a", "b"), before, after, strict=True):
        value = found[term] @ beta
        squares = value @ np.linalg.solve(found[term] @ inverse @ found[term].T, value)
        assert squares == pytest.approx(rss(less) - rss(more), rel=1e-8)


def test_a_model_without_terms_has_no_hypotheses(frame):
    assert hypotheses("y ~ 1", frame)[1] == {}


def test_beside_another_factor_levels_are_compared_also_without_an_intercept(frame):
    _, found = hypotheses("y ~ 0 + a + b", frame)
    assert {term: len(rows) for term, rows in found.items()} == {"a": 2, "b": 1}
    _, alone = hypotheses("y ~ 0 + a + x", frame)
    assert len(alone["a"]) == 3
