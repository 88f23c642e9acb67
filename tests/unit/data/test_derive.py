"""Derived columns against their definitions (statistics, section 4)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mlm_steps.data import Analysis

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

RNG = np.random.default_rng(7)
TABLE = pd.DataFrame(
    {
        "g": RNG.integers(1, 9, 80),
        "k": RNG.integers(1, 4, 80),
        "x": RNG.normal(1e3, 2, 80),
        "w": RNG.normal(size=80),
        "y": RNG.normal(size=80),
    }
)
TABLE.loc[[3, 40], "x"] = np.nan
TABLE.loc[[5, 41], "w"] = np.nan
CONTENT = TABLE.to_csv(index=False)
DERIVE = """\
derive:
  x_c: {center: x}
  x_m: {mean: x, within: g}
  x_w: {center: x, within: g}
  x_z: {standardize: x}
  x_wz: {standardize: x, within: g}
  x_all: {mean: x}
  x_gk: {mean: x, within: "g:k"}
  x_mc: {center: x_m}
"""


def expected(frame: pd.DataFrame) -> dict[str, pd.Series]:
    x, by = frame["x"], frame.groupby("g")["x"]
    return {
        "x_c": x - x.mean(),
        "x_m": by.transform("mean"),
        "x_w": x - by.transform("mean"),
        "x_z": (x - x.mean()) / x.std(),
        "x_wz": (x - by.transform("mean")) / by.transform("std"),
        "x_all": x * 0 + x.mean(),
        "x_gk": frame.groupby(["g", "k"])["x"].transform("mean"),
        "x_mc": by.transform("mean") - by.transform("mean").mean(),
    }


def test_derived_columns_are_computed_on_the_analysis_sample(analyse: Analyse) -> None:
    frame = analyse(CONTENT, "y ~ x_w + w + (1 | g)", data=DERIVE).frame
    sample = TABLE.dropna().reset_index(drop=True)
    assert len(frame) == len(sample)
    assert list(frame.columns) == [*TABLE.columns, *expected(sample)]
    for name, values in expected(sample).items():
        np.testing.assert_allclose(frame[name], values, rtol=1e-12, atol=1e-11, err_msg=name)


def test_means_from_all_rows_count_rows_outside_the_sample(analyse: Analyse) -> None:
    analysis = analyse(CONTENT, "y ~ x_w + w + (1 | g)", data=DERIVE + "means_from: all")
    for name, values in expected(TABLE).items():
        if name != "x_mc":
            np.testing.assert_allclose(analysis.frame[name], values[analysis.rows], rtol=1e-12, atol=1e-11)


def test_a_derived_column_is_missing_where_its_sources_are(analyse: Analyse) -> None:
    analysis = analyse(CONTENT, "y ~ x_mc + (1 | g)", data=DERIVE)
    assert len(analysis.frame) == TABLE["x"].notna().sum()
    assert [(loss.variable, loss.rows) for loss in analysis.profile.lost] == [("x", 2)]
    column = analysis.profile.column("x_mc")
    assert (column.kind, column.derived, column.n_missing) == ("number", "x_m centred", 2)


def test_group_deviations_sum_to_nothing(analyse: Analyse) -> None:
    frame = analyse(CONTENT, "y ~ x_w + (1 | g)", data=DERIVE).frame
    assert frame.groupby("g")["x_w"].mean().abs().max() < 1e-12


def test_scores_within_groups_without_spread_are_zero_and_said(analyse: Analyse) -> None:
    content = "g,x,y\na,5,1\nb,2,2\nb,2,4\nc,1,2\nc,3,5\n"
    analysis = analyse(content, "y ~ z + (1 | g)", data="derive: {z: {standardize: x, within: g}}")
    np.testing.assert_allclose(analysis.frame["z"], [0, 0, 0, -(0.5**0.5), 0.5**0.5])
    (notice,) = [n for n in analysis.profile.notices if n.code == "zero_within_variance"]
    assert "2 levels of g" in notice.text


@pytest.mark.parametrize(
    ("derive", "place", "words"),
    [
        ("{x: {center: y}}", "data.derive.x", "the file has a column 'x' already"),
        ("{n: {center: xx}}", "data.derive.n.center", "there is no column 'xx' (did you mean 'x'?)"),
        ("{n: {mean: x, within: h}}", "data.derive.n.within", "there is no column 'h'"),
        ("{n: {center: n}}", "data.derive.n.center", "cannot be derived from itself"),
        ("{n: {center: o}, o: {center: x}}", "data.derive.n.center", "move it above 'n'"),
        ("{n: {standardize: s}}", "data.derive.n.standardize", "'s' is a category, not a number"),
        ("{n: {center: c}}", "data.derive.n", "'c' is a category, not a number: it holds 'n/a' in row 3"),
        ("{n: {standardize: k}}", "data.derive.n", "'k' does not vary in the sample"),
    ],
)
def test_what_cannot_be_derived_is_refused_at_its_key(
    refuse: Refuse, derive: str, place: str, words: str
) -> None:
    content = "g,x,y,s,c,k\n1,1,2,a,1,3\n1,2,3,b,2,3\n2,4,4,b,n/a,3\n"
    (fault,) = refuse(content, "y ~ 1 + (1 | g)", data=f"derive: {derive}")
    assert f": {place}" in fault
    assert words in fault


def test_a_declared_type_of_a_derived_column_can_only_be_number(refuse: Refuse) -> None:
    content = "g,x,y\n1,1,2\n1,2,3\n2,4,4\n"
    data = "columns: {n: {type: category, label: N}}\nderive: {n: {center: x}}"
    assert "data.columns.n.type: 'n' is derived" in refuse(content, "y ~ n + (1 | g)", data=data)[0]
