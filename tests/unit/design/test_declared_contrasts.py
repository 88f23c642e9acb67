"""Matrices of contrasts, and their value in the record of a design."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.contrasts import contrast_columns, plain_contrast, read_contrast
from mlm_steps.design.variables import Factor
from mlm_steps.language.faults import TransformError

LEVELS = ("a", "b", "c", "d")


def columns_of(contrast: ContrastCoding, levels: tuple[str, ...] = LEVELS) -> tuple[list, tuple[str, ...]]:
    matrix, names = contrast_columns(Factor(np.arange(len(levels)), levels), contrast)
    return matrix.tolist(), names


def test_successive_differences_are_those_of_mass() -> None:
    # print(MASS::contr.sdif(c("a", "b", "c", "d"))), MASS 7.3-58
    assert columns_of(ContrastCoding("sdif")) == (
        [[-0.75, -0.5, -0.25], [0.25, -0.5, -0.25], [0.25, 0.5, -0.25], [0.25, 0.5, 0.75]],
        ("b-a", "c-b", "d-c"),
    )


@pytest.mark.parametrize("count", [2, 3, 7])
def test_coefficients_of_successive_differences_are_differences_of_neighbours(count: int) -> None:
    matrix, _ = contrast_columns(
        Factor(np.arange(count), tuple(map(str, range(count)))), ContrastCoding("sdif")
    )
    means = np.arange(count) ** 2.0 + 1
    beta = np.linalg.solve(np.column_stack([np.ones(count), matrix]), means)
    assert beta.tolist() == pytest.approx([means.mean(), *np.diff(means)])


def test_sum_contrasts_omit_the_named_level() -> None:
    matrix, names = columns_of(ContrastCoding("sum", omitted="b"))
    assert matrix == [[1, 0, 0], [-1, -1, -1], [0, 1, 0], [0, 0, 1]]
    assert names == ("1", "2", "3")
    assert columns_of(ContrastCoding("sum", omitted="d")) == columns_of(ContrastCoding("sum"))


def test_the_rows_of_a_matrix_follow_the_levels() -> None:
    contrast = ContrastCoding(
        "matrix", columns=("u", "v"), rows=(("c", (1, 2)), ("a", (3, 4)), ("b", (5, 6)))
    )
    assert columns_of(contrast, ("a", "b", "c")) == ([[3, 4], [5, 6], [1, 2]], ("u", "v"))
    with pytest.raises(TransformError, match="the level c of its contrast matrix has no rows"):
        columns_of(contrast, ("a", "b"))
    with pytest.raises(TransformError, match="has no row for the level d"):
        columns_of(contrast)


def test_an_omitted_level_without_rows_is_refused() -> None:
    with pytest.raises(TransformError, match="the level z, which its sum contrasts omit, has no rows"):
        columns_of(ContrastCoding("sum", omitted="z"))


@pytest.mark.parametrize(
    "contrast",
    [
        ContrastCoding("sum"),
        ContrastCoding("sum", omitted="b"),
        ContrastCoding("matrix", columns=("u",), rows=(("a", (0.1,)), ("b", (-1 / 3,)))),
    ],
)
def test_contrasts_read_back_equal(contrast: ContrastCoding) -> None:
    assert read_contrast(json.loads(json.dumps(plain_contrast(contrast)))) == contrast
