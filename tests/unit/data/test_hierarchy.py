"""The hierarchy profile and its flags (statistics, section 1)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.data import Analysis
from mlm_steps.records import DataProfile

Analyse = Callable[..., Analysis]
Refuse = Callable[..., list[str]]

SHARED = Path(os.environ.get("MLM_REFERENCE", Path(__file__).parents[4] / "shared" / "reference"))
WORKSHOP = SHARED / "data" / "heck2011_original.csv"


def codes(profile: DataProfile) -> list[str]:
    """Return the codes of a profile's notices."""
    return [notice.code for notice in profile.notices]


def text(profile: DataProfile, code: str) -> str:
    """Return the text of the one notice of a code."""
    (notice,) = [notice for notice in profile.notices if notice.code == code]
    return notice.text


def school_file() -> pd.DataFrame:
    """Return a look-alike of the workshop's file, its faults included: 60 schools of 5 to 20 pupils."""
    rng = np.random.default_rng(11)
    school = np.repeat(np.arange(1, 61), rng.integers(5, 21, 60))
    n = len(school)
    effect = rng.normal(size=61)
    table = pd.DataFrame({"school": school, "id": np.arange(1, n + 1)})
    table["ses"] = (0.6 * effect[school] + rng.normal(size=n)).round(3)
    table["math"] = (50 + 3 * effect[school] + 2 * table["ses"] + rng.normal(0, 5, n)).round(2)
    table["ses_mean"] = table.groupby("school")["ses"].transform("mean")
    table["public"] = (school % 3 > 0).astype(int)
    table.loc[table["school"] == 32, "math"] = 60.0
    table.loc[table["school"] == 17, "ses_mean"] -= 0.07
    for where in (18, 19):
        table.loc[table["school"] == where, "public"] = np.arange((school == where).sum()) % 2
    return table


FORMULAS = ("math ~ 1 + (1 | school)", "math ~ ses * public + (1 | school)")


def test_sizes_of_groups(analyse: Analyse) -> None:
    content = "g,y\n" + "".join(f"{g},{i}\n" for i, g in enumerate("aaaabbcdd"))
    (factor,) = analyse(content, "y ~ 1 + (1 | g)").profile.factors
    assert (factor.n_levels, factor.size_min, factor.size_max, factor.singletons) == (4, 1, 4, 1)
    assert (factor.size_median, factor.size_mean) == (2, 9 / 4)
    assert factor.size_harmonic == pytest.approx(4 / (1 / 4 + 1 / 2 + 1 + 1 / 2))
    assert factor.size_weighted == pytest.approx((16 + 4 + 1 + 4) / 9)


def test_singletons_are_no_constant_groups(analyse: Analyse) -> None:
    profile = analyse("g,y\n1,5\n2,3\n2,3\n3,1\n3,4\n", "y ~ 1 + (1 | g)").profile
    assert profile.factors[0].constant_outcome == {"y": ("2",)}
    assert codes(profile) == ["singleton_groups", "constant_outcome", "duplicate_rows"]


@pytest.mark.parametrize(
    ("x", "level"),
    [
        ([1, 2, 3, 1, 2, 3], "within"),
        ([1e6 + 0.1, 1e6 + 0.2, 1e6 + 0.3, 1e6 + 0.1, 1e6 + 0.2, 1e6 + 0.3], "within"),
        ([0.1, 0.1, 0.1, 0.3, 0.3, 0.3], "between"),
        ([2015.1, 2015.1, 2015.1, 2015.3, 2015.3, 2015.3], "between"),
        ([1, 2, 3, 2, 3, 4], "mixed"),
        ([4, 4, 4, 4, 4, 4], "constant"),
        (["u", "u", "u", "v", "v", "v"], "between"),
        (["u", "v", "u", "v", "v", "v"], "mixed"),
        (["u", "u", "u", "u", "u", "u"], "constant"),
    ],
)
def test_the_level_of_a_variable(analyse: Analyse, x: list[object], level: str) -> None:
    content = "g,x,y\n" + "".join(f"{'aaabbb'[i]},{v},{i}\n" for i, v in enumerate(x))
    found = {v.variable: v for v in analyse(content, "y ~ x + (1 | g)").profile.variable_levels}
    assert found["x"].level == level
    if level in ("within", "between", "mixed") and isinstance(x[0], float | int):
        parts = (found["x"].variance_within or 0) + (found["x"].variance_between or 0)
        assert found["x"].variance == pytest.approx(parts)


def test_the_workshops_faults_are_found_in_a_look_alike(analyse: Analyse) -> None:
    content = school_file().to_csv(index=False)
    data = "columns: {public: {level: 2}}\nlevel_conflict: warn"
    profile = analyse(content, *FORMULAS, data=data).profile
    assert profile.factors[0].constant_outcome == {"math": ("32",)}
    assert codes(profile) == ["constant_outcome", "level_conflict", "group_mean_mismatch"]
    assert "varies inside 2 levels of school: 18 and 19" in text(profile, "level_conflict")
    assert "ses_mean is the mean of ses in each level of school but 17" in text(
        profile, "group_mean_mismatch"
    )
    assert "off by up to 0.07;" in text(profile, "group_mean_mismatch")


@pytest.mark.skipif(not WORKSHOP.exists(), reason="the workshop's file is not here")
def test_the_workshops_faults_are_found_in_its_own_file(analyse: Analyse) -> None:
    formulas = [formula.replace("school", "schcode") for formula in FORMULAS]
    data = "columns: {public: {level: 2}}\nlevel_conflict: warn"
    profile = analyse(WORKSHOP.read_bytes(), *formulas, data=data).profile
    (factor,) = profile.factors
    assert (profile.rows, factor.n_levels, factor.size_min, factor.size_max) == (6871, 419, 11, 37)
    assert factor.constant_outcome == {"math": ("32",)}
    assert codes(profile) == ["constant_outcome", "level_conflict", "imputed_values", "group_mean_mismatch"]
    assert "2 levels of schcode: 418 and 419" in text(profile, "level_conflict")
    assert "schcode but 178, where it is off by up to 0.0703" in text(profile, "group_mean_mismatch")


def test_a_level_conflict_is_an_error_by_default_at_the_column(refuse: Refuse) -> None:
    (fault,) = refuse(school_file().to_csv(index=False), *FORMULAS, data="columns: {public: {level: 2}}")
    assert "data.columns.public.level: 'public' is declared a level-2 variable" in fault
    assert "level_conflict: warn" in fault


def test_an_undeclared_variable_that_varies_in_few_groups_gives_a_notice(analyse: Analyse) -> None:
    profile = analyse(school_file().to_csv(index=False), *FORMULAS).profile
    assert "constant within each level of school except 18 and 19" in text(profile, "almost_level_2")


def test_a_rare_event_is_not_almost_of_level_2(analyse: Analyse) -> None:
    table = school_file()
    table["rare"] = 0
    table.loc[[5, 80], "rare"] = 1
    assert "almost_level_2" not in codes(
        analyse(table.to_csv(index=False), "math ~ rare + (1 | school)").profile
    )


def test_a_declared_level_1_variable_without_variation_inside_groups_gives_a_notice(analyse: Analyse) -> None:
    table = (
        school_file()
        .drop(columns="public")
        .assign(size=lambda t: t.groupby("school")["id"].transform("size"))
    )
    profile = analyse(
        table.to_csv(index=False), "math ~ size + (1 | school)", data="columns: {size: {level: 1}}"
    ).profile
    assert "level_1_constant" in codes(profile)


def three_levels() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    school = np.repeat(np.arange(12), 20)
    room = np.tile(np.repeat(np.arange(1, 5), 5), 12)
    table = pd.DataFrame({"school": school, "room": room, "class": school * 10 + room})
    table["teacher"] = table["class"] % 7 + table["class"] * 0.1
    return table.assign(y=rng.normal(size=240), x=rng.normal(size=240))


@pytest.mark.parametrize(
    ("bars", "relation", "implicit", "cells"),
    [
        ("(1 | school) + (1 | class)", ("class", "school", "nested"), False, 48),
        ("(1 | school/room)", ("room:school", "school", "nested"), False, 48),
        ("(1 | school) + (1 | room)", ("room", "school", "crossed"), True, 48),
    ],
)
def test_how_two_factors_relate(
    analyse: Analyse, bars: str, relation: tuple[str, str, str], implicit: bool, cells: int
) -> None:
    profile = analyse(three_levels().to_csv(index=False), f"y ~ 1 + {bars}").profile
    (found,) = profile.nesting
    assert (found.inner, found.outer, found.relation) == relation
    assert (found.implicit, found.n_cells) == (implicit, cells)
    assert ("implicit_nesting" in codes(profile)) == implicit


@pytest.mark.parametrize(("drop", "relation"), [(0, "crossed"), (7, "partially_crossed")])
def test_participants_and_items_are_crossed_without_suspicion(
    analyse: Analyse, drop: int, relation: str
) -> None:
    pairs = [(p, i) for p in range(30) for i in range(10)][drop:]
    content = "p,i,y\n" + "".join(f"{p},{i},{(p * 7 + i * 3) % 11 + p / 7}\n" for p, i in pairs)
    (found,) = analyse(content, "y ~ 1 + (1 | p) + (1 | i)").profile.nesting
    assert (found.relation, found.implicit) == (relation, False)


def test_declared_levels_are_held_against_the_right_factor(analyse: Analyse, refuse: Refuse) -> None:
    content = three_levels().to_csv(index=False)
    formula = "y ~ teacher + (1 | school) + (1 | class)"
    assert "level_conflict" not in codes(
        analyse(content, formula, data="columns: {teacher: {level: 2}}").profile
    )
    (fault,) = refuse(content, formula, data="columns: {teacher: {level: 3}}")
    assert "level-3 variable but varies inside 12 levels of school" in fault


def test_a_preset_declares_levels_too(tmp_path: Path) -> None:
    from mlm_steps.data.assemble import assemble
    from mlm_steps.errors import DataError
    from mlm_steps.spec import load_spec
    from mlm_steps.steps.parts.uses import model_uses

    school_file().to_csv(tmp_path / "d.csv", index=False)
    spec = tmp_path / "pipeline.yaml"
    spec.write_text(
        "version: 1\ndata: {file: d.csv}\n"
        "ladder: {preset: heck, outcome: math, group: school, level_1: [ses], level_2: [public]}\n"
    )
    loaded = load_spec(spec)
    with pytest.raises(DataError, match=r"pipeline.yaml:3:\d+: ladder.level_2\[0\]: 'public' is declared"):
        assemble(loaded, model_uses(loaded.spec))


def test_a_factor_of_one_level_is_refused_at_the_formula(refuse: Refuse) -> None:
    (fault,) = refuse("g,y\na,1\na,2\n,3\n", "y ~ 1 + (1 | g)")
    assert "ladder[0].formula: grouping factor 'g' has one level in the sample, 'a'" in fault


@pytest.mark.parametrize(
    ("ids", "flagged"),
    [
        ([*range(39), 7], True),
        (list(range(40)), False),
        ([i % 20 for i in range(40)], False),
        ([i % 10 for i in range(40)], False),
    ],
)
def test_identifiers_that_repeat_give_a_notice(analyse: Analyse, ids: list[int], flagged: bool) -> None:
    content = "pupil_id,g,y\n" + "".join(f"{v},{i // 10},{i * i}\n" for i, v in enumerate(ids))
    assert codes(analyse(content, "y ~ 1 + (1 | g)").profile) == ["duplicate_ids"] * flagged


def test_rows_entered_twice_give_a_notice(analyse: Analyse) -> None:
    content = "g,y,word\n" + "".join(f"{i // 10},{i * i},w{i}\n" for i in range(40)) + "3,1521,w39\n"
    profile = analyse(content, "y ~ 1 + (1 | g)").profile
    assert codes(profile) == ["duplicate_ids", "duplicate_rows"]
    assert text(profile, "duplicate_rows").startswith("One row equals an earlier one")


def test_computed_means_rounded_in_the_file_are_no_mismatch(analyse: Analyse) -> None:
    table = school_file().drop(columns="public")
    table["ses_mean"] = table.groupby("school")["ses"].transform("mean").round(2)
    table["math"] += np.random.default_rng(5).normal(size=len(table))
    assert codes(analyse(table.to_csv(index=False), "math ~ ses_mean + (1 | school)").profile) == []


def test_a_declared_level_2_variable_that_varies_within_groups_only_is_a_conflict(refuse: Refuse) -> None:
    content = "g,x,y\n" + "".join(f"{'aaabbb'[i]},{i % 3},{i * i}\n" for i in range(6))
    (fault,) = refuse(content, "y ~ x + (1 | g)", data="columns: {x: {level: 2}}")
    assert "'x' is declared a level-2 variable but varies inside 2 levels of g: a and b" in fault
