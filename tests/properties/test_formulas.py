"""What holds of every formula."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.design.deparse import deparse
from mlm_steps.design.rank import independent_columns
from mlm_steps.errors import FormulaError
from mlm_steps.records.spelling import quote_name, split_product, unquote_name
from mlm_steps.remedies.rewrite import Cut, cut, rename

NAMES = ["x", "z", "f", "h"]
FRAME = pd.DataFrame(
    {
        "y": np.random.default_rng(1).normal(size=48),
        "x": np.random.default_rng(2).normal(size=48),
        "z": np.random.default_rng(3).uniform(1, 2, size=48),
        "f": pd.Categorical(list("abc") * 16),
        "h": pd.Categorical(list("uuuv") * 12),
        "g": np.repeat(np.arange(8), 6),
    }
)

_leaves = st.sampled_from([*NAMES, "1", "0", "log(z)", "I(x^2)", "poly(x, 2)", "factor(h)", "scale(z)"])
_terms = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", ":", "/", "%in%"]), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("({})^2".format),
    ),
    max_leaves=5,
)


@given(st.text(max_size=40) | st.text(alphabet="yxz~+-*/:^()|, 01'\"`.c", max_size=30))
def test_any_text_is_read_or_refused_at_a_place(text: str) -> None:
    refusal = _refusal(text)
    assert refusal is None or (0 <= refusal.offset <= len(text) and refusal.faults[0].what)


def _refusal(text: str) -> FormulaError | None:
    try:
        parse_formula(text)
    except FormulaError as error:
        return error
    return None


@given(_terms)
def test_labels_read_again_give_the_same_terms(right: str) -> None:
    fixed = parse_formula(f"y ~ {right}").fixed
    again = parse_formula(" + ".join(["y ~ 1", *fixed.labels])).fixed
    assert {frozenset(label.split(":")) for label in again.labels} == {
        frozenset(label.split(":")) for label in fixed.labels
    }
    assert [len(term) for term in fixed.terms] == sorted(len(term) for term in fixed.terms)


@settings(max_examples=60)
@given(_terms, st.permutations(range(len(FRAME))))
def test_the_order_of_rows_changes_nothing_else(right: str, order: list[int]) -> None:
    formula = f"y ~ 1 + {right} + (1 | g)"
    design = build_design(formula, FRAME)
    shuffled = build_design(formula, FRAME.iloc[order])
    assert shuffled.columns == design.columns
    np.testing.assert_allclose(shuffled.X, design.X[order], rtol=1e-8, atol=1e-8)
    np.testing.assert_array_equal(shuffled.random[0].refs, design.random[0].refs[order])


@settings(max_examples=60)
@given(_terms)
def test_the_columns_kept_have_full_rank_and_span_all(right: str) -> None:
    design = build_design(f"y ~ {right} + (1 | g)", FRAME)
    assert np.linalg.matrix_rank(design.X) == design.p
    assert design.p + len(design.dropped) == len(design.all_columns)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10**6))
def test_of_dependent_columns_the_earliest_are_kept(free: int, dependent: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    independent = rng.normal(size=(40, free)) * 10.0 ** rng.uniform(-6, 6, size=free)
    combined = independent @ rng.normal(size=(free, dependent))
    X = np.hstack([independent, combined])
    np.testing.assert_array_equal(independent_columns(X), np.arange(free))


ODD = [
    "School ID",
    "1st.try",
    "if",
    "TRUE",
    "NA",
    ".",
    "..",
    "..1",
    "é`x",
    "a\\b",
    "a|b",
    "a||b",
    "a:b",
    "(1",
]
ODD += [
    "log",
    "offset",
    "(Intercept)",
    "1",
    "I(x)",
    "`",
    "\\",
    "_x",
    ".1",
    " lead",
    "end ",
    "%in%",
    "x\ny",
    "+",
]
_column = st.sampled_from(ODD) | st.text(alphabet="ab1._ %|:`\\~+-()[]é'\"$#=&", min_size=1, max_size=6)


@given(_column)
def test_a_name_is_read_back_as_it_was_written(name: str) -> None:
    written = quote_name(name)
    assert unquote_name(written) == name
    formula = parse_formula(f"{written} ~ 1 + (1 | {quote_name(name + 'g')})")
    assert formula.outcomes == (name,)
    assert deparse(formula.response) == written
    assert split_product(f"{written}:{written}") == [written, written]


@given(st.lists(_column, min_size=6, max_size=6, unique=True))
def test_formulas_that_are_written_back_hold_the_same_columns(names: list[str]) -> None:
    assume(names[5] + "m" not in names)
    y, x, z, g, h = map(quote_name, names[:5])
    formula = parse_formula(f"{y} ~ {x} + log({z}):{x} + ({x} + {z} | {g}/{h}) + (0 + {z} || {h})")
    for label in formula.fixed.labels:
        assert parse_formula(f"yy ~ {label} + (1 | gg)").fixed.labels == (label,)
    for bar in formula.bars:
        again = parse_formula(f"yy ~ {bar.alone}").bars[0]
        assert again.effects.labels == bar.effects.labels
        assert (again.group.label, again.group.columns) == (bar.group.label, bar.group.columns)
    parted = parse_formula(cut(formula, Cut(frozenset({(0, x)}), frozenset({1}))))
    assert parted.bars[0].effects.labels == (z,)
    assert not parted.bars[1].correlated
    assert [bar.group.columns for bar in parted.bars] == [bar.group.columns for bar in formula.bars]
    renamed = parse_formula(rename(formula, {names[1]: names[5]}, added=[names[5] + "m"]))
    assert set(renamed.variables) == {*names[:1], *names[2:], names[5] + "m"}
