"""One name for a grouping factor in all formulas of a ladder."""

import numpy as np
import pandas as pd

from mlm_steps.design import parse_formula
from mlm_steps.design.apply import apply_design
from mlm_steps.design.build import build_design
from mlm_steps.design.one_name import shared_names, with_shared_names

TEXTS = ("y ~ 1 + (1 | a/b)", "y ~ 1 + (1 | a) + (1 | a:b)", "y ~ 1 + (1 | b:c:a)", "y ~ 1 + (1 | a:(c:b))")


def test_the_first_name_in_the_ladder_is_that_of_all():
    formulas = [parse_formula(text) for text in TEXTS]
    named = [with_shared_names(formula, shared_names(formulas)) for formula in formulas]
    labels = [[bar.group.label for bar in formula.bars] for formula in named]
    assert labels == [["b:a", "a"], ["a", "b:a"], ["b:c:a"], ["b:c:a"]]


def test_the_levels_are_the_same_too():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.normal(size=40), "a": list("pqrs") * 10, "b": list("uvxyz") * 8})
    formulas = [parse_formula(text) for text in TEXTS[:2]]
    names = shared_names(formulas)
    one, other = (build_design(with_shared_names(formula, names), frame).random for formula in formulas)
    assert [term.levels for term in one] == [term.levels for term in other]
    assert all(np.array_equal(x.refs, y.refs) for x, y in zip(one, other, strict=True))


def test_new_data_find_the_levels_under_the_shared_name():
    frame = pd.DataFrame({"y": range(40), "a": list("pqrs") * 10, "b": list("uvxyz") * 8})
    formulas = [parse_formula(text) for text in TEXTS[:2]]
    design = build_design(with_shared_names(formulas[1], shared_names(formulas)), frame)
    new = apply_design(design.transforms, frame)
    assert [term.group for term in new.random] == ["b:a", "a"]
    assert all(np.array_equal(x.refs, y.refs) for x, y in zip(design.random, new.random, strict=True))


def test_a_column_named_like_a_combination_is_a_factor_of_its_own():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.normal(size=40), "a": list("pqrs") * 10, "b": list("uvxyz") * 8})
    frame["a:b"] = frame["plain"] = rng.integers(0, 7, 40)
    odd = build_design("y ~ 1 + (1 | `a:b`) + (1 | a:b)", frame)
    plain = build_design("y ~ 1 + (1 | plain) + (1 | a:b)", frame)
    assert [(term.group, len(term.levels)) for term in odd.random] == [("a:b", 20), ("`a:b`", 7)]
    assert all(np.array_equal(x.refs, y.refs) for x, y in zip(odd.random, plain.random, strict=True))
    new = apply_design(odd.transforms, frame)
    assert all(np.array_equal(x.refs, y.refs) for x, y in zip(odd.random, new.random, strict=True))
    alone = build_design("y ~ 1 + (1 | `a:b`)", frame)
    assert alone.random[0].group == "a:b"
