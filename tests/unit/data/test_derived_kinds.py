"""Derived columns beyond centring: against pandas, closed forms and definitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mlm_steps.data import Analysis

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

RNG = np.random.default_rng(5)
TABLE = pd.DataFrame(
    {
        "id": np.repeat(np.arange(12), 8) + 1,
        "day": np.tile(np.arange(8), 12),
        "x": RNG.normal(size=96).round(2),
        "z": RNG.normal(5, 2, 96).round(1),
        "grade": RNG.choice(["a", "b", "c", "d"], 96),
        "k": RNG.choice([1, 2, 3, 9], 96),
        "w": RNG.uniform(0.2, 4, 96).round(3),
        "y": RNG.normal(size=96),
    }
).drop(index=[4, 17, 18, 60])
TABLE.loc[[2, 30, 71], "x"] = np.nan
TABLE = TABLE.sample(frac=1, random_state=2).reset_index(drop=True)
CONTENT = TABLE.to_csv(index=False)
BY = TABLE.groupby("id")


def derived(analyse: Analyse, entry: str, data: str = "") -> Analysis:
    """Return the analysis on all rows with one derived column ``n``."""
    return analyse(CONTENT, "y ~ 1 + (1 | id)", data=f"means_from: all\nderive: {{n: {entry}}}\n{data}")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{sd: z, within: id}", BY["z"].transform("std")),
        ("{min: z, within: id}", BY["z"].transform("min")),
        ("{max: x, within: id}", BY["x"].transform("max").where(TABLE["x"].notna())),
        ("{max: z}", TABLE["z"] * 0 + TABLE["z"].max()),
        ("{rank: x, within: id}", BY["x"].rank()),
        ("{rank: z}", TABLE["z"].rank()),
        ("{count: true, within: id}", BY["y"].transform("size")),
        ("{scale_weights: w, within: id}", TABLE["w"] / BY["w"].transform("mean")),
        ("{scale_weights: w, within: id, to: mean}", TABLE["w"] / BY["w"].transform("mean")),
        (
            "{scale_weights: w, within: id, to: effective_n}",
            TABLE["w"] * BY["w"].transform("sum") / BY["w"].transform(lambda w: (w**2).sum()),
        ),
        ("{time_since_first: day, within: id}", TABLE["day"] - BY["day"].transform("min")),
        ("{expr: 'if_else(missing(x), 0, x^2)'}", (TABLE["x"] ** 2).fillna(0)),
        ("{recode: k, map: {1: 10, 2: 20, 3: 30, 9: NA}}", TABLE["k"].map({1: 10, 2: 20, 3: 30})),
        ("{recode: k, map: {9: ~}, other: keep}", TABLE["k"].where(TABLE["k"] != 9)),
        ("{recode: k, map: {9.0: ~}, other: keep}", TABLE["k"].where(TABLE["k"] != 9)),
        ("{recode: k, map: {1: 5}, other: missing}", TABLE["k"].map({1: 5.0})),
    ],
)
def test_numbers_are_those_of_the_definition(analyse: Analyse, entry: str, expected: pd.Series) -> None:
    analysis = derived(analyse, entry)
    np.testing.assert_allclose(analysis.frame["n"], expected.astype(float), rtol=1e-12, atol=1e-12)
    assert analysis.profile.column("n").kind == "number"
    assert analysis.profile.column("n").n_missing == expected.isna().sum()


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("column", ["x", "grade"])
def test_a_lag_is_the_value_of_an_earlier_row_in_order_of_time(
    analyse: Analyse, steps: int, column: str
) -> None:
    frame = derived(analyse, f"{{lag: {column}, within: id, by: day, steps: {steps}}}").frame
    expected = TABLE.sort_values("day").groupby("id")[column].shift(steps).sort_index()
    assert frame["n"].astype(object).where(frame["n"].notna(), None).tolist() == (
        expected.astype(object).where(expected.notna(), None).tolist()
    )


def test_a_lag_does_not_step_over_a_longer_gap(analyse: Analyse) -> None:
    frame = derived(analyse, "{lag: z, within: id, by: day, max_gap: 1}").frame
    before = TABLE.assign(day=TABLE["day"] + 1)[["id", "day", "z"]].rename(columns={"z": "before"})
    expected = TABLE.merge(before, how="left", on=["id", "day"])["before"]
    np.testing.assert_array_equal(frame["n"], expected)


def test_a_lag_over_absent_occasions_is_noticed_if_it_is_used(analyse: Analyse) -> None:
    data = "derive: {n: {lag: z, within: id, by: day}}"
    analysis = analyse(CONTENT, "y ~ n + (1 | id)", data=data)
    (notice,) = [n for n in analysis.profile.notices if n.code == "lag_over_gaps"]
    assert "max_gap: 1 makes the lag missing there" in notice.text
    assert [(loss.variable, loss.rows) for loss in analysis.profile.lost] == [("n", 12)]


@pytest.mark.parametrize(
    ("entry", "levels", "expected"),
    [
        ("{recode: grade, map: {d: poor, a: good, b: good, c: fair}}", ["poor", "good", "fair"],
         {"a": "good", "b": "good", "c": "fair", "d": "poor"}),
        ("{recode: grade, map: {a: top}, other: keep}", ["top", "b", "c", "d"],
         {"a": "top", "b": "b", "c": "c", "d": "d"}),
        ("{collapse: grade, into: {low: [c, d], high: [a, b]}}", ["low", "high"],
         {"a": "high", "b": "high", "c": "low", "d": "low"}),
        ("{collapse: grade, into: {rest: [b, c, d]}, other: keep}", ["rest", "a"],
         {"a": "a", "b": "rest", "c": "rest", "d": "rest"}),
        ("{collapse: grade, into: {top: a}, other: missing}", ["top"], {"a": "top"}),
        ("{expr: \"if_else(grade in [a, b], 'high', 'low')\"}", ["high", "low"],
         {"a": "high", "b": "high", "c": "low", "d": "low"}),
        ("{expr: \"grade == 'a'\"}", ["FALSE", "TRUE"],
         {"a": "TRUE", "b": "FALSE", "c": "FALSE", "d": "FALSE"}),
    ],
)  # fmt: skip
def test_categories_have_their_levels_in_the_order_of_writing(
    analyse: Analyse, entry: str, levels: list[str], expected: dict[str, str]
) -> None:
    analysis = derived(analyse, entry)
    assert list(analysis.frame["n"].cat.categories) == levels
    assert analysis.frame["n"].astype(object).tolist() == TABLE["grade"].map(expected).tolist()
    column = analysis.profile.column("n")
    assert (column.kind, column.levels, column.contrast) == ("category", tuple(levels), "treatment")


def test_a_derived_category_is_declared_like_any_other(analyse: Analyse) -> None:
    entry = "{collapse: grade, into: {low: [c, d], high: [a, b]}}"
    data = "columns: {n: {levels: [high, low], contrast: sum, label: Mark}}"
    column = derived(analyse, entry, data).profile.column("n")
    assert (column.levels, column.contrast) == (("high", "low"), "sum")
    data = "columns: {n: {type: ordered}}"
    column = derived(analyse, entry, data).profile.column("n")
    assert (column.kind, column.levels, column.contrast) == ("ordered", ("low", "high"), "poly")


def test_a_derived_number_can_be_declared_a_category_and_a_condition_a_number(analyse: Analyse) -> None:
    column = derived(analyse, "{expr: floor(day / 4)}", "columns: {n: {type: category}}").profile.column("n")
    assert (column.kind, column.levels) == ("category", ("0", "1"))
    frame = derived(analyse, "{expr: z > 5}", "columns: {n: {type: number}}").frame
    np.testing.assert_array_equal(frame["n"], (TABLE["z"] > 5).astype(float))


def test_derived_categories_and_counts_can_be_predictors_and_groups(analyse: Analyse) -> None:
    data = """\
derive:
  band: {expr: "cut(z, [-Inf, 4, 6, Inf], [low, middle, high])"}
  half: {expr: "if_else(day < 4, 'first', 'second')"}
  size: {count: true, within: "id:half"}
"""
    analysis = analyse(CONTENT, "y ~ band + size + (1 | id:half)", data=data)
    (factor,) = analysis.profile.factors
    assert (factor.name, factor.n_levels, factor.n_levels_file) == ("id:half", 24, 24)
    assert analysis.profile.column("band").levels == ("low", "middle", "high")
    half = TABLE["day"] < 4
    np.testing.assert_array_equal(
        analysis.frame["size"], TABLE.groupby(["id", half])["y"].transform("size").astype(float)
    )


def test_the_sample_and_columns_that_depend_on_it_agree(analyse: Analyse) -> None:
    """The standard deviation of a group is missing if the sample has one row of it."""
    content = "g,x,y,v\na,1,2,1\na,2,3,\nb,4,4,2\nb,6,5,3\nc,3,1,1\nc,8,2,5\nd,1,1,1\n"
    data = "derive: {s: {sd: x, within: g}, v_c: {center: v}}"
    analysis = analyse(content, "y ~ s + v_c + (1 | g)", data=data)
    assert analysis.rows.tolist() == [2, 3, 4, 5]
    np.testing.assert_allclose(analysis.frame["s"], [2**0.5, 2**0.5, 12.5**0.5, 12.5**0.5])
    assert analysis.frame["v_c"].sum() == pytest.approx(0)
    assert {loss.variable: loss.rows for loss in analysis.profile.lost} == {"s": 2, "v": 1}


def test_a_value_that_a_filter_drops_may_be_recoded(analyse: Analyse) -> None:
    data = "filter: k < 9\nderive: {n: {recode: k, map: {1: 4, 9: ~}, other: keep}}"
    frame = analyse(CONTENT, "y ~ n + (1 | id)", data=data).frame
    assert sorted(frame["n"].unique()) == [2, 3, 4]


def test_rows_outside_of_the_sample_give_no_fault(analyse: Analyse) -> None:
    content = "g,x,y,v\na,1,2,1\na,2,3,3\nb,4,4,2\nb,6,5,3\nc,3,1,\nc,8,2,\n"
    data = "derive: {m: {max: x, within: g}, s: {expr: 1 / m}}"
    frame = analyse(content, "y ~ v + s + (1 | g)", data=data).frame
    np.testing.assert_allclose(frame["s"], [1 / 2, 1 / 2, 1 / 6, 1 / 6])


def test_ranks_and_counts_are_of_the_analysis_sample(analyse: Analyse) -> None:
    data = "derive: {n: {count: true, within: id}, r: {rank: z, within: id}}"
    analysis = analyse(CONTENT, "y ~ x + n + r + (1 | id)", data=data)
    sample = TABLE.dropna().groupby("id")
    np.testing.assert_array_equal(analysis.frame["n"], sample["y"].transform("size"))
    np.testing.assert_array_equal(analysis.frame["r"], sample["z"].rank())


@pytest.mark.parametrize(
    ("derive", "place", "words"),
    [
        ("{a: {center: b}, b: {center: c}, c: {expr: a + 1}}", "data.derive.a.center",
         "'a' is derived from 'b', 'b' is derived from 'c', 'c' is derived from 'a': a circle"),
        ("{n: {expr: n + 1}}", "data.derive.n.expr", "a column cannot be derived from itself"),
        ("{n: {expr: 1 + xx}}", "data.derive.n.expr", "there is no column 'xx' (did you mean 'x'?)"),
        ("{n: {expr: log(x)}}", "data.derive.n.expr",
         "log(x) is not a finite number in"),
        ("{n: {expr: grade > 2}}", "data.derive.n.expr", "grade is text"),
        ("{n: {recode: grade, map: {a: x, bb: y}}}", "data.derive.n.map.bb",
         "'grade' has no value 'bb' (did you mean 'b'?)"),
        ("{n: {recode: k, map: {99: NA}, other: keep}}", "data.derive.n.map.99",
         "'k' has no value '99' (did you mean '9'?)"),
        ("{n: {recode: k, map: {one: 1}, other: keep}}", "data.derive.n.map.one", "'k' has no value 'one'"),
        ("{n: {recode: grade, map: {a: x, b: y, c: z}}}", "data.derive.n.map", "which map does not name"),
        ("{n: {collapse: grade, into: {low: [a, e]}}}", "data.derive.n.into.low", "'grade' has no value 'e'"),
        ("{n: {mean: grade, within: id}}", "data.derive.n.mean", "'grade' is a category, not a number"),
        ("{m: {recode: grade, map: {a: u}, other: keep}, n: {center: m}}", "data.derive.n.center",
         "'m' is a category, not a number"),
        ("{n: {lag: x, within: id, by: k}}", "data.derive.n.by", "so none is the earlier"),
        ("{n: {lag: x, within: id, by: grade}}", "data.derive.n.by", "neither a number nor an ordered"),
        ("{n: {scale_weights: x, within: id}}", "data.derive.n.scale_weights", "weights are not negative"),
    ],
)  # fmt: skip
def test_what_cannot_be_derived_is_refused_at_its_key(
    refuse: Refuse, derive: str, place: str, words: str
) -> None:
    (fault,) = refuse(CONTENT, "y ~ 1 + (1 | id)", data=f"derive: {derive}")
    assert f": {place}: " in fault
    assert words in fault
