"""Columns to which R gives one name."""

import json

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.apply import apply_design
from mlm_steps.design.build import build_design
from mlm_steps.design.coding import ModelMatrix
from mlm_steps.design.coefficient_words import CoefficientWords, Named, named_columns
from mlm_steps.design.linear import parse_linear
from mlm_steps.design.unique_names import column_names
from mlm_steps.errors import FormulaError


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(1)
    n = 120
    return pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "g": np.repeat(np.arange(12), 10),
            "a": pd.Categorical(rng.choice(["x", "bc"], n), categories=["x", "bc"]),
            "ab": pd.Categorical(rng.choice(["y", "c"], n), categories=["y", "c"]),
            "abc": rng.normal(size=n),
            "f": pd.Categorical(rng.choice(["0", "1"], n)),
            "f1": rng.normal(size=n),
            "z": rng.normal(size=n),
            "pq": pd.Categorical(rng.choice(["r", "p:qt"], n), categories=["r", "p:qt"]),
            "pqp": pd.Categorical(rng.choice(["s", "u"], n), categories=["s", "u"]),
            "qt": rng.normal(size=n),
            "poly(z, 2)": pd.Categorical(rng.choice(["0", "1"], n)),
            "brackets": pd.Categorical(rng.choice(["l", "[k]", "k"], n), categories=["l", "[k]", "k"]),
            "bracketsk": rng.normal(size=n),
        }
    )


@pytest.mark.parametrize(
    ("formula", "columns"),
    [
        ("y ~ a + ab + (1 | g)", ("(Intercept)", "a[bc]", "ab[c]")),
        ("y ~ a + ab + abc + (1 | g)", ("(Intercept)", "a[bc]", "ab[c]", "`abc`")),
        ("y ~ abc + a + (1 | g)", ("(Intercept)", "`abc`", "a[bc]")),
        ("y ~ f + f1 + (1 | g)", ("(Intercept)", "f[1]", "`f1`")),
        ("y ~ z:a + z:ab + (1 | g)", ("(Intercept)", "z:ax", "z:a[bc]", "z:ab[c]")),
        ("y ~ pq + pqp:qt + (1 | g)", ("(Intercept)", "pqp:qt", "pqps:qt", "pqpu:qt")),
        ("y ~ poly(z, 2) + (1 | g)", ("(Intercept)", "poly(z, 2)1", "poly(z, 2)2")),
        (
            "y ~ poly(z, 2) + `poly(z, 2)` + (1 | g)",
            ("(Intercept)", "poly(z, 2)1", "poly(z, 2)2", "`poly(z, 2)`1"),
        ),
        (
            "y ~ brackets + bracketsk + (1 | g)",
            ("(Intercept)", "brackets[[k]]", "brackets[k]", "`bracketsk`"),
        ),
        ("y ~ brackets + (1 | g)", ("(Intercept)", "brackets[k]", "bracketsk")),
        ("y ~ a + abc + (ab | g)", ("(Intercept)", "a[bc]", "`abc`")),
    ],
)
def test_a_name_that_two_columns_share_shows_variable_and_level(frame, formula, columns):
    assert build_design(formula, frame).columns == columns


def test_names_that_no_two_columns_share_are_those_of_r(frame):
    design = build_design("y ~ a * z + f + (a | g)", frame)
    assert design.columns == ("(Intercept)", "abc", "z", "f1", "abc:z")
    assert design.random[0].names == ("(Intercept)", "abc")
    assert not design.shared_names


def test_random_effects_share_the_names_of_the_model(frame):
    design = build_design("y ~ a + ab + (a + ab || g)", frame)
    assert [term.names for term in design.random] == [
        ("(Intercept)",), ("a[bc]",), ("ab[c]",)
    ]  # fmt: skip
    assert [term.labels for term in design.random] == [("(Intercept)",), ("a",), ("ab",)]
    assert not [notice for notice in design.notices if notice.code == "missing_fixed_effect"]


def test_a_random_slope_that_only_sounds_like_a_fixed_effect_has_no_mean(frame):
    design = build_design("y ~ abc + (a | g)", frame)
    assert [n.subject for n in design.notices if n.code == "missing_fixed_effect"] == ["a[bc]"]


def test_new_data_have_the_columns_of_the_fit(frame):
    design = build_design("y ~ a + ab + (a | g)", frame)
    new = apply_design(json.loads(json.dumps(design.transforms)), frame.iloc[:3])
    assert new.columns == design.columns
    assert new.random[0].names == design.random[0].names == ("(Intercept)", "a[bc]")
    np.testing.assert_array_equal(new.X, design.X[:3])


def test_a_dropped_column_keeps_the_name_by_which_it_is_known(frame):
    twin = frame.assign(a=pd.Categorical(np.where(frame["ab"] == "c", "bc", "x"), categories=["x", "bc"]))
    design = build_design("y ~ a + ab + (1 | g)", twin)
    assert (design.columns, design.dropped) == (("(Intercept)", "a[bc]"), ("ab[c]",))


def test_names_never_repeat():
    rng = np.random.default_rng(7)
    variables = ["a", "ab", "abc", "`a:b`", "b", "bc", "poly(a, 2)"]
    suffixes = ["", "", "b", "bc", "c", "[b]", "[bc]", "1", "]:b[c", "b:b", "b:bc", "c #3", "b] #2"]
    for _ in range(3000):
        origins = {
            tuple(
                (variables[rng.integers(len(variables))], suffixes[rng.integers(len(suffixes))])
                for _ in range(rng.integers(1, 4))
            )
            for _ in range(rng.integers(1, 12))
        }
        matrix = _matrix(sorted(origins))
        names = column_names([matrix])
        printed = names.of(matrix)
        assert len(set(printed)) == len(printed)
        for name, plain in zip(printed, matrix.names, strict=True):
            shared = matrix.names.count(plain) > 1
            assert name != plain or not shared
            assert names.shared.get(name, name) == plain


def _matrix(origins):
    plain = tuple(":".join(variable + suffix for variable, suffix in origin) for origin in origins)
    return ModelMatrix(np.empty((0, len(plain))), plain, tuple(range(1, len(plain) + 1)), tuple(origins))


def test_a_word_for_two_coefficients_is_refused_and_both_are_named(frame):
    design = build_design("y ~ a + ab + (1 | g)", frame)
    words = CoefficientWords([named_columns(design)]).words
    with pytest.raises(FormulaError, match=r"abc is ambiguous: a\[bc\] or ab\[c\]"):
        parse_linear("2 * abc = 0", design.columns, words)
    assert dict(parse_linear("a[bc] - 2*`ab[c]` = 0", (), words).weights) == {"a[bc]": 1.0, "ab[c]": -2.0}


def test_a_number_that_a_level_sounds_like_is_named_in_backticks(frame):
    design = build_design("y ~ a + abc + (1 | g)", frame)
    words = CoefficientWords([named_columns(design)]).words
    with pytest.raises(FormulaError, match=r"abc is ambiguous: a\[bc\] or `abc`"):
        parse_linear("abc = 0", design.columns, words)
    assert dict(parse_linear("`abc` = 0", (), words).weights) == {"`abc`": 1.0}


def test_a_word_is_ambiguous_where_two_models_mean_different_coefficients(frame):
    one, other = (build_design(f"y ~ {x} + (1 | g)", frame) for x in ("a", "ab"))
    known = CoefficientWords([named_columns(one), named_columns(other)])
    assert known.words["abc"] == ("a[bc]", "ab[c]")
    assert known.columns(one) == {"(Intercept)": "(Intercept)", "a[bc]": "abc"}
    assert known.columns(other)["ab[c]"] == "abc"


def test_a_coefficient_is_one_in_models_that_print_it_differently(frame):
    one, both = (build_design(f"y ~ {x} + (1 | g)", frame) for x in ("a", "a + ab"))
    known = CoefficientWords([named_columns(one), named_columns(both)])
    assert known.columns(one)["a[bc]"] == "abc"
    assert known.columns(both)["a[bc]"] == "a[bc]"


def test_names_stay_where_all_models_agree():
    known = CoefficientWords([[Named("a", "abc", "abc")], [Named("a", "abc", "abc"), Named("x", "x", "x")]])
    assert known.names == ("abc", "x")
    assert known.words["a[bc]"] == ("abc",)
