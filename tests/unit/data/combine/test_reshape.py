"""Reshaping from columns of occasions to rows, and back."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from mlm_steps.data import Analysis

Prepare = Callable[..., Analysis]
Refused = Callable[..., list[str]]

WIDE = "id,treat,score_0,score_1,score_2\n7,A,1,2,3\n8,B,4,,6\n9,A,,,\n"
LONG = "id,treat,wave,score,mood\n7,A,0,1,5\n7,A,1,2,4\n8,B,1,4,1\n8,B,0,3,2\n9,A,1,5,3\n"
FORMULA = "score ~ 1 + (1 | id)"


def rows(analysis: Analysis, *names: str) -> list[tuple[object, ...]]:
    return list(analysis.frame[list(names)].itertuples(index=False, name=None))


def long(prepare: Prepare, options: str, content: str = WIDE, **more: str) -> Analysis:
    data = f"file: w.csv\nreshape: {{wide_to_long: {{{options}}}}}"
    return prepare(data, {"w.csv": content}, more.get("formula", FORMULA))


def wide(
    prepare: Prepare, options: str, content: str = LONG, formula: str = "score_1 ~ 1 + (1 | treat)"
) -> Analysis:
    return prepare(f"file: l.csv\nreshape: {{long_to_wide: {{{options}}}}}", {"l.csv": content}, formula)


def test_a_pattern_names_the_occasions(prepare: Prepare) -> None:
    analysis = long(prepare, 'columns: "score_{wave}"')
    assert rows(analysis, "id", "treat", "wave", "score") == [
        (7, "A", 0, 1), (7, "A", 1, 2), (7, "A", 2, 3), (8, "B", 0, 4), (8, "B", 2, 6),
    ]  # fmt: skip
    _, step = analysis.profile.preparation
    assert (step.kind, step.words) == ("reshape", "wide to long: score by wave")
    assert (step.rows_before, step.rows_after, step.columns_before, step.columns_after) == (3, 9, 5, 4)
    assert step.counts == {"rows with all values missing kept": 4}


def test_rows_without_values_can_be_dropped(prepare: Prepare) -> None:
    step = long(prepare, 'columns: "score_{wave}", missing: drop').profile.preparation[1]
    assert (step.rows_after, step.counts) == (5, {"rows with all values missing dropped": 4})


def test_time_and_values_can_be_named(prepare: Prepare) -> None:
    analysis = long(prepare, 'columns: "score_{t}", time: month, values: y', formula="y ~ month + (1 | id)")
    assert analysis.frame["month"].tolist() == [0, 1, 2, 0, 2]


def test_reshaping_equals_melt_of_pandas(prepare: Prepare) -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(30, 10)).round(4), columns=[f"t{k:02d}.y" for k in range(1, 11)])
    frame.insert(0, "id", range(30))
    expected = frame.melt("id", var_name="t", value_name="y").sort_values(["id", "t"])
    data = "file: w.csv\nreshape: {wide_to_long: {columns: 't{t}.y', values: y}}"
    found = prepare(data, {"w.csv": frame.to_csv(index=False)}, "y ~ 1 + (1 | id)").frame
    np.testing.assert_array_equal(found["y"], expected["y"])
    assert found["t"].tolist() == list(range(1, 11)) * 30


@pytest.mark.parametrize(
    "columns",
    [
        'columns: ["score_{t}", "mood_{t}"]',
        'columns: {score: "score_{t}", mood: "mood_{t}"}',
        'columns: ["score_{t}", "mood_{t}"], values: [score, mood]',
    ],
)
def test_several_variables_share_the_occasions(prepare: Prepare, columns: str) -> None:
    content = "id,score_1,mood_01,score_2,mood_03\n1,1,5,2,6\n2,3,7,4,8\n"
    analysis = long(prepare, columns, content, formula="score ~ 1 + (1 | id)")
    assert rows(analysis, "id", "t", "score") == [(1, 1, 1), (1, 2, 2), (2, 1, 3), (2, 2, 4)]
    np.testing.assert_array_equal(analysis.frame["mood"], [5, np.nan, 7, np.nan])
    assert analysis.profile.rows_file == 6


def test_an_occasion_that_a_variable_lacks_is_a_notice(prepare: Prepare) -> None:
    content = "id,score_1,mood_1,score_2\n1,1,5,2\n2,3,7,4\n"
    analysis = long(prepare, 'columns: ["score_{t}", "mood_{t}"]', content, formula="score ~ mood + (1 | id)")
    assert "mood has no column for occasion 2 and is missing there." in [
        n.text for n in analysis.profile.notices
    ]


def test_columns_can_be_listed_and_keep_their_order_as_levels(prepare: Prepare) -> None:
    content = "id,pre,post,late\n1,1,2,3\n2,4,5,6\n"
    analysis = long(prepare, "columns: [pre, post, late], time: when, values: score", content)
    assert analysis.frame["when"].tolist() == ["pre", "post", "late"] * 2
    assert list(analysis.frame["when"].cat.categories) == ["pre", "post", "late"]


def test_an_identifier_is_made_where_there_is_none(prepare: Prepare) -> None:
    analysis = long(prepare, 'columns: "score_{t}", id: person', formula="score ~ 1 + (1 | person)")
    assert analysis.frame["person"].tolist() == [1, 1, 1, 2, 2]
    assert analysis.profile.preparation[1].details == ("person numbers the rows of the wide table",)


def test_the_longest_pattern_wins(prepare: Prepare) -> None:
    content = "id,score_1,score_b_1,score_2,score_b_2\n1,1,5,2,6\n2,3,7,4,8\n"
    columns = 'columns: {score: "score_{t}", b: "score_b_{t}"}'
    analysis = long(prepare, columns, content)
    assert rows(analysis, "score", "b") == [(1, 5), (2, 6), (3, 7), (4, 8)]


def test_value_labels_survive_and_markers_are_missing(prepare: Prepare) -> None:
    frame = pd.DataFrame(
        {"id": [1.0, 2.0], "s_1": [1.0, 2.0], "s_2": [2.0, -9.0], "y_1": [1.0, 2], "y_2": [3.0, 4]}
    )
    labels = {"s_1": {1: "no", 2: "yes"}, "s_2": {1: "no", 2: "yes"}}

    def write(path: Path) -> None:
        pyreadstat.write_sav(frame, path, variable_value_labels=labels)

    data = "file: w.sav\nna: -9\nreshape: {wide_to_long: {columns: ['s_{t}', 'y_{t}']}}"
    analysis = prepare(data, {"w.sav": write}, "y ~ s + (1 | id)")
    assert analysis.frame["s"].tolist() == ["no", "yes", "yes"]


def test_times_choose_among_the_columns_that_match(prepare: Prepare) -> None:
    content = WIDE.replace("treat", "score_total").replace("A", "6").replace("B", "10")
    analysis = long(prepare, 'columns: "score_{t}", times: [0, 2]', content)
    assert analysis.frame["t"].tolist() == [0, 2, 0, 2]
    assert {"score_total", "score_1"} <= set(analysis.frame)


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        ('columns: "scor_{t}"', ["columns: no column matches 'scor_{t}' (there is a column 'score_0')"]),
        (
            'columns: ["score_{t}", "mood_{t}"]',
            ["columns[1]: no column matches 'mood_{t}' (the columns are id,"],
        ),
        ('columns: "score"', ["columns: 'score' has no word in braces (for example columns:"]),
        ('columns: "score_{t}_{u}"', ["columns: 'score_{t}_{u}' has several words in braces"]),
        ('columns: "score_{t"', ["columns: 'score_{t' has a brace without its partner"]),
        ('columns: ["score_{t}", "treat"]', ["columns: 'treat' has no word in braces"]),
        ('columns: ["score_{t}", "b_{u}"]', ["columns: the words in braces differ: t, u"]),
        ("columns: ", ["columns: names no column"]),
        ("columns: []", ["columns: needs patterns or names of columns"]),
        ('columns: "score_{t}", values: [a, b]', ["values: needs one name for each variable: 1, not 2"]),
        ('columns: {a: "score_{t}"}, values: a', ["values: the variables are named twice"]),
        (
            'columns: "{t}_0", values: t',
            ["'t' names both the occasions and the"],
        ),
        ("columns: [score_0, score_1]", ["the column of occasions", "the column of values"]),
        ("columns: [score_0, score_1], time: t", ["does not name the column of values"]),
        (
            "columns: [score_0, scor_1], time: t, values: y",
            ["columns[1]: there is no column 'scor_1' (did you mean"],
        ),
        ('columns: "score_{t}", times: [0, 5]', ["times[1]: no column has the occasion '5'"]),
        ('columns: "score_{t}", time: treat', ["time: the file has a column 'treat' already"]),
        ('columns: "score_{t}", values: treat', ["values: the file has a column 'treat' already"]),
        (
            'columns: "score_{t}", id: treat',
            ["id: 'treat' does not identify the rows of the wide table: A occurs"],
        ),
        ('columns: "score_{t}", id: score_1', ["id: 'score_1' is one of the columns of occasions"]),
        ('columns: "score_{t}", vlaues: y', ["vlaues: unknown key 'vlaues' (did you mean 'values'?)"]),
    ],
)
def test_what_is_wrong_with_a_wide_table_is_said(refused: Refused, options: str, faults: list[str]) -> None:
    found = refused(f"file: w.csv\nreshape: {{wide_to_long: {{{options}}}}}", {"w.csv": WIDE}, FORMULA)
    assert len(found) == len(faults)
    for text, fault in zip(found, faults, strict=True):
        assert fault in text
        assert text.startswith("p.yaml:4:")
        assert "data.reshape.wide_to_long" in text


def test_a_pattern_that_matches_words_and_numbers_is_ambiguous(refused: Refused) -> None:
    content = WIDE.replace("treat", "score_total")
    data = "file: w.csv\nreshape: {wide_to_long: {columns: 'score_{t}'}}"
    assert refused(data, {"w.csv": content}, FORMULA) == [
        (
            "p.yaml:4:37: data.reshape.wide_to_long.columns: the pattern matches 'score_total' too, whose "
            "occasion is no number (name the occasions: times: [0, 1, 2])"
        )
    ]


def test_two_columns_of_one_occasion_are_refused(refused: Refused) -> None:
    data = "file: w.csv\nreshape: {wide_to_long: {columns: 'score_{t}'}}"
    content = "id,score_1,score_01,score_2\n1,1,2,3\n"
    found = refused(data, {"w.csv": content}, FORMULA)
    assert "'score_1' and 'score_01' are the same occasion, 1" in found[0]


@pytest.mark.parametrize(
    "reshape", ["{}", "{wide_to_long: {columns: 's_{t}'}, long_to_wide: {id: a, time: b, values: c}}"]
)
def test_reshape_goes_one_way(refused: Refused, reshape: str) -> None:
    (found,) = refused(f"file: w.csv\nreshape: {reshape}", {"w.csv": WIDE}, FORMULA)
    assert "give one of wide_to_long, long_to_wide" in found


def test_long_becomes_wide(prepare: Prepare) -> None:
    analysis = wide(prepare, "id: id, time: wave, values: score")
    assert list(analysis.frame) == ["id", "treat", "score_0", "score_1"]
    assert analysis.frame["score_1"].tolist() == [2, 4, 5]
    np.testing.assert_array_equal(analysis.frame["score_0"], [1, 3, np.nan])
    step = analysis.profile.preparation[1]
    assert (step.words, step.rows_before, step.rows_after) == ("long to wide: score by wave", 5, 3)
    assert step.details == ("left out, since they vary within id: mood",)


def test_several_values_become_wide_by_a_pattern(prepare: Prepare) -> None:
    options = 'id: id, time: wave, values: [score, mood], columns: "{values}.{time}"'
    analysis = wide(prepare, options, formula="score.1 ~ 1 + (1 | treat)")
    assert list(analysis.frame) == ["id", "treat", "score.0", "score.1", "mood.0", "mood.1"]
    assert analysis.frame["mood.1"].tolist() == [4, 1, 3]


def test_there_and_back_is_the_same_table(prepare: Prepare) -> None:
    content = "id,x,s_1,s_2,s_3\n4,1,1,2,3\n2,5,4,5,6\n9,2,7,8,9\n"
    first = prepare(
        "file: w.csv\nreshape: {wide_to_long: {columns: 's_{t}'}}", {"w.csv": content}, "s ~ 1 + (1|id)"
    )
    back = "file: l.csv\nreshape: {long_to_wide: {id: id, time: t, values: s}}"
    found = prepare(back, {"l.csv": first.frame.to_csv(index=False)}, "s_1 ~ 1 + (1 | x)").frame
    expected = pd.read_csv(StringIO(content)).astype(float)
    pd.testing.assert_frame_equal(found.astype(float), expected)


def test_rows_without_unit_or_occasion_are_counted(prepare: Prepare) -> None:
    analysis = wide(prepare, "id: id, time: wave, values: score", LONG + ",A,1,2,3\n9,A,NA,2,3\n")
    assert analysis.profile.preparation[1].counts == {"rows without id or wave left out": 2}
    assert analysis.profile.preparation[1].rows_after == 3


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("id: id, time: wav, values: score", "time: there is no column 'wav' (did you mean 'wave'?)"),
        ("id: id, time: wave, values: wave", "values: 'wave' has two roles"),
        ("id: treat, time: wave, values: score", "same treat and wave: A at 1"),
        (
            "id: id, time: wave, values: [score, mood], columns: 'x_{time}'",
            "columns: 'x_{time}' lacks {values}",
        ),
        ("id: id, time: wave, values: score, columns: 'x_{tim}'", "columns: 'x_{tim}' lacks {time}"),
        ("id: id, time: wave", "the key 'values' is missing"),
        ("id: , time: wave, values: score", "id: names no column"),
    ],
)
def test_what_is_wrong_with_a_long_table_is_said(refused: Refused, options: str, fault: str) -> None:
    data = f"file: l.csv\nreshape: {{long_to_wide: {{{options}}}}}"
    (found,) = refused(data, {"l.csv": LONG}, "score_1 ~ 1 + (1 | treat)")
    assert fault in found
    assert found.startswith("p.yaml:4:")
