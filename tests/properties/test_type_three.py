"""Type III hypotheses where cells are empty or factors nested, against their definition.

The definition is Goodnight's (SAS Technical Report R-101): with a parameter for every cell of every term, a
term's hypotheses are the estimable functions of its parameters and of those of the terms that contain it,
orthogonal to all estimable functions of the latter's parameters.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.design.hypotheses import term_hypotheses

ZERO = 1e-8
"""Singular values below this are rounding error: the matrices hold 0, 1 and numbers of size 1."""
DESIGNS = 300

FACTORIAL = ["a * b", "a / b", "b / a", "0 + a * b", "b + a:b"]
THREE = [
    "a * b + a * c", "a * b + a * c + b * c", "a * b + c", "a * b * c", "a * (b + c)", "a / b + c",
    "c * a / b", "a * b + a:b:c", "a + b + c", "a * c + b:c",
]  # fmt: skip
COVARIATE = ["a * x + b", "a * b * x", "a * b + a:x", "x * a + x * b + c", "a * b + c * x", "a * x + c * z"]


def parameters(frame, terms, intercept):
    """Return the matrix of all parameters and the term of each, -1 for the intercept."""
    columns, owner = ([np.ones(len(frame))], [-1]) if intercept else ([], [])
    for position, term in enumerate(terms):
        factors = [name for name in term if name in "abc"]
        numbers = np.prod([frame[name] for name in term if name not in "abc"], axis=0)
        for cell in product(*(frame[name].unique() for name in factors)):
            here = np.all([frame[name] == level for name, level in zip(factors, cell, strict=True)], axis=0)
            columns.append(here * numbers)
            owner.append(position)
    return np.column_stack(columns), np.array(owner)


def basis(rows):
    """Return an orthonormal basis of the span of some rows."""
    _, sizes, V = np.linalg.svd(np.atleast_2d(rows), full_matrices=False)
    return V[sizes > ZERO]


def null(A):
    """Return an orthonormal basis of the vectors v with v A = 0."""
    U, sizes, _ = np.linalg.svd(A)
    return U[:, int((sizes > ZERO).sum()) :].T


def by_definition(D, owner, terms):
    """Return for each term an orthonormal basis of its hypotheses, in the parameters."""
    estimable = basis(D)
    found = []
    for position, term in enumerate(terms):
        numbers = {name for name in term if name not in "abc"}
        containing = [
            other
            for other, more in enumerate(terms)
            if set(term) < set(more) and numbers == {name for name in more if name not in "abc"}
        ]
        allowed, inner = np.isin(owner, [position, *containing]), np.isin(owner, containing)
        own = null(estimable[:, ~allowed]) @ estimable
        above = null(estimable[:, ~inner]) @ estimable if containing else own[:0]
        found.append(basis(own - own @ above.T @ above) if own.size else own)
    return found


def incomplete(generator, nested):
    """Return a frame of three factors without some of their cells, two covariates and an outcome."""
    while True:
        n = int(generator.integers(40, 90))
        frame = pd.DataFrame({name: generator.integers(0, generator.integers(2, 5), n) for name in "abc"})
        if nested:
            frame["c"] = frame.b * 2 + frame.c % 2
        cells = frame.drop_duplicates()
        gone = cells.sample(
            frac=generator.choice([0.0, 0.2, 0.35, 0.5]), random_state=int(generator.integers(99))
        )
        kept = frame.merge(gone, how="left", indicator=True)["_merge"] == "left_only"
        frame = frame[kept.to_numpy()].reset_index(drop=True)
        if len(frame) > 30 and all(frame[name].nunique() > 1 for name in "abc"):
            break
    frame = pd.DataFrame({name: name + frame[name].astype(str) for name in "abc"})
    for name in "xzy":
        frame[name] = generator.normal(size=len(frame)).round(2)
    return frame.assign(g=[f"g{i % 7}" for i in range(len(frame))])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("formulas", [FACTORIAL, THREE, COVARIATE])
def test_hypotheses_of_incomplete_designs_are_those_of_the_definition(formulas, seed):
    generator = np.random.default_rng([seed, len(formulas)])
    tested = 0
    for _ in range(DESIGNS // 6):
        frame = incomplete(generator, nested=generator.random() < 0.25)
        formula = str(generator.choice(formulas))
        coding = str(generator.choice(["treatment", "sum", "helmert"]))
        contrasts = {name: coding for name in "abc" if name in formula}
        design = build_design(f"y ~ {formula} + (1 | g)", frame, contrasts=contrasts)
        found = term_hypotheses(design.formula, frame, design, contrasts=contrasts)
        terms = [label.split(":") for label in found]
        D, owner = parameters(frame, terms, not formula.startswith("0"))
        C = np.linalg.lstsq(design.X, D, rcond=None)[0]
        np.testing.assert_allclose(design.X @ C, D, atol=1e-8)
        for (label, rows), expected in zip(found.items(), by_definition(D, owner, terms), strict=True):
            where = f"{label} in {formula}, coded by {coding}"
            assert len(rows) == len(expected), where
            if len(rows):
                ours = basis(rows @ C)
                assert np.abs(ours.T @ ours - expected.T @ expected).max() < 1e-6, where
                tested += len(rows)
    assert tested > DESIGNS // 6
