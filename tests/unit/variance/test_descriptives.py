"""Variables at the level of their units, and correlations whose layers add up."""

import numpy as np
import pytest

from mlm_steps.variance.aggregation import aggregation
from mlm_steps.variance.descriptives import Described, Hierarchy, describe_levels

RNG = np.random.default_rng(11)
SIZES = np.array([3, 7, 4, 9, 2, 6])
SCHOOL = np.repeat(np.arange(6), SIZES)
REGION_OF = np.array([0, 0, 1, 1, 2, 2])
REGION = REGION_OF[SCHOOL]
X = RNG.normal(size=31) + RNG.normal(size=6)[SCHOOL]
Y = RNG.normal(size=31) + 2 * X + REGION
SIZE = np.array([10.0, 20, 30, 40, 50, 65])
SECTOR = np.array([0.0, 1, 0, 1, 1, 0])


def two_levels(**places):
    return Hierarchy({"school": SCHOOL}, {"school": ()}, places)


def three_levels(**places):
    return Hierarchy({"school": SCHOOL, "region": REGION}, {"school": ("region",), "region": ()}, places)


def test_a_variable_of_level_1_is_described_over_rows_with_its_spread_within_and_between():
    (row,) = describe_levels([Described("x", X, None, {"": 4, "school": 1})], [], two_levels()).variables
    means = np.array([X[j == SCHOOL].mean() for j in range(6)])[SCHOOL]
    assert (row.n, row.missing, row.unit) == (31, 4, "")
    assert (row.mean, row.sd, row.minimum, row.maximum) == pytest.approx(
        (X.mean(), X.std(ddof=1), X.min(), X.max())
    )
    (spread,) = row.spreads
    assert spread.sd_within == pytest.approx((X - means).std(ddof=1))
    assert spread.sd_between == pytest.approx(means.std(ddof=1))
    assert spread.sd_within**2 + spread.sd_between**2 == pytest.approx(row.sd**2)


def test_a_variable_of_level_2_is_described_over_its_groups_one_value_each():
    given = Described("size", SIZE[SCHOOL], None, {"": 8, "school": 2})
    (row,) = describe_levels([given], [], two_levels(size="school")).variables
    assert (row.unit, row.n, row.missing, row.spreads) == ("school", 6, 2, ())
    assert (row.mean, row.sd) == pytest.approx((SIZE.mean(), SIZE.std(ddof=1)))
    assert row.mean != pytest.approx(SIZE[SCHOOL].mean())


def test_in_three_levels_a_variable_of_the_middle_is_divided_by_the_highest():
    (row,) = describe_levels([Described("size", SIZE[SCHOOL])], [], three_levels(size="school")).variables
    (spread,) = row.spreads
    means = np.array([SIZE[r == REGION_OF].mean() for r in range(3)])[REGION_OF]
    assert spread.factor == "region"
    assert spread.sd_within == pytest.approx((SIZE - means).std(ddof=1))
    assert (spread.icc1, spread.icc2) == pytest.approx(aggregation(SIZE, REGION_OF))


def test_a_group_with_several_values_of_a_declared_variable_is_left_out_and_counted():
    values = SIZE[SCHOOL].copy()
    values[0] += 1.0
    (row,) = describe_levels([Described("size", values)], [], two_levels(size="school")).variables
    assert (row.n, row.varying) == (5, 1)
    assert row.mean == pytest.approx(SIZE[1:].mean())


def test_categories_and_two_values_are_counted_over_the_units_of_the_variable():
    found = describe_levels(
        [
            Described("sector", SECTOR[SCHOOL], ("Public", "Catholic", "none")),
            Described("girl", (X > 0).astype(float)),
            Described("x", X),
        ],
        [],
        two_levels(sector="school"),
    )
    counts = {(each.variable, each.category): (each.unit, each.n, each.share) for each in found.categories}
    girls = int((X > 0).sum())
    assert counts == {
        ("sector", "Public"): ("school", 3, pytest.approx(0.5)),
        ("sector", "Catholic"): ("school", 3, pytest.approx(0.5)),
        ("sector", "none"): ("school", 0, 0.0),
        ("girl", "0"): ("", 31 - girls, pytest.approx(1 - girls / 31)),
        ("girl", "1"): ("", girls, pytest.approx(girls / 31)),
    }
    assert [each.variable for each in found.variables] == ["girl", "x"]


def layers(variables, hierarchy):
    found = describe_levels(variables, [each.name for each in variables], hierarchy).correlations
    return {(each.layer, each.factor, each.inside): each for each in found}


def test_within_and_between_correlations_are_those_of_deviations_and_weighted_means():
    found = layers([Described("y", Y), Described("x", X)], two_levels())
    means = np.array([[v[j == SCHOOL].mean() for j in range(6)] for v in (Y, X)])
    away = np.array([Y, X]) - means[:, SCHOOL]
    within, between = found["within", "school", None], found["between", "school", None]
    assert within.rows == ((pytest.approx(np.corrcoef(away)[0, 1]),),)
    assert between.rows == ((pytest.approx(np.corrcoef(means[:, SCHOOL])[0, 1]),),)
    assert (within.n, between.n) == (31, 6)


def test_products_of_the_layers_of_nested_factors_add_up_to_the_total():
    found = layers([Described("y", Y), Described("x", X)], three_levels())
    assert set(found) == {
        ("within", "school", None), ("between", "school", "region"), ("between", "region", None)
    }  # fmt: skip
    both = np.array([Y, X])
    school = np.array([[v[j == SCHOOL].mean() for j in range(6)] for v in both])[:, SCHOOL]
    region = np.array([[v[r == REGION].mean() for r in range(3)] for v in both])[:, REGION]
    parts = {
        ("within", "school", None): both - school,
        ("between", "school", "region"): school - region,
        ("between", "region", None): region - both.mean(axis=1, keepdims=True),
    }
    total = np.cov(both)[0, 1] * 30
    assert sum(
        found[key].rows[0][0] * np.sqrt((part[0] @ part[0]) * (part[1] @ part[1]))
        for key, part in parts.items()
    ) == pytest.approx(total)


def test_a_variable_has_no_correlation_below_its_level():
    found = layers(
        [Described("y", Y), Described("sector", SECTOR[SCHOOL], ("P", "C"))], two_levels(sector="school")
    )
    assert found["within", "school", None].rows == ((None,),)
    assert found["within", "school", None].variables == ("y", "sectorC")
    assert found["between", "school", None].rows[0][0] is not None


def test_crossed_factors_have_layers_of_their_own():
    item = np.arange(31) % 4
    hierarchy = Hierarchy({"school": SCHOOL, "item": item}, {"school": (), "item": ()}, {})
    assert set(layers([Described("y", Y), Described("x", X)], hierarchy)) == {
        (layer, factor, None) for layer in ("within", "between") for factor in ("school", "item")
    }


def test_one_row_per_group_and_one_row_have_no_spread():
    every = Hierarchy({"g": np.arange(3)}, {"g": ()}, {})
    (row,) = describe_levels([Described("x", np.array([1.0, 2.0, 4.0]))], [], every).variables
    assert row.spreads[0].sd_within == 0.0
    alone = Hierarchy({"g": np.zeros(1, dtype=np.intp)}, {"g": ()}, {})
    (row,) = describe_levels([Described("x", np.array([1.0]))], [], alone).variables
    assert (row.sd, row.spreads[0].sd_within) == (None, None)
