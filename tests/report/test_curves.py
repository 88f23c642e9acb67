"""A predictor beside functions of itself: where its coefficient is a slope, and where it is none."""

from dataclasses import replace

import pytest

from mlm_steps.report.sentences.coefficients import coefficient_sentence
from mlm_steps.report.sentences.curves import curve_of
from mlm_steps.report.sentences.random_slopes import slope_sentences
from mlm_steps.report.text.text import plain_text


def sentences(given, fixed, columns, random=None):
    """Return what is said of the columns of a rung, given with their terms, and of its random slope."""
    final = given.run.fits[-1]
    like = final.coefficients[1]
    coefficients = tuple(
        like.model_copy(update={"column": column, "term": term, "estimate": estimate})
        for column, (term, estimate) in columns.items()
    )
    formula = f"math ~ {fixed} + ({random or 'ses'} | school)"
    fit = final.model_copy(update={"formula": formula, "coefficients": coefficients})
    given = replace(given, run=replace(given.run, fits=(fit,)))
    said = {c.column: plain_text(coefficient_sentence(given, fit, c)) for c in coefficients}
    (slope,) = map(plain_text, slope_sentences(given, fit))
    return said, slope


def test_x_beside_its_square_is_a_slope_where_x_is_0_and_the_square_a_bend(make_given):
    columns = {"ses": ("ses", 2.8), "I(ses^2)": ("I(ses^2)", -0.4)}
    said, slope = sentences(make_given(), "ses + I(ses^2)", columns)
    assert said["ses"].startswith(
        "At the mean of status, mathematics rose with status by 2.80 points per unit ("
    )
    assert said["I(ses^2)"].startswith("The curve of mathematics over status bent downwards, ")
    assert "at the mean of status, 95\u202f% of slopes are expected between 1.79 and 3.81, " in slope


def test_x_alone_needs_no_reservation(make_given):
    said, slope = sentences(make_given(), "ses", {"ses": ("ses", 2.8)})
    assert said["ses"].startswith(
        "Each additional unit of status was associated with 2.80 more points (γ₁₀), "
    )
    assert "between 1.79 and 3.81, " in slope


def test_x_beside_its_logarithm_is_no_slope_and_has_no_range(make_given):
    columns = {"ses": ("ses", 2.8), "log(ses)": ("log(ses)", 2.8)}
    said, slope = sentences(make_given(), "ses + log(ses)", columns)
    assert all(
        "is one of several terms that form the curve of mathematics over status" in s for s in said.values()
    )
    assert not any("associated" in s for s in said.values())
    assert "are expected between" not in slope


def test_the_second_column_of_a_parabola_is_its_bend(make_given):
    columns = {f"poly(ses, 2){i}": ("poly(ses, 2)", 2.8) for i in (1, 2)}
    said, _ = sentences(make_given(), "poly(ses, 2)", columns)
    assert "is one of several terms" in said["poly(ses, 2)1"]
    assert said["poly(ses, 2)2"].startswith("The curve of mathematics over status bent upwards, ")


def test_a_product_within_a_level_changes_a_slope(make_given):
    columns = {"ses": ("ses", 2.8), "age": ("age", 2.8), "ses:age": ("ses:age", -0.4)}
    said, _ = sentences(make_given(), "ses * age", columns)
    assert said["ses:age"].startswith("The slope of status was 0.40 points lower for each additional ")


def test_a_slope_per_level_is_no_moderation_and_holds_where_x_is_0(make_given):
    columns = {
        "sectorPublic": ("sector", 2.8),
        "I(ses^2)": ("I(ses^2)", 2.8),
        "sectorPublic:ses": ("sector:ses", 2.8),
    }
    said, _ = sentences(make_given(), "0 + sector + sector:ses + I(ses^2)", columns)
    assert said["sectorPublic:ses"].startswith(
        "At the mean of status, the slope of status was positive where sector is Public, "
    )


@pytest.mark.parametrize(
    ("formula", "terms", "roles"),
    [
        ("y ~ x + I(x^2) + I(x^3)", ["x", "I(x^2)", "I(x^3)"], ["base", "bend", "part"]),
        ("y ~ log(x)", ["log(x)"], [None]),
        ("y ~ m + I(x - m)", ["m", "I(x - m)"], [None, None]),
        ("y ~ x + z + I(x * z)", ["x", "z", "I(x * z)"], ["part", "part", "part"]),
        ("y ~ x * a + I(x^2)", ["x", "a", "I(x^2)", "x:a"], ["base", None, "bend", None]),
        ("y ~ x * a + a * I(x^2)", ["x:a", "a:I(x^2)"], ["base", "bend"]),
        ("y ~ I(x - 5) + I((x - 5)^2)", ["I(x - 5)", "I((x - 5)^2)"], ["base", "bend"]),
    ],
)
def test_the_role_of_a_column_follows_from_the_others_of_its_variable(formula, terms, roles):
    found = [curve_of(formula, name, dict(zip(terms, terms, strict=True))) for name in terms]
    assert [curve and curve.role for curve in found] == roles


@pytest.mark.parametrize("term", ["f", "factor(x)"])
def test_the_levels_of_a_category_are_no_curve(term):
    assert curve_of(f"y ~ {term}", f"{term}2", {f"{term}2": term, f"{term}3": term}) is None
