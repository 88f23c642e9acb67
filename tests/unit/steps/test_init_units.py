"""``mlm init`` recognises identifiers, times, wide tables and title rows, and its spec fits the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.errors import UsageError
from tests.unit.steps.conftest import Written

Init = Callable[..., Written]


def growth() -> pd.DataFrame:
    """Return children in schools over five years, with identifiers that are whole numbers."""
    rng = np.random.default_rng(3)
    child = np.repeat(np.arange(240), 5)
    table = pd.DataFrame({"schoolid": 2000 + child // 12, "childid": 273026 + 13 * child})
    table["year"] = np.tile(np.arange(5) - 2.0, 240)
    table["grade"] = np.tile(np.arange(5), 240)
    table["female"] = rng.integers(0, 2, 240)[child]
    table["income"] = rng.integers(10_000, 90_000, 240)[child]
    table["size"] = rng.integers(200, 900, 20)[child // 12]
    table["mood"] = rng.normal(size=1200).round(2)
    table["math"] = (rng.normal(size=240)[child] + table["year"] + rng.normal(size=1200)).round(2)
    return table


def nurses() -> pd.DataFrame:
    """Return nurses in three wards of each of 25 hospitals; the treatment is the last of many columns."""
    rng = np.random.default_rng(4)
    n = 25 * 3 * 8
    ward = np.arange(n) // 8
    table = pd.DataFrame({"hospital": 1 + ward // 3, "ward": 100 + ward, "wardnr": ward % 3 + 1})
    table["nurse"] = np.arange(n) % 8 + 1
    for name in ("age", "income", "hours"):
        table[name] = rng.normal(40, 9, n).round(1)
    for name in ("q1", "q2", "q3", "q4"):
        table[name] = rng.integers(1, 6, n)
    table["stress"] = (rng.normal(size=75)[ward] + rng.normal(size=n)).round(2)
    table["treatment"] = np.array(["cbt", "control"])[ward % 2]
    return table


def test_a_nested_identifier_becomes_a_level(init: Init) -> None:
    found = init(growth(), "math", "schoolid")
    assert found.formulas[0] == "math ~ 1 + (1 | schoolid/childid)"
    assert found.formulas[2] == "math ~ 1 + year + (1 | schoolid) + (year | childid:schoolid)"
    assert found.remarks == (
        "childid identifies units within schoolid (240 in 20), so it is a level of its own.",
    )


def test_the_level_of_a_predictor_is_that_of_the_units_within_which_it_is_constant(init: Init) -> None:
    assert init(growth(), "math", "schoolid").levels == {
        "year": 1, "mood": 1, "female": 2, "income": 2, "size": 3,
    }  # fmt: skip


def test_larger_units_are_found_from_the_smaller_ones(init: Init) -> None:
    found = init(growth(), "math", "childid")
    assert found.formulas == init(growth(), "math", "schoolid").formulas
    assert "Each childid lies in one schoolid" in found.remarks[0]


def test_of_two_times_that_move_together_one_is_taken(init: Init) -> None:
    found = init(growth(), "math", "schoolid")
    assert found.reason("grade") == "grade says the same as year within units"


def test_a_treatment_is_never_left_out(init: Init) -> None:
    found = init(nurses(), "stress", "hospital")
    assert "left out to keep the models small" in found.reason("q2")
    assert found.keys["data"]["columns"]["treatment"]["levels"] == ["control", "cbt"]
    assert found.levels["treatment"] == 2
    assert found.formulas[-1].startswith("stress ~ 1 + age_w + income_w + hours_w + ")
    assert "age_w:treatment" in found.formulas[-1]


def test_running_numbers_are_no_predictors(init: Init) -> None:
    found = init(nurses(), "stress", "hospital")
    assert found.formulas[0] == "stress ~ 1 + (1 | hospital/ward)"
    assert found.reason("wardnr") == "wardnr identifies the same units as ward"
    assert "labels the rows of each level of ward" in found.reason("nurse")
    from_below = init(nurses(), "stress", "ward")
    assert from_below.formulas[0] == "stress ~ 1 + (1 | hospital/ward)"
    assert "wardnr" not in from_below.levels


@pytest.mark.parametrize("labels", [["1", "2", "3"], ["a", "b", "c"]])
def test_reused_labels_are_said_and_nested(init: Init, labels: list[str]) -> None:
    table = nurses().drop(columns=["ward", "nurse"]).rename(columns={"wardnr": "class", "hospital": "school"})
    table["class"] = [labels[number - 1] for number in table["class"]]
    said = "The labels of class are used again in each school"
    for group in ("school", "class"):
        found = init(table, "stress", group)
        assert found.formulas[0] == "stress ~ 1 + (1 | school/class)"
        assert any(remark.startswith(said) for remark in found.remarks)
        assert found.keys["data"]["derive"]["age_w"] == {"center": "age", "within": "school:class"}


def ratings() -> pd.DataFrame:
    """Return 30 subjects who each meet 24 items; the condition is one of the items."""
    rng = np.random.default_rng(5)
    subject, item = np.repeat(np.arange(30), 24), np.tile(np.arange(24), 30)
    table = pd.DataFrame({"subject": subject + 1, "item": item + 1, "age": rng.integers(18, 70, 30)[subject]})
    table["condition"] = np.where(item % 2, "primed", "control")
    table["rt"] = (
        500 + rng.normal(size=30)[subject] + rng.normal(size=24)[item] + rng.normal(size=720)
    ).round(1)
    return table


def test_crossed_units_are_offered(init: Init) -> None:
    found = init(ratings(), "rt", "subject")
    assert found.formulas[0] == "rt ~ 1 + (1 | subject)"
    assert "write this spec anew with: --group subject --group item" in " ".join(found.text.split("\n# "))


def test_crossed_groups_get_an_intercept_each(init: Init) -> None:
    found = init(ratings(), "rt", "subject", "item")
    assert found.formulas == [
        "rt ~ 1 + (1 | subject) + (1 | item)",
        "rt ~ 1 + condition + age + (1 | subject) + (1 | item)",
        "rt ~ 1 + condition + age + (condition | subject) + (1 | item)",
        "rt ~ 1 + condition + age + condition:age + (condition | subject) + (1 | item)",
    ]


def test_nested_groups_may_be_given(init: Init) -> None:
    found = init(nurses(), "stress", "hospital/wardnr")
    assert found.formulas[0] == "stress ~ 1 + (1 | hospital/wardnr)"
    apart = init(nurses(), "stress", "ward", "hospital")
    assert apart.formulas[0] == "stress ~ 1 + (1 | hospital/ward)"
    assert "they are nested, not crossed" in apart.remarks[0]


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (("ward/hospital",), "'hospital' is not nested in it (name the larger units first"),
        (("hospital/word",), "no column 'word' (did you mean 'ward'?)"),
        (("hospital", "hospital"), "'hospital' is given twice"),
        (("hospital/",), "no column ''"),
    ],
)
def test_groups_that_make_no_sense_are_refused(init: Init, groups: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageError, match="--group") as caught:
        init(nurses(), "stress", *groups)
    assert words in str(caught.value)


def wide() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    table = pd.DataFrame({"id": range(1, 61), "treat": np.tile([0, 1], 30)})
    person = rng.normal(size=60)
    for wave in (1, 2, 3, 4):
        table[f"math_{wave}"] = (person + wave * (1 + table["treat"]) + rng.normal(size=60)).round(2)
        table[f"mood_{wave}"] = rng.normal(size=60).round(2)
    return table


@pytest.mark.parametrize("outcome", ["math", "math_4"])
def test_a_wide_table_is_made_long(init: Init, outcome: str) -> None:
    found = init(wide(), outcome, "id")
    assert found.keys["data"]["reshape"] == {
        "wide_to_long": {
            "columns": {"math": "math_{time}", "mood": "mood_{time}"},
            "time": "time",
            "id": "id",
        }
    }
    assert found.keys["data"]["derive"]["time_0"] == {"expr": "time - 1"}
    assert found.keys["ladder"] == {
        "preset": "growth",
        "outcome": "math",
        "group": "id",
        "time": "time_0",
        "level_1": ["mood_w"],
        "level_2": ["mood_m", "treat"],
        "cross_level": ["time_0:treat"],
    }


def test_an_identifier_of_the_wide_rows_is_made_if_there_is_none(init: Init) -> None:
    found = init(wide().drop(columns="id"), "math", "person")
    assert found.keys["data"]["reshape"]["wide_to_long"]["id"] == "person"
    assert found.keys["ladder"]["group"] == "person"


def test_occasions_in_words_become_a_factor(init: Init) -> None:
    table = wide()[["id", "treat", "math_1", "math_2"]]
    found = init(table.set_axis(["id", "treat", "math_pre", "math_post"], axis=1), "math", "id")
    assert found.keys["data"]["columns"]["time"]["levels"] == ["pre", "post"]
    assert found.formulas[1] == "math ~ 1 + time + (1 | id)"


def test_one_column_of_a_wide_table_may_be_the_outcome_of_larger_groups(init: Init) -> None:
    found = init(wide().assign(school=np.arange(60) // 5), "math_4", "school")
    assert "reshape" not in found.keys["data"]


TITLES = "Achievement study, 2023\n\nexported in May\n"


def test_title_rows_are_skipped(init: Init, tmp_path: Path) -> None:
    table = nurses()
    assert init(TITLES + table.to_csv(index=False), "stress", "hospital").keys["data"]["skip"] == 3
    assert "skip" not in init(table, "stress", "hospital").keys["data"]
    with pd.ExcelWriter(tmp_path / "d.xlsx") as book:
        table.to_excel(book, sheet_name="Nurses", index=False, startrow=2)
        book.sheets["Nurses"]["A1"] = "Achievement study"
    data = init("", "stress", "hospital", name="d.xlsx", sheet="1").keys["data"]
    assert (data["sheet"], data["skip"]) == ("1", 2)


def test_options_say_how_to_read_a_file(init: Init) -> None:
    table = nurses()[["hospital", "stress", "age"]]
    table.loc[3, "stress"] = 999.0
    text = table.to_csv(index=False, sep="|", decimal=",")
    found = init(text, "stress", "hospital", na=("999",), decimal=",", delimiter="|")
    data = found.keys["data"]
    assert (data["na"], data["decimal"], data["delimiter"]) == (["NA", "NaN", "999"], ",", "|")
    assert "1 lack stress" in found.text
    with pytest.raises(UsageError, match=r"--delimiter: ';;' cannot separate columns"):
        init(text, "stress", "hospital", delimiter=";;")


def test_a_workbook_with_numbers_in_text_keeps_its_decimal_comma(init: Init, tmp_path: Path) -> None:
    table = nurses()[["hospital", "stress", "age"]]
    table["age"] = table["age"].astype(str).str.replace(".", ",")
    table.to_excel(tmp_path / "d.xlsx", index=False)
    assert init("", "stress", "hospital", name="d.xlsx").keys["data"]["decimal"] == ","


def test_several_rows_per_day_offer_a_level_of_days(init: Init) -> None:
    rng = np.random.default_rng(8)
    table = pd.DataFrame(
        [(p, d, b) for p in range(20) for d in range(1, 6) for b in range(1, 5)],
        columns=["person", "day", "beep"],
    )
    table["mood"] = rng.normal(size=len(table)).round(2)
    assert "--group person/day" in init(table, "mood", "person").text
    assert init(table, "mood", "person/day").formulas[0] == "mood ~ 1 + (1 | person/day)"


def test_labels_that_differ_by_spaces_are_said(init: Init) -> None:
    table = nurses()[["hospital", "stress"]].assign(hospital=lambda t: "h" + t["hospital"].astype(str))
    table.loc[::7, "hospital"] += " "
    found = init(table, "stress", "hospital")
    assert found.remarks[-1].startswith("hospital has 50 labels, but 25 without differences of spaces")


def test_labels_with_traits_are_units_whatever_their_name(init: Init) -> None:
    table = nurses().rename(columns={"wardnr": "b", "hospital": "a"})[["a", "b", "stress", "age"]]
    assert "b" in init(table.assign(b="b" + table["b"].astype(str)), "stress", "a").levels
    trait = np.random.default_rng(9).normal(size=75).round(3)[np.arange(600) // 8]
    found = init(table.assign(trait=trait, b="b" + table["b"].astype(str)), "stress", "a")
    assert found.formulas[0] == "stress ~ 1 + (1 | a/b)"
    assert found.levels["trait"] == 2


def test_a_factor_that_follows_from_another_is_left_out(init: Init) -> None:
    table = nurses()[["hospital", "stress"]].assign(kind=lambda t: np.array([*"abcd"])[t["hospital"] % 4])
    table["pair"] = table["kind"].map({"a": "x", "b": "x", "c": "y", "d": "y"})
    found = init(table, "stress", "hospital")
    assert found.reason("pair") == "pair follows from kind, or kind from it"


def test_labels_with_an_open_end_are_a_factor(init: Init) -> None:
    table = nurses()[["hospital", "stress"]]
    table["children"] = np.array(["0", "1", "2", "3+"])[np.random.default_rng(11).integers(0, 4, 600)]
    found = init(table, "stress", "hospital")
    assert found.keys["data"]["columns"]["children"]["levels"] == ["0", "1", "2", "3+"]


def test_later_measurements_of_the_outcome_are_no_predictors(init: Init) -> None:
    found = init(wide().assign(school=np.arange(60) // 5), "math_2", "school")
    assert found.reason("math_3") == "math_3 holds math after math_2, so it explains nothing"
    assert "math_1" in found.levels


def test_pupils_numbered_in_each_class_are_units_of_the_classes(init: Init) -> None:
    table = wide().drop(columns="id")
    table.insert(0, "class", np.arange(60) // 10 + 1)
    table.insert(1, "pupil", np.arange(60) % 10 + 1)
    found = init(table, "math", "class")
    assert found.formulas[0] == "math ~ 1 + (1 | class/person)"
    assert found.reason("pupil") == "pupil identifies the same units as person"


def test_without_traits_of_the_groups_a_second_file_is_suggested(init: Init) -> None:
    table = nurses()[["hospital", "stress", "age"]]
    assert "# join: [{file: FILE, on: hospital}]" in init(table, "stress", "hospital").text
    assert "join" not in init(table.assign(size=table["hospital"] * 7), "stress", "hospital").text


@pytest.mark.parametrize(
    ("decimal", "thousands", "delimiter"), [(".", ",", ","), (",", ".", ";"), (".", "'", ";")]
)
def test_separators_of_thousands_are_proposed(
    init: Init, decimal: str, thousands: str, delimiter: str
) -> None:
    rng = np.random.default_rng(12)
    table = nurses()[["hospital"]].assign(stress=rng.normal(size=600).round(2))
    table["income"] = [f"{value:,}" for value in rng.integers(700, 90_000, 600)]
    table["income"] = table["income"].str.replace(",", thousands)
    found = init(table.to_csv(index=False, sep=delimiter, decimal=decimal), "stress", "hospital")
    assert found.keys["data"]["thousands"] == thousands
    assert found.keys["data"].get("decimal", ".") == decimal
    assert "income" in found.levels


def test_no_separator_is_proposed_where_a_cell_contradicts_it(init: Init) -> None:
    rng = np.random.default_rng(13)
    table = nurses()[["hospital", "stress"]]
    table["income"] = [f"{value:,}" for value in rng.integers(700, 90_000, 600)]
    table.loc[5, "income"] = "12,5"
    found = init(table, "stress", "hospital")
    assert "thousands" not in found.keys["data"]
    assert "income" not in found.levels


def diary(days: int = 14) -> pd.DataFrame:
    rng = np.random.default_rng(14)
    person = np.repeat(np.arange(40), days)
    table = pd.DataFrame(
        {"person": [f"p{p:02d}" for p in person], "day": np.tile(np.arange(1, days + 1), 40)}
    )
    table["stress"] = (rng.normal(size=40)[person] + rng.normal(size=len(person))).round(2)
    table["neuroticism"] = rng.normal(size=40)[person].round(2)
    table["mood"] = (rng.normal(size=40)[person] + rng.normal(size=len(person))).round(2)
    return table.drop(index=rng.choice(len(table), 30, replace=False))


def test_a_diary_asks_what_goes_with_what_from_day_to_day(init: Init) -> None:
    found = init(diary(), "mood", "person")
    assert found.keys["data"]["occasions"] == {"within": "person", "time": "day"}
    assert found.formulas[1:4] == [
        "mood ~ 1 + day_0 + (1 | person)",
        "mood ~ 1 + day_0 + stress_w + (1 | person)",
        "mood ~ 1 + day_0 + stress_w + (stress_w | person)",
    ]
    assert found.formulas[-1].endswith("+ stress_w:neuroticism + (stress_w | person)")
    assert "Write (stress_w + day_0 | person) if the trends differ" in " ".join(
        found.text.replace("#", "").split()
    )


@pytest.mark.parametrize("table", [diary(4), diary().drop(columns="stress")])
def test_few_days_or_no_other_predictor_are_growth(init: Init, table: pd.DataFrame) -> None:
    assert init(table, "mood", "person").keys["ladder"]["preset"] == "growth"


def test_occasions_are_counted_only_at_common_times(init: Init) -> None:
    table = diary(5).rename(columns={"day": "age"}).drop(columns="stress")
    assert init(table, "mood", "person").keys["data"]["occasions"]["time"] == "age"
    table["age"] += np.random.default_rng(15).uniform(0, 0.9, len(table)).round(3)
    assert "occasions" not in init(table, "mood", "person").keys["data"]


def test_numbers_with_units_label_nothing(init: Init) -> None:
    rng = np.random.default_rng(16)
    table = nurses()[["hospital", "stress"]].assign(income=[f"{x}k" for x in rng.integers(20, 90, 600)])
    found = init(table, "stress", "hospital")
    assert (
        found.reason("income") == "income holds numbers with units, such as 20k; plain numbers could be used"
    )
    assert "crossed" not in found.text


def test_three_occasions_in_words_are_one_variable(init: Init) -> None:
    rng = np.random.default_rng(17)
    table = pd.DataFrame({"id": np.arange(60), "arm": rng.integers(0, 2, 60)})
    for time in ("pre", "mid", "post"):
        table[f"bdi_{time}"] = rng.integers(0, 50, 60)
    found = init(table, "bdi", "id")
    assert found.keys["data"]["columns"]["time"]["levels"] == ["pre", "mid", "post"]


def test_day_and_beep_name_the_occasions_of_a_diary(init: Init) -> None:
    rng = np.random.default_rng(18)
    table = pd.DataFrame(
        [(p, d, b) for p in range(20) for d in range(1, 6) for b in range(1, 5)],
        columns=["person", "day", "beep"],
    )
    table["mood"] = rng.normal(size=len(table)).round(2)
    found = init(table.drop(index=[3, 77, 200]), "mood", "person")
    assert found.keys["data"]["occasions"] == {"within": "person", "time": ["day", "beep"]}
    assert "occasions" not in init(table.drop(columns="beep"), "mood", "person").keys["data"]
