"""The coupling of the eliminated factor with the others: the same products as with dense matrices."""

import numpy as np
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine.structures.coupling import couple, cross_products, mirrored
from mlm_steps.engine.structures.groups import orthogonal_blocks
from tests.unit.engine.dense import Dense

KINDS = {
    "dense, kept": (1e9, 0.0, 1e9),
    "dense, in parts": (1e9, 0.0, 60.0),
    "sparse, pairs listed": (0.0, 1e9, 0.0),
    "sparse": (0.0, 0.0, 0.0),
}
"""Values of DENSE_ADVANTAGE, MOST_PAIRS and MOST_DENSE that lead to each kind of product."""
CLOSE = {"rtol": 1e-11, "atol": 1e-11}


@pytest.fixture(params=["y ~ x + (1 | g) + (1 | h)", "y ~ x + (x | g) + (x | h) + (1 | k)"])
def model(request, frame):
    return Dense.of(build_design(request.param, frame))


@pytest.fixture(params=KINDS)
def coupling(request, monkeypatch, model):
    for name, value in zip(
        ("DENSE_ADVANTAGE", "MOST_PAIRS", "MOST_DENSE"), KINDS[request.param], strict=True
    ):
        monkeypatch.setattr(f"mlm_steps.engine.structures.coupling.{name}", value)
    first, *rest = model.factors
    q = orthogonal_blocks(first, model.columns[0], np.column_stack([model.X, model.y])).q
    found = couple(first, q, rest, model.columns[1:])
    assert (found.dense, found.listed) == ("dense" in request.param, "listed" in request.param)
    return found


@pytest.fixture
def blocks(model):
    """Q_jᵀ Z of the other factors, shape (J, K, q)."""
    first = model.factors[0]
    q = orthogonal_blocks(first, model.columns[0], np.column_stack([model.X, model.y])).q
    rest = np.hstack([model.indicators(position) for position in range(1, len(model.factors))])
    dense = np.zeros((first.J, q.shape[1], rest.shape[1]))
    for row, level in enumerate(first.refs):
        dense[level] += np.outer(q[row], rest[row])
    return dense


def draw(*shape):
    return np.random.default_rng(3).normal(size=shape)


def test_it_holds_the_blocks(coupling, blocks):
    np.testing.assert_allclose(coupling.full, blocks, **CLOSE)
    np.testing.assert_allclose(coupling.levels(slice(2, 5)), blocks[2:5], **CLOSE)


def test_products_with_vectors(coupling, blocks):
    J, K, q = blocks.shape
    right, left = draw(q, 3), draw(J, K, 3)
    np.testing.assert_allclose(coupling.times(right), blocks @ right, **CLOSE)
    np.testing.assert_allclose(
        coupling.transposed_times(left), np.einsum("jkq,jkc->qc", blocks, left), **CLOSE
    )


def test_rows_are_those_of_all_levels(coupling, blocks):
    J, K, q = blocks.shape
    left = draw(J, K, K)
    np.testing.assert_allclose(coupling.rows(left).toarray(), (left @ blocks).reshape(J * K, q), **CLOSE)


def test_the_gram_matrix_sums_over_the_levels(coupling, blocks):
    J, K, _ = blocks.shape
    left = draw(J, K, K)
    rows = left @ blocks
    np.testing.assert_allclose(coupling.gram(left), np.einsum("jaq,jar->qr", rows, rows), **CLOSE)


def test_traces_sum_over_the_levels(coupling, blocks):
    J, K, q = blocks.shape
    left, Q = draw(J, K, K), draw(q, q)
    Q = Q + Q.T
    rows = left @ blocks
    np.testing.assert_allclose(
        coupling.traces(Q, left), np.einsum("jaq,qr,jbr->ab", rows, Q, rows), rtol=1e-9, atol=1e-9
    )


def test_cross_products_are_those_of_the_dense_columns(model):
    rest = np.hstack([model.indicators(position) for position in range(1, len(model.factors))])
    found = cross_products(model.factors[1:], model.columns[1:])
    np.testing.assert_allclose(found, rest.T @ rest, **CLOSE)


@pytest.mark.parametrize("size", [1, 255, 256, 300])
def test_a_lower_triangle_is_mirrored(size):
    matrix = draw(size, size)
    expected = np.tril(matrix) + np.tril(matrix, -1).T
    np.testing.assert_array_equal(mirrored(matrix), expected)
