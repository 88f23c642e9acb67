"""The common sample, its hash and what it costs."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from mlm_steps.data import Analysis

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

CONTENT = """\
g,h,x,z,u,y
a,1,1,,9,1
a,1,2,2,9,
a,2,3,3,,3
b,2,,4,9,4
b,1,,5,9,5
c,2,6,6,9,6
c,1,7,7,9,7
,1,8,8,9,8
"""


def test_all_models_share_the_rows_complete_on_the_variables_of_all(analyse: Analyse) -> None:
    analysis = analyse(CONTENT, "y ~ 1 + (1 | g)", "y ~ x + (1 | g)", "y ~ z + (1 | h)")
    assert analysis.rows.tolist() == [2, 5, 6]
    assert analysis.frame["y"].tolist() == [3, 6, 7]
    assert (analysis.profile.rows_file, analysis.profile.rows) == (8, 3)
    assert analysis.frame["u"].isna().tolist() == [True, False, False]


def test_losses_are_counted_per_variable_in_rows_and_whole_groups(analyse: Analyse) -> None:
    analysis = analyse(CONTENT, "y ~ x + z + (1 | g)", "y ~ 1 + (1 | h)")
    lost = {loss.variable: (loss.rows, loss.groups) for loss in analysis.profile.lost}
    assert lost == {
        "y": (1, {"g": 0, "h": 0}),
        "x": (2, {"g": 1, "h": 0}),
        "z": (1, {"g": 0, "h": 0}),
        "g": (1, {"g": 0, "h": 0}),
    }
    codes = [notice.code for notice in analysis.profile.notices]
    assert codes.count("rows_dropped") == 1
    assert codes.count("groups_dropped") == 1
    assert [(f.n_levels, f.n_levels_file) for f in analysis.profile.factors] == [(2, 3), (2, 2)]


def test_a_complete_file_loses_nothing(analyse: Analyse) -> None:
    profile = analyse("g,y\n1,2\n1,3\n2,4\n2,1\n", "y ~ 1 + (1 | g)").profile
    assert profile.lost == ()
    assert profile.notices == ()


def test_the_sample_hash_tells_which_rows_and_nothing_else(analyse: Analyse) -> None:
    def of(content: str, *formulas: str) -> str:
        return analyse(content, *formulas).profile.sample_hash

    base = of(CONTENT, "y ~ x + (1 | g)")
    assert base == of(CONTENT, "y ~ 1 + (1 | g)", "y ~ x + (1 | g)")
    assert base == of(CONTENT.replace("9,7", "9,70"), "y ~ x + (1 | g)")
    assert base != of(CONTENT, "y ~ x + z + (1 | g)")
    assert base != of(CONTENT + ",1,8,8,9,8\n", "y ~ x + (1 | g)")


def test_content_hashes_change_with_values_levels_and_contrasts_only(analyse: Analyse) -> None:
    def of(content: str, data: str = "") -> dict[str, str]:
        profile = analyse(content, "y ~ c + x + (1 | g)", data=data).profile
        return {column.name: column.content_hash for column in profile.columns}

    content = "g,c,x,y\n1,u,1,2\n1,v,2,3\n2,u,3,4\n2,v,4,6\n"
    base = of(content)
    assert base == of(content.replace(",", ";")) == of(content, "columns: {x: {label: X}}")
    changed = {
        "x": of(content.replace("v,4", "v,5")),
        "c": of(content, "columns: {c: {levels: [v, u]}}"),
        "g": of(content, "columns: {g: {type: group}}"),
    }
    for name, hashes in changed.items():
        assert {column for column in base if base[column] != hashes[column]} == {name}
    assert of(content, "columns: {c: {contrast: sum}}")["c"] != base["c"]


def test_no_complete_row_is_refused_with_the_costliest_variables(refuse: Refuse) -> None:
    content = "g,x,z,y\n1,1,,2\n1,,5,3\n2,1,,4\n2,1,,5\n"
    (fault,) = refuse(content, "y ~ x + (1 | g)", "y ~ z + (1 | g)")
    assert "data.file: no row is complete" in fault
    assert "of 4 rows 'z' is missing in 3, 'x' is missing in 1" in fault


def test_the_frame_survives_a_round_through_parquet(analyse: Analyse, tmp_path: object) -> None:
    content = "g,c,x,y,t\n01,u,1,2,a\n01,v,2,3,\n02,u,3,4,c\n02,w,4,6,d\n"
    data = "columns: {c: {type: ordered, levels: [u, v, w]}, t: {type: text}}"
    frame = analyse(content, "y ~ c + x + (1 | g)", data=data).frame
    path = f"{tmp_path}/frame.parquet"
    frame.to_parquet(path)
    back = pd.read_parquet(path)
    assert back["c"].cat.ordered
    assert list(back["g"].cat.categories) == ["01", "02"]
    assert back["t"].fillna("").tolist() == ["a", "", "c", "d"]
    numbers = ["x", "y"]
    pd.testing.assert_frame_equal(back[numbers], frame[numbers])


def test_the_same_input_gives_the_same_profile(analyse: Analyse) -> None:
    first, second = (analyse(CONTENT, "y ~ x + (1 | g)").profile for _ in range(2))
    assert first.model_dump_json() == second.model_dump_json()
