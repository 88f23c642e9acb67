"""Filters are applied in their order, each to the rows that the ones before it leave."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mlm_steps.data import Analysis

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

RNG = np.random.default_rng(12)
ROWS = 120
TABLE = pd.DataFrame(
    {
        "g": RNG.integers(1, 9, ROWS),
        "age": RNG.integers(10, 40, ROWS).astype(float),
        "arm": RNG.choice(["a", "b", "c"], ROWS),
        "rt": RNG.lognormal(6, 0.5, ROWS),
        "y": RNG.normal(size=ROWS),
    }
)
TABLE.loc[[3, 40, 77], "age"] = np.nan
TABLE.loc[[5, 90], "arm"] = None
CONTENT = TABLE.to_csv(index=False)


def steps(analysis: Analysis) -> list[tuple[str, int | None, int, dict[str, int]]]:
    return [
        (step.words, step.rows_before, step.rows_after, step.counts)
        for step in analysis.profile.preparation
        if step.kind == "filter"
    ]


def test_each_filter_records_its_rows_and_missing_conditions(analyse: Analyse) -> None:
    analysis = analyse(CONTENT, "y ~ 1 + (1 | g)", data="filter: ['age >= 18', 'arm in [a, b]']")
    adults = TABLE[TABLE["age"] >= 18]
    kept = adults[adults["arm"].isin(["a", "b"])]
    missing = {"rows with a missing condition": int(adults["arm"].isna().sum())}
    assert steps(analysis) == [
        ("filter age >= 18", ROWS, len(adults), {"rows with a missing condition": 3}),
        ("filter arm in [a, b]", len(adults), len(kept), missing if any(missing.values()) else {}),
    ]
    np.testing.assert_array_equal(analysis.rows, kept.index)
    np.testing.assert_array_equal(analysis.frame["y"], kept["y"])
    assert (analysis.profile.rows_file, analysis.profile.rows) == (len(kept), len(kept))
    assert list(analysis.frame["arm"].cat.categories) == ["a", "b"]


def test_one_condition_needs_no_list(analyse: Analyse) -> None:
    one = analyse(CONTENT, "y ~ 1 + (1 | g)", data="filter: age >= 18")
    listed = analyse(CONTENT, "y ~ 1 + (1 | g)", data="filter: ['age >= 18']")
    assert one.profile.sample_hash == listed.profile.sample_hash


def test_a_filter_that_removes_nothing_says_so(analyse: Analyse) -> None:
    analysis = analyse(CONTENT, "y ~ 1 + (1 | g)", data="filter: rt > 0")
    assert analysis.profile.preparation[-1].details == ("the filter removed no row",)
    assert len(analysis.frame) == ROWS


def test_a_derived_column_that_a_filter_names_is_computed_before_it(analyse: Analyse) -> None:
    data = """\
filter: ["age >= 18", "abs(z) < 1.5", "rt > 300"]
derive:
  log_rt: {expr: log(rt)}
  z: {standardize: log_rt}
  later: {center: log_rt}
"""
    frame = analyse(CONTENT, "y ~ z + later + (1 | g)", data=data).frame
    adults = TABLE[TABLE["age"] >= 18].assign(log_rt=lambda d: np.log(d["rt"]))
    adults["z"] = (adults["log_rt"] - adults["log_rt"].mean()) / adults["log_rt"].std()
    left = adults[(adults["z"].abs() < 1.5) & (adults["rt"] > 300)]
    np.testing.assert_allclose(frame["z"], left["z"], rtol=1e-12)
    np.testing.assert_allclose(frame["later"], left["log_rt"] - left["log_rt"].mean(), atol=1e-12)
    profile = analyse(CONTENT, "y ~ z + later + (1 | g)", data=data).profile
    assert profile.column("z").derived == (
        "log_rt standardised, computed on the rows before the filter that names it"
    )
    assert profile.column("later").derived == "log_rt centred"
    assert profile.preparation[2].details == ("log_rt is log(rt)", "z is log_rt standardised")
    assert [column.name for column in profile.derivations] == ["log_rt", "z", "later"]


def test_what_no_filter_names_is_computed_on_the_rows_that_are_left(analyse: Analyse) -> None:
    data = "filter: rt > 300\nderive: {n: {count: true, within: g}, lrt: {expr: log(rt - 300)}}"
    frame = analyse(CONTENT, "y ~ lrt + n + (1 | g)", data=data).frame
    left = TABLE[TABLE["rt"] > 300]
    np.testing.assert_array_equal(frame["n"], left.groupby("g")["g"].transform("size"))


def test_notices_count_rows_of_the_file(analyse: Analyse) -> None:
    content = TABLE.fillna({"age": 20, "arm": "a"})
    content = pd.concat([content.iloc[:20], content.iloc[[19]], content.iloc[20:]])
    analysis = analyse(content.to_csv(index=False), "y ~ age + (1 | g)", data="filter: age > 11")
    assert len(analysis.frame) < len(content)
    assert ["row 21" in n.text for n in analysis.profile.notices if n.code == "duplicate_rows"] == [True]


@pytest.mark.parametrize(
    ("conditions", "place", "words"),
    [
        ("['age > 200']", "2:", "none of 120 rows meets the condition, which is missing in 3"),
        ("['age >= 18', 'arm > 3']", "data.filter[1]", "arm is text (its values are a, b, c) and 3 is a"),
        ("arm == 'aa'", "data.filter: ", "no row has the value 'aa' (did you mean 'a'?)"),
        ("agee > 3", "data.filter: ", "there is no column agee (did you mean age?)"),
        ("['age']", "data.filter[0]", "this is a number, not a condition"),
        ("['arm']", "data.filter[0]", "not a condition (compare it"),
        ("['later > 3']", "data.filter[0]", "there is no column later"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_applied_is_refused(
    refuse: Refuse, conditions: str, place: str, words: str
) -> None:
    data = f"filter: {conditions}" if conditions.startswith("[") else f'filter: "{conditions}"'
    (fault,) = refuse(CONTENT, "y ~ 1 + (1 | g)", data=data)
    assert place in fault
    assert words in fault


def test_all_faults_come_at_once_and_none_follows_from_another(refuse: Refuse) -> None:
    data = """\
filter: ["xx > 1", "bad > 2", "arm == 3"]
derive:
  bad: {center: arm}
  worse: {center: bad}
"""
    faults = refuse(CONTENT, "y ~ worse + (1 | g)", data=data)
    assert [fault.split(": ")[1] for fault in faults] == [
        "data.derive.bad.center", "data.filter[0]", "data.filter[2]",
    ]  # fmt: skip


@pytest.mark.parametrize("condition", ["age >= 18", "log(age) > 2", "age + 1 > 3"])
def test_text_among_numbers_is_named_as_the_cause(refuse: Refuse, condition: str) -> None:
    table = TABLE.astype({"age": object})
    table.loc[7, "age"] = "n/a"
    (fault,) = refuse(table.to_csv(index=False), "y ~ 1 + (1 | g)", data=f"filter: {condition}")
    assert "among its numbers age holds 'n/a' in row 8" in fault
    assert "na: [" in fault


def test_the_place_of_a_fault_is_its_character(refuse: Refuse) -> None:
    (fault,) = refuse(CONTENT, "y ~ 1 + (1 | g)", data="filter:\n  - age > 3 and arm == 'x'")
    assert fault.startswith("pipeline.yaml:5:26: data.filter[0]: ")
    assert fault.endswith("age > 3 and arm == 'x'\n                     ^^^")
