"""The levels that contrasts name, and the reference level."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlm_steps.data import Analysis
from mlm_steps.errors import SpecError

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

ROWS = "g,k,y\n" + "".join(f"{i % 3},{'abc'[i % 4 % 3]},{i}\n" for i in range(12))
Y = "y ~ k + (1 | g)"


def test_the_reference_becomes_the_first_level(analyse: Analyse) -> None:
    profile = analyse(ROWS, Y, data="columns: {k: {reference: c}}").profile
    assert profile.column("k").levels == ("c", "a", "b")
    profile = analyse(ROWS, Y, data="columns: {k: {levels: [b, a, c], reference: a}}").profile
    assert profile.column("k").levels == ("a", "b", "c")


def test_a_number_with_a_reference_is_a_category(analyse: Analyse) -> None:
    profile = analyse("g,k,y\na,1,1\na,2,2\nb,2,3\nb,1,5\n", Y, data="columns: {k: {reference: 2}}").profile
    assert profile.column("k").levels == ("2", "1")


def test_the_rows_of_a_matrix_give_the_order_of_levels(analyse: Analyse) -> None:
    column = analyse(ROWS, Y, data="columns: {k: {contrast: {matrix: {c: [1, 0], a: [0, 1], b: [0, 0]}}}}")
    found = column.profile.column("k")
    assert (found.levels, found.contrast) == (("c", "a", "b"), "matrix")
    assert found.contrast_detail is not None
    assert found.contrast_detail.columns == ("1", "2")


def test_other_weights_are_other_content(analyse: Analyse) -> None:
    hashes = {
        analyse(ROWS, Y, data=f"columns: {{k: {{contrast: {coding}}}}}").profile.column("k").content_hash
        for coding in (
            "sum",
            "{sum: a}",
            "{matrix: {a: [1, 0], b: [0, 1], c: [0, 0]}}",
            "{matrix: {a: [2, 0], b: [0, 1], c: [0, 0]}}",
        )
    }
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        ("{reference: C}", "k.reference: 'k' has no level 'C' (did you mean 'c'?)"),
        ("{contrast: {sum: zz}}", "k.contrast: 'k' has no level 'zz' (the levels are a, b, c)"),
        (
            "{levels: [a, b, c], contrast: {matrix: {a: 1, b: 2}}}",
            "k.contrast: 'k' is coded by a matrix with no row for the level 'c' (the levels are a, b, c)",
        ),
    ],
)
def test_an_unknown_level_is_a_fault_at_its_key(refuse: Refuse, column: str, fault: str) -> None:
    assert fault in refuse(ROWS, Y, data=f"columns: {{k: {column}}}")[0]


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        (
            "{contrast: {matrix: {a: [1, 1], b: [2, 2], c: [0, 0]}}}",
            "has no full rank: column 2 is a combination",
        ),
        (
            "{contrast: {matrix: {a: [1, 0], b: [1, 2], c: [1, 5]}}}",
            "has no full rank: column 1 is a combination",
        ),
        ("{contrast: {matrix: {a: [1], b: [2], c: [0]}}}", "has 1 number, but 3 levels have 2 contrasts"),
        ("{contrast: {matrix: {a: [1, x], b: [2, 1], c: [0, 0]}}}", "'x' is not a number"),
        ("{contrast: {matrix: {a: 1/0, b: 2}}}", "'1/0' divides by 0"),
        ("{contrast: {matrix: {a: 1, b: 2}, names: [u, v]}}", "names 2 columns, the matrix has 1"),
        ("{contrast: {sum: a, names: [u]}}", "only a matrix has names of columns"),
        ("{contrast: {sum: a, matrix: {a: 1, b: 2}}}", "needs one of sum and matrix"),
        ("{contrast: {}}", "needs one of sum and matrix"),
        ("{contrast: smu}", "'smu' does not name contrasts (did you mean 'sum'?)"),
        ("{contrast: sum, reference: a}", "sum contrasts have no reference level (name the omitted level"),
        ("{type: ordered, reference: a}", "polynomial contrasts have no reference level"),
        ("{type: number, reference: a}", "a column of type number has no reference"),
        ("{type: group, reference: a}", "a grouping factor has no reference level"),
    ],
)
def test_a_coding_that_codes_nothing_is_refused(analyse: Analyse, column: str, fault: str) -> None:
    with pytest.raises(SpecError) as caught:
        analyse(ROWS, Y, data=f"columns: {{k: {column}}}")
    assert fault in str(caught.value)
    assert len(caught.value.faults) == 1
