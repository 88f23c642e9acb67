"""Predicted lines of groups, and their coefficients before and after shrinkage, as the model gives them."""

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.figures import FIGURES


def rows_of(figure):
    return pd.DataFrame(list(figure.data[1]), columns=figure.data[0])


def test_lines_and_coefficients_are_those_of_the_model(make_input, simulate):
    frame = simulate(12, 8)
    figure = FIGURES["partial_pooling"](make_input({"slope": "y ~ x * w + (x | g)"}, frame))
    fit = mlm_steps.fit("y ~ x * w + (x | g)", frame)
    drawn = rows_of(figure)
    lines = drawn[drawn.kind == "line"]
    own = frame.groupby("g", observed=True)
    first = own.first()
    for level, ends in lines.groupby("level"):
        assert ends.x_or_least_squares.tolist() == pytest.approx([own.x.min()[level], own.x.max()[level]])
        new = pd.DataFrame({"x": ends.x_or_least_squares, "w": first.w[level], "g": level})
        assert ends.y_or_predicted.to_numpy() == pytest.approx(
            fit.predict(new, random=True).estimate.to_numpy(), rel=1e-5
        )
    coefficients = drawn[drawn.kind == "coefficient"]
    slopes = coefficients[coefficients.effect == "x"].set_index("level")
    assert slopes.y_or_predicted.to_numpy() == pytest.approx(
        fit.coef()["g"].x[slopes.index].to_numpy(), rel=1e-4
    )
    assert np.std(slopes.y_or_predicted) < np.std(slopes.x_or_least_squares)
    assert "of 12 g groups rise" in figure.reading
    assert f"to {np.std(slopes.y_or_predicted):.3g}"[:5] in figure.reading


def test_a_random_intercept_alone_has_arrows_by_rank(make_input, simulate):
    figure = FIGURES["partial_pooling"](make_input({"null": "y ~ 1 + (1 | g)"}, simulate(9, 5)))
    drawn = rows_of(figure)
    assert set(drawn.kind) == {"coefficient"}
    assert figure.title == "Coefficients of g groups"
    assert figure.alt.startswith("One panel")


def test_groups_without_estimates_of_their_own_are_counted(make_input, simulate):
    frame = simulate(10, 6)
    frame = frame[(frame.g != "group 3") | ~frame.g.duplicated()].reset_index(drop=True)
    figure = FIGURES["partial_pooling"](make_input({"slope": "y ~ x + (x | g)"}, frame))
    assert "1 group has no least-squares estimates" in figure.reading


def test_curves_are_drawn_as_curves_and_the_same_input_gives_the_same_bytes(make_input, simulate):
    given = make_input({"slope": "y ~ x + I(x^2) + (x | g)"}, simulate(6, 8))
    figure = FIGURES["partial_pooling"](given)
    lines = rows_of(figure).query("kind == 'line'")
    assert len(lines) == 6 * 25
    assert FIGURES["partial_pooling"](given).svg == figure.svg
