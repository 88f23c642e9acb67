"""Levels and HLM symbols of fixed-effects columns."""

import numpy as np
import pytest

from mlm_steps.design.hlm import assign_symbols, hierarchy_depth, place_columns
from mlm_steps.design.matrices import RandomTerm

LEVELS = {"x": "1", "x2": "1", "w": "2", "w2": "2", "v": "3", "a b": "2"}


def symbols(columns, assign, labels, variables, **options):
    return assign_symbols(columns, assign, labels, variables, LEVELS, **options)


@pytest.mark.parametrize(
    ("columns", "assign", "labels", "variables", "expected"),
    [
        (("(Intercept)",), (0,), (), (), (("1", "γ00"),)),
        (
            ("(Intercept)", "x", "w", "w2", "x:w2"),
            (0, 1, 2, 3, 4),
            ("x", "w", "w2", "x:w2"),
            (("x",), ("w",), ("w2",), ("x", "w2")),
            (("1", "γ00"), ("1", "γ10"), ("2", "γ01"), ("2", "γ02"), ("cross", "γ12")),
        ),
        (
            ("(Intercept)", "x", "x2", "x:x2", "x:x2:w"),
            (0, 1, 2, 3, 4),
            ("x", "x2", "x:x2", "x:x2:w"),
            (("x",), ("x2",), ("x", "x2"), ("x", "x2", "w")),
            (("1", "γ00"), ("1", "γ10"), ("1", "γ20"), ("1", "γ30"), ("cross", "γ31")),
        ),
        (
            ("wa:b", "wc", "x:wa:b", "x:wc"),
            (1, 1, 2, 2),
            ("w", "x:w"),
            (("w",), ("x", "w")),
            (("2", "γ01"), ("2", "γ02"), ("cross", "γ11"), ("cross", "γ12")),
        ),
        (
            ("(Intercept)", "poly(x, 2)1", "poly(x, 2)2", "`a b`", "poly(x, 2)1:`a b`"),
            (0, 1, 1, 2, 3),
            ("poly(x, 2)", "`a b`", "poly(x, 2):`a b`"),
            (("x",), ("a b",), ("x", "a b")),
            (("1", "γ00"), ("1", "γ10"), ("1", "γ20"), ("2", "γ01"), ("cross", "γ11")),
        ),
        (
            ("(Intercept)", "x", "w", "v", "x:v", "w:v"),
            (0, 1, 2, 3, 4, 5),
            ("x", "w", "v", "x:v", "w:v"),
            (("x",), ("w",), ("v",), ("x", "v"), ("w", "v")),
            (
                ("1", "γ000"),
                ("1", "γ100"),
                ("2", "γ010"),
                ("3", "γ001"),
                ("cross", "γ101"),
                ("cross", "γ011"),
            ),
        ),
        (
            ("(Intercept)", "I(x * w)"),
            (0, 1),
            ("I(x * w)",),
            (("x", "w"),),
            (("1", "γ00"), ("1", "γ10")),
        ),
    ],
)
def test_each_column_gets_its_level_and_symbol(columns, assign, labels, variables, expected):
    assert symbols(columns, assign, labels, variables) == expected


def test_two_digit_numbers_are_parted_by_a_comma():
    names = tuple(f"x{i}" for i in range(11))
    got = symbols(names, range(1, 12), names, tuple((n,) for n in names))
    assert got[8:] == (("1", "γ90"), ("1", "γ10,0"), ("1", "γ11,0"))


def test_a_three_level_design_without_level_3_predictors_has_three_indices():
    got = symbols(("(Intercept)", "w"), (0, 1), ("w",), (("w",),), depth=3)
    assert got == (("1", "γ000"), ("2", "γ010"))


def test_places_name_the_parts_of_a_cross_level_product():
    places = place_columns(("x:wb",), (1,), ("x:w",), (("x", "w"),), LEVELS)
    assert places[0].parts == ("x", "wb")


def term(group, refs):
    refs = np.asarray(refs, dtype=np.intp)
    levels = tuple(str(i) for i in range(refs.max() + 1))
    return RandomTerm(group, levels, refs, np.ones((len(refs), 1)), ("(Intercept)",), f"(1 | {group})")


@pytest.mark.parametrize(
    ("random", "depth"),
    [
        ([term("g", [0, 0, 1, 1])], 2),
        ([term("g", [0, 0, 1, 1]), term("g", [0, 0, 1, 1])], 2),
        ([term("g", [0, 1, 0, 1]), term("h", [0, 0, 1, 1])], 2),
        ([term("c", [0, 0, 1, 1, 2, 3]), term("s", [0, 0, 0, 0, 1, 1])], 3),
    ],
)
def test_depth_follows_the_nesting_of_the_grouping_factors(random, depth):
    assert hierarchy_depth(random) == depth
