"""What data files often have wrong, and nothing that ordinary data have."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from mlm_steps.data import Analysis
from mlm_steps.data.factors import make_factor
from mlm_steps.data.flags import DataView, imputed_values, missing_codes
from mlm_steps.data.flags.similar_labels import plain_label
from mlm_steps.data.types import TypedColumn
from mlm_steps.records.base import Notice

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

FILES = Path(__file__).parent / "files"
ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("MLM_REFERENCE", ROOT.parent / "shared" / "reference")) / "data"
LADDER = "score ~ ses + (1 | school)"


def flagged(analysis: Analysis, code: str) -> list[Notice]:
    """Return the notices of a code."""
    return [notice for notice in analysis.profile.notices if notice.code == code]


def content(name: str) -> bytes:
    return (FILES / f"{name}.csv").read_bytes()


def column(x: object) -> str:
    """Return a file of two columns, a group of ten rows each and one value per row."""
    return "g,x,y\n" + "".join(f"{i // 10},{v},{i * i % 97}\n" for i, v in enumerate(x))


X = "y ~ x + (1 | g)"


def test_labels_that_differ_in_spaces_or_case_are_named_with_their_rows(analyse: Analyse) -> None:
    school, sector = flagged(analyse(content("label_spaces_case"), LADDER), "similar_labels")
    assert (school.subject, school.severity) == ("school", "warning")
    assert (
        "'S00' (11 rows) and 'S00␣' (row 10); 'S01' (9 rows) and 'S01␣' (3 rows: 17, 18 and 24)"
        in school.text
    )
    assert "and 6 more (␣ is a space)" in school.text
    assert (sector.subject, sector.severity) == ("sector", "info")
    assert "'Catholic' (126 rows) and 'catholic' (10 rows: 18, 86, 96, 111, 114 and 5 more)" in sector.text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St. Anne", "st. anne "),
        ("St. Anne", "St.  Anne"),
        ("St. Anne", "St.\u00a0Anne"),
        ("Sacr\u00e9", "Sacre\u0301"),
        ("A1", "\uff21\uff11"),
        ("A1", "A\u200b1"),
        ("A-1", "A\u20131"),
        ("O'Neill", "O\u2019Neill"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u212b", "\u00c5"),
        ("007", "7"),
    ],
)
def test_labels_that_look_alike(analyse: Analyse, one: str, other: str) -> None:
    assert plain_label(one) == plain_label(other)
    labels = [one, one, "zz", other, "yy"] * 8
    text = "school,y\n" + "".join(f"{label},{i * i % 31}\n" for i, label in enumerate(labels))
    for formula in ("y ~ 1 + (1 | school)", "y ~ school + (1 | school)"):
        (notice,) = flagged(analyse(text, formula), "similar_labels")
        assert "16 rows" in notice.text
        assert "8 rows: 4, 9, 14, 19, 24 and 3 more" in notice.text


@pytest.mark.parametrize(
    ("one", "other"), [("S1", "S01"), ("a", "\u00e4"), ("1a", "1b"), ("A B", "AB"), ("0", "1")]
)
def test_labels_that_differ(one: str, other: str) -> None:
    assert plain_label(one) != plain_label(other)


def test_codes_of_missing_values_are_named_with_their_rows(analyse: Analyse) -> None:
    analysis = analyse(content("codes_999"), LADDER)
    ses, score = flagged(analysis, "missing_codes")
    assert ses.text.startswith(
        "ses holds -99 (4 rows: 4, 31, 100 and 201), far from its other values (-2.4 to 2.77)"
    )
    assert "999 (2 rows: 8 and 151) and 9999 (row 9)" in score.text
    assert analysis.profile.rows == 288  # nothing is changed
    assert not flagged(analyse(content("codes_999"), LADDER, data="na: [-99, 999, 9999]"), "missing_codes")


@pytest.mark.parametrize(
    ("others", "codes"),
    [
        ("score", [999, 999, 9999]),
        ("score", [-9, -9]),
        ("score", [-99]),
        ("score", [-999, 999]),
        ("z", [-9, -9]),
        ("z", [9, 9, 99]),
        ("z", [8888, 9999]),
        ("z", [99.99, 99.99]),
        ("likert", [9, 9]),
        ("likert", [8, 8, 9, 9]),
        ("likert", [97, 97, 98, 98, 99, 99]),
        ("seven", [9, 9, 9]),
        ("binary", [9, 9]),
        ("binary", [-9, -9]),
        ("year", [9999]),
        ("count", [99, 99]),
        ("count", [-999]),
        ("rt", [9999, 9999]),
        ("age", [99] * 7),
    ],
)
def test_codes_in_columns_of_many_kinds(analyse: Analyse, others: str, codes: list[float]) -> None:
    rng = np.random.default_rng(len(codes))
    x = ordinary(rng, 300)[others]
    places = rng.choice(300, len(codes), replace=False)
    x[places] = codes
    (notice,) = flagged(analyse(column(x), X), "missing_codes")
    for code in set(codes):
        rows = np.flatnonzero(x == code) + 1
        assert f"{code:g} (" in notice.text
        assert str(rows[0]) in notice.text


def ordinary(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """Return columns as they are in ordinary data."""
    return {
        "score": rng.normal(50, 8, n).round(1),
        "points": rng.normal(50, 8, n).round(),
        "z": rng.normal(size=n).round(2),
        "exact": rng.normal(size=n),
        "likert": rng.integers(1, 6, n).astype(float),
        "seven": rng.integers(1, 8, n).astype(float),
        "ten": rng.integers(0, 11, n).astype(float),
        "binary": rng.integers(0, 2, n).astype(float),
        "year": rng.integers(1990, 2000, n).astype(float),
        "age": rng.integers(18, 90, n).astype(float),
        "count": rng.poisson(2, n).astype(float),
        "counts": rng.negative_binomial(1, 0.02, n).astype(float),
        "rt": np.exp(rng.normal(6.3, 0.3, n)).round(),
        "income": np.exp(rng.normal(10, 0.8, n)).round(-2),
        "percent": (100 * rng.beta(8, 2, n)).round(),
        "mean_item": rng.integers(1, 6, (n, 4)).mean(axis=1),
        "log": np.log1p(rng.poisson(30, n)),
        "zeros": np.where(rng.random(n) < 0.6, 0, rng.normal(10, 3, n).round(2)),
        "third": np.arange(n) % 10 / 3,
    }


def view_of(x: np.ndarray, groups: np.ndarray) -> DataView:
    labels = [str(number) for number in range(groups.max() + 1)]
    return DataView(
        columns={"x": TypedColumn("x", "number", x)},
        used=frozenset({"x"}),
        outcomes=(),
        grouping=frozenset(),
        frame=pd.DataFrame({"x": x}),
        factors=(make_factor(["g"], [(groups, labels)]),),
        rows=np.arange(len(x)),
    )


def test_ordinary_columns_raise_nothing() -> None:
    rng = np.random.default_rng(1)
    raised = []
    for round_ in range(60):
        n = int(rng.choice([60, 300, 900]))
        groups = np.sort(rng.integers(0, n // 15, n))
        groups = np.unique(groups, return_inverse=True)[1]
        for name, x in ordinary(rng, n).items():
            view = view_of(x, groups)
            raised += [
                (round_, name, notice.text)
                for find in (missing_codes.find, imputed_values.find)
                for notice in find(view)
            ]
    assert len(raised) <= 2, raised  # of 1140 columns


@pytest.mark.parametrize("word", ["n/a", "na", "#NULL!", "null", "?", "-", "#DIV/0!", "missing"])
def test_words_that_stand_for_missing_values(analyse: Analyse, word: str) -> None:
    x = ["low", "high", "low", "high", word] * 8
    (notice,) = flagged(analyse(column(x), X), "missing_codes")
    assert f"'{word}' (8 rows: 5, 10, 15, 20, 25 and 3 more)" in notice.text


@pytest.mark.parametrize("kind", ["number", "group"])
def test_a_code_among_the_groups(analyse: Analyse, kind: str) -> None:
    groups = [*np.repeat(np.arange(1, 25), 10), *[999] * 7]
    text = "school,y\n" + "".join(f"{g},{i * i % 97}\n" for i, g in enumerate(groups))
    data = f"columns: {{school: {{type: {kind}}}}}"
    (notice,) = flagged(analyse(text, "y ~ 1 + (1 | school)", data=data), "missing_codes")
    assert "school holds 999 (7 rows: 241, 242, 243, 244, 245 and 2 more)" in notice.text
    assert "(1 to 24)" in notice.text


@pytest.mark.skipif(not SHARED.exists(), reason="the workshop's file is not here")
def test_imputed_values_are_found_in_the_workshops_file(analyse: Analyse) -> None:
    (notice,) = flagged(
        analyse((SHARED / "heck2011_original.csv").read_bytes(), "math ~ ses + (1 | schcode)"),
        "imputed_values",
    )
    assert notice.subject == "math"
    assert notice.text.startswith(
        "2534 of 6871 values of math (37 %) have more than 2 decimals, and in 308 of the 416 levels of "
        "schcode with such values these are all the same"
    )


def test_centred_years_written_with_two_or_four_decimals_are_not_imputed(analyse: Analyse) -> None:
    years = np.random.default_rng(2).integers(-14, 20, 600)
    rows = [f"{i},{year + 0.44 if i % 3 else year + 0.4401},g{i // 20}" for i, year in enumerate(years)]
    text = "\n".join(["y,age,g", *rows])
    assert not flagged(analyse(text, "y ~ age + (1 | g)"), "imputed_values")


@pytest.mark.parametrize("decimals", [0, 1, 2, None])
@pytest.mark.parametrize("of", ["all", "groups"])
@pytest.mark.parametrize("rounded", [False, True])
def test_means_in_the_place_of_missing_values(decimals: int | None, of: str, rounded: bool) -> None:
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(40), 20)
    x = 50 + 5 * rng.normal(size=40)[groups] + 9 * rng.normal(size=800)
    x = x if decimals is None else x.round(decimals)
    missing = rng.random(800) < 0.15
    left = pd.Series(np.where(missing, np.nan, x))
    means = left.groupby(groups).transform("mean") if of == "groups" else np.full(800, left.mean())
    means = np.round(means, 9 if decimals is None else decimals) if rounded else means
    found = imputed_values.find(view_of(np.where(missing, means, x), groups))
    if (decimals, of, rounded) == (0, "groups", True):
        assert not found  # whole numbers in the middle of their group are nothing odd
        return
    (notice,) = found
    assert ("level" in notice.text) == (of == "groups")
    if of == "all" and (not rounded or decimals is None):
        assert f"the mean of all rows, in {missing.sum()} rows" in notice.text


def test_identifiers_that_repeat_are_named(analyse: Analyse) -> None:
    analysis = analyse(content("duplicate_rows"), LADDER)
    (ids,) = flagged(analysis, "duplicate_ids")
    assert ids.subject == "pupil"
    assert (
        "40 of its values occur more than once (p0 in 2 rows: 1 and 289; p1 in 2 rows: 2 and 290;" in ids.text
    )
    (rows,) = flagged(analysis, "duplicate_rows")
    assert rows.severity == "warning"
    assert rows.text.startswith(
        "40 rows equal earlier ones in every column (rows 289, 290, 291, 292, 293 and 35 more)"
    )
    assert "pupil included" in rows.text


def longitudinal(rng: np.random.Generator, name: str) -> pd.DataFrame:
    """Return 60 persons of whom 20 are seen three times and the others once."""
    person = np.repeat(np.arange(60), np.where(np.arange(60) < 20, 3, 1))
    table = pd.DataFrame({"person": [f"p{i}" for i in person], "school": person % 12})
    table[name] = pd.Series(person).groupby(person).cumcount()
    return table.assign(score=rng.normal(size=len(table)).round(3))


@pytest.mark.parametrize("name", ["wave", "Days", "visit_no", "phase"])
def test_repeated_measures_are_no_repeated_identifiers(analyse: Analyse, name: str) -> None:
    table = longitudinal(np.random.default_rng(5), name)
    formula = "score ~ 1 + (1 | school)"
    assert not flagged(analyse(table.to_csv(index=False), formula), "duplicate_ids")
    twice = pd.concat([table, table.iloc[[3, 7, 40]]])
    (notice,) = flagged(analyse(twice.to_csv(index=False), formula), "duplicate_ids")
    assert notice.subject == "person"


def test_an_occasion_entered_twice_is_found_where_persons_are_the_groups(analyse: Analyse) -> None:
    person, wave = np.repeat(np.arange(40), 5), np.tile(np.arange(5), 40)
    table = pd.DataFrame({"person": person, "wave": wave, "score": (person * 7 + wave * 3) % 11 + wave / 7})
    formula = "score ~ wave + (1 | person)"
    assert not flagged(analyse(table.to_csv(index=False), formula), "duplicate_ids")
    again = table.iloc[[12]].assign(score=3.25)
    (notice,) = flagged(analyse(pd.concat([table, again]).to_csv(index=False), formula), "duplicate_ids")
    assert "but row 201 repeats an earlier person and wave" in notice.text


def test_a_number_within_groups_that_occurs_twice_is_named(analyse: Analyse) -> None:
    lines = [f"{i // 20},{i % 20 + 1},{i * i % 97}" for i in range(400)]
    text = "\n".join(["class,pupil,y", *lines, "3,7,55", "4,1,12"]) + "\n"
    (notice,) = flagged(analyse(text, "y ~ 1 + (1 | class)"), "duplicate_ids")
    assert (
        "2 of them occur more than once there (7 of 3 in 2 rows: 67 and 401; 1 of 4 in 2 rows: 81 and 402)"
        in (notice.text)
    )


@pytest.mark.parametrize("ending", ["parquet", "xlsx", "sav"])
def test_numbers_with_signs_in_files_that_have_types(refuse: Refuse, tmp_path: Path, ending: str) -> None:
    table = pd.DataFrame(
        {
            "g": np.arange(40) // 10,
            "x": [f"{i},{i:03d}" for i in range(1, 41)],
            "y": np.arange(40) ** 2 % 97.0,
        }
    )
    path = tmp_path / f"data.{ending}"
    if ending == "sav":
        pyreadstat.write_sav(table, str(path))
    else:
        getattr(table, {"parquet": "to_parquet", "xlsx": "to_excel"}[ending])(path, index=False)
    (fault,) = refuse(path, X)
    assert "'1,001' in row 1 (and 39 more) (remove the thousands separators" in fault


def test_numbers_of_pupils_within_classes_are_no_repeated_identifiers(analyse: Analyse) -> None:
    text = "class,pupil,y\n" + "".join(f"{i // 20},{i % 20 + 1},{i * i % 97}\n" for i in range(400))
    assert not flagged(analyse(text, "y ~ 1 + (1 | class)"), "duplicate_ids")


def test_an_outcome_of_two_values_is_a_caution(analyse: Analyse) -> None:
    (notice,) = flagged(
        analyse(content("binary_outcome"), "passed ~ ses + (1 | school)"), "two_valued_outcome"
    )
    assert notice.severity == "warning"
    assert notice.text.startswith("passed has two values, 0 (122 rows) and 1 (166 rows).")
    assert not flagged(
        analyse(content("binary_outcome"), "score ~ passed + (1 | school)"), "two_valued_outcome"
    )


def test_numbers_with_signs_are_no_identifiers(analyse: Analyse, refuse: Refuse) -> None:
    analysis = analyse(content("percent_thousands"), LADDER)
    assert [notice.code for notice in analysis.profile.notices] == ["numbers_as_text"]
    (notice,) = analysis.profile.notices
    assert notice.text.startswith(
        "income ('51,940' in row 1: thousands separators), pct ('54%' in row 1: percent signs) and "
        "price ('$5.41' in row 1: currency signs) hold numbers with signs that make them text."
    )
    for name in ("income", "pct", "price"):
        for formula in (f"score ~ {name} + (1 | school)", f"{name} ~ ses + (1 | school)"):
            (fault,) = refuse(content("percent_thousands"), formula)
            assert "in row 1 (and 287 more) (remove the" in fault


@pytest.mark.parametrize(
    ("cells", "signs"),
    [
        (["1,234", "999", "12,000.5"], "thousands separators"),
        (["1 234", "999", "12\u202f000"], "thousands separators"),
        (["1'234", "999", "12'000"], "thousands separators"),
        (["5%", "7.5 %"], "percent signs"),
        (["\u20ac 5", "1,200 \u20ac", "USD 3"], "thousands separators and currency signs"),
        (["\u22121.5", "2"], "minus signs that are no hyphens"),
        (["($5.20)", "$3"], "currency signs"),
    ],
)
def test_signs_among_digits(refuse: Refuse, cells: list[str], signs: str) -> None:
    (fault,) = refuse(column([f'"{cell}"' for cell in cells * 10]), X)
    assert f"remove the {signs} in the file" in fault
    assert "type: category" in fault


@pytest.mark.parametrize(
    "cells",
    [
        ["S01", "S02"],
        ["3+", "1-2"],
        ["(1)", "(2)"],
        ["12:30", "9:15"],
        ["2020-01-01", "2021-01-01"],
        ["5 6", "7 8"],
    ],
)
def test_text_that_is_no_number_stays_a_category(analyse: Analyse, cells: list[str]) -> None:
    assert analyse(column(cells * 10), X).profile.column("x").kind == "category"


def test_spaces_around_declared_levels_are_named(analyse: Analyse) -> None:
    text = column(["low", "high", " low", "high ", "high"] * 8)
    (notice,) = flagged(analyse(text, X, data="columns: {x: {levels: [low, high]}}"), "spaces_around_levels")
    assert notice.text.startswith("x holds ' low' (8 rows), 'high ' (8 rows), which are read as the")
    same = column(["low", "high"] * 20)
    assert not flagged(analyse(same, X, data="columns: {x: {levels: [low, high]}}"), "spaces_around_levels")


def test_commas_of_thousands_under_a_decimal_comma_give_a_warning(analyse: Analyse) -> None:
    text = column([f'"{v}"' for v in ["1,234", "12,000", "999", "850"] * 10])
    (notice,) = flagged(analyse(text, X, data='decimal: ","'), "commas_of_thousands")
    assert notice.subject == "x"
    fine = column([f'"{v}"' for v in ["1,25", "12,5", "9", "0,123"] * 10])
    assert not flagged(analyse(fine, X, data='decimal: ","'), "commas_of_thousands")


@pytest.mark.parametrize(
    ("file", "formulas"),
    [
        ("config/examples/data/crossed.csv", ["rt ~ x + category + (1 | participant) + (1 | item)"]),
        ("config/examples/data/nested.csv", ["reading ~ hours + programme + (1 | school/class)"]),
        ("config/examples/data/sleepstudy.csv", ["Reaction ~ Days + (Days | Subject)"]),
        ("config/examples/data/workshop.csv", ["math ~ ses + female + femses + pro4yrc + (1 | schcode)"]),
        ("data/hsb.csv", ["mAch ~ ses + sector + minrty + sx + (1 | school)"]),
    ],
)
def test_the_examples_raise_no_flag(analyse: Analyse, file: str, formulas: list[str]) -> None:
    assert suspicions(analyse((ROOT / file).read_bytes(), *formulas, name=Path(file).name)) == []


@pytest.mark.skipif(not SHARED.exists(), reason="the reference data are not here")
def test_four_students_of_the_exam_data_share_a_number_with_another_of_their_school(analyse: Analyse) -> None:
    formula = "normexam ~ schavg + standLRT + sex + vr + intake + (1 | school)"
    (said,) = suspicions(analyse((SHARED / "Exam.csv").read_bytes(), formula))
    assert "4 of them occur more than once there (86 of 43 in 2 rows: 2758 and 2759;" in said


def suspicions(analysis: Analysis) -> list[str]:
    """Return what the flags found, but for rows that may be equal by chance."""
    codes = {"missing_codes", "imputed_values", "similar_labels", "numbers_as_text", "duplicate_ids"}
    return [notice.text for notice in analysis.profile.notices if notice.code in codes]


@pytest.mark.skipif(not SHARED.exists(), reason="the reference data are not here")
@pytest.mark.parametrize(
    ("file", "formula"),
    [
        ("Hsb82", "mAch ~ ses + meanses + cses + minrty + sector + (1 | school)"),
        ("Orthodont", "distance ~ age + Sex + (1 | Subject)"),
        ("Oxboys", "height ~ age + Occasion + (1 | Subject)"),
        ("Pastes", "strength ~ 1 + (1 | batch/cask)"),
        ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
        ("Salamanders", "count ~ mined + cover + DOP + Wtemp + DOY + spp + (1 | site)"),
        (
            "bdf",
            "langPOST ~ IQ_verb + IQ_ver_cen + sex + ses + Minority + denomina + groupsiz + (1 | schoolNR)",
        ),
        ("cake", "angle ~ recipe + temp + (1 | replicate)"),
        (
            "casto2016",
            "Cortisol ~ position + minplayed + game + time + Testosterone + Estradiol + (1 | Code)",
        ),
        ("cbpp", "incidence ~ size + period + (1 | herd)"),
        ("grouseticks", "TICKS ~ INDEX + HEIGHT + cHEIGHT + YEAR + (1 | BROOD) + (1 | LOCATION)"),
        ("hoffman2007", "lg_rt ~ sex + age + oldage + c_mean + c_sal + (1 | id) + (1 | Item)"),
        (
            "heck2011_centered",
            "ses ~ id + pro4yrc + public + ses_schmean + ses_cwc + ses_cgm + (1 | schcode)",
        ),
        ("sim_nested3", "y ~ x1 + x2 + (1 | a) + (1 | b)"),
        ("sim_trials", "share ~ dose + x + o + hits + misses + trials + (1 | plot)"),
        ("sim_weights", "y ~ x + w + off + f + (1 | g)"),
    ],
)
def test_the_reference_data_raise_no_flag(analyse: Analyse, file: str, formula: str) -> None:
    assert suspicions(analyse((SHARED / f"{file}.csv").read_bytes(), formula)) == []


@pytest.mark.parametrize("cell", ["1e300", "-1e308"])
def test_numbers_that_cannot_be_squared_do_no_harm_in_columns_that_no_model_uses(
    analyse: Analyse, cell: str
) -> None:
    text = "g,x,y\n" + "".join(f"{i // 10},{cell if i % 7 else i},{i * i % 97}\n" for i in range(40))
    assert analyse(text, "y ~ 1 + (1 | g)").profile.column("x").sd is None


def test_an_outcome_of_the_groups_is_named_once(analyse: Analyse) -> None:
    rows = [f"{g},{h},{g * g}" for g in range(6) for h in range(4)]
    analysis = analyse("\n".join(["g,x,y", *rows]) + "\n", "y ~ x + (1 | g)")
    (notice,) = flagged(analysis, "level_2_outcome")
    assert notice.severity == "warning"
    assert notice.text.startswith(
        "y is constant within groups: all rows of a level of g have the same value."
    )
    assert (
        "a level-2 outcome (or higher) that describes g, of which there are 6, and not the 24 rows"
        in notice.text
    )
    assert not flagged(analysis, "constant_outcome")
    rows[0] = "0,0,0.5"
    assert not flagged(analyse("\n".join(["g,x,y", *rows]) + "\n", "y ~ x + (1 | g)"), "level_2_outcome")
