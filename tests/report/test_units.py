"""Each variable stands in the box of the units that it describes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.data.assemble import assemble
from mlm_steps.records import DataProfile
from mlm_steps.records.descriptives import CategoryCount
from mlm_steps.records.run import Labels
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sections.data import context
from mlm_steps.report.sentences.units import diagram
from mlm_steps.report.text.text import plain_text
from mlm_steps.spec import load_spec
from mlm_steps.steps.parts.described import described
from mlm_steps.steps.parts.uses import model_uses

MakeGiven = Callable[..., ReportInput]


def children() -> pd.DataFrame:
    """Return 60 schools of 4 children, each seen 5 times; in 26 schools ``minority`` is the same for all."""
    rng = np.random.default_rng(2)
    child = np.repeat(np.arange(240), 5)
    school = child // 4
    minority = (np.arange(240) % 4 < 2).astype(int)
    minority[: 26 * 4] = np.repeat(np.arange(26) % 2, 4)
    table = pd.DataFrame({"school": school, "child": child, "year": np.tile(np.arange(5), 240)})
    table["minority"] = minority[child]
    table["lowinc"] = rng.normal(size=60)[school].round(2)
    table["class"] = school * 2 + child % 2
    table["treatment"] = rng.integers(0, 2, 120)[table["class"]]
    table["math"] = rng.normal(size=len(table)).round(3)
    return table


def boxes(make_given: MakeGiven, profile: DataProfile) -> dict[str, list[str]]:
    """Return the names of the variables in each box of the diagram."""
    given = make_given(Labels({}, {}, {}))
    given = replace(given, run=replace(given.run, data_profile=profile))
    found = [level for tier in diagram(given) for level in tier]
    return {
        plain_text(box.label): plain_text(box.variables).replace(" and ", ", ").split(", ") for box in found
    }


@pytest.fixture
def profile_of(tmp_path: Path) -> Callable[..., DataProfile]:
    """Return a function that gives the profile of a model of the children's file."""

    def make(formula: str, *data: str, table: pd.DataFrame | None = None) -> DataProfile:
        (children() if table is None else table).to_csv(tmp_path / "d.csv", index=False)
        spec = tmp_path / "pipeline.yaml"
        lines = ["version: 1", "data:", "  file: d.csv", *(f"  {line}" for line in data)]
        spec.write_text("\n".join([*lines, "ladder:", f"  - {{name: m, formula: '{formula}'}}"]) + "\n")
        loaded = load_spec(spec)
        return assemble(loaded, model_uses(loaded.spec)).profile

    return make


@pytest.mark.parametrize("data", [(), ("columns: {minority: {level: 2}, lowinc: {level: 3}}",)])
def test_what_is_constant_within_children_alone_stands_at_the_children(make_given, profile_of, data):
    profile = profile_of("math ~ year + minority + lowinc + (1 | child) + (1 | school)", *data)
    found = boxes(make_given, profile)
    assert found == {"school": ["lowinc"], "child": ["minority"], "Observations": ["year", "math"]}


@pytest.mark.parametrize("bars", ["(1 | school/class)", "(1 | school) + (1 | class)"])
@pytest.mark.parametrize("data", [(), ("columns: {treatment: {level: 2}}",)])
def test_a_treatment_of_classes_stands_at_the_classes(make_given, profile_of, bars, data):
    found = boxes(make_given, profile_of(f"math ~ treatment + year + {bars}", *data))
    assert [name for name, variables in found.items() if "treatment" in variables] == [
        "class within school" if "/" in bars else "class"
    ]


def test_a_declared_level_that_the_data_contradict_in_some_groups_holds(make_given, profile_of):
    table = children()
    table.loc[:1, "lowinc"] += 1.0
    data = ("columns: {lowinc: {level: 3}}", "level_conflict: warn")
    formula = "math ~ lowinc + (1 | child) + (1 | school)"
    assert boxes(make_given, profile_of(formula, *data, table=table))["school"] == ["lowinc"]
    as_child = ("columns: {lowinc: {level: 2}}", "level_conflict: warn")
    assert boxes(make_given, profile_of(formula, *as_child, table=table))["child"] == ["lowinc"]
    level_1 = ("columns: {lowinc: {level: 1}}",)
    assert "lowinc" in boxes(make_given, profile_of(formula, *level_1, table=table))["Observations"]


def test_properties_of_crossed_units_stand_at_their_own(make_given, profile_of):
    rng = np.random.default_rng(3)
    grid = [(s, i) for s in range(12) for i in range(8)]
    table = pd.DataFrame(grid, columns=["subject", "item"])
    table["age"], table["length"] = table["subject"] % 5 + 20, table["item"] % 3
    table["math"] = rng.normal(size=len(table)).round(3)
    formula = "math ~ age + length + (1 | subject) + (1 | item)"
    for data in ((), ("columns: {age: {level: 2}, length: {level: 2}}",)):
        found = boxes(make_given, profile_of(formula, *data, table=table))
        assert (found["subject"], found["item"]) == (["age"], ["length"])


def test_each_variable_is_in_the_block_of_the_units_that_it_describes(make_given, profile_of):
    profile = profile_of("math ~ lowinc + minority + (1 | child) + (1 | school)")
    table = children()
    codes = {name: table[name].to_numpy() for name in ("child", "school")}
    profile = profile.with_values(descriptives=described(profile, table, codes, ()))
    given = make_given(Labels({}, {}, {}))
    grid = context(replace(given, run=replace(given.run, data_profile=profile)))["table"]
    blocks = [[plain_text(row.head) for row in block] for block in grid.bodies]
    assert blocks == [
        ["Level 1: 1200 observations", "math", "by child", "by school"],
        ["Level 2: 240 child groups", "Group size (observations)", "minority"],
        ["Level 3: 60 school groups", "Group size (observations)", "lowinc"],
    ]
    mean = table.groupby("child")["minority"].first().mean()
    assert plain_text(grid.bodies[1][2].cells[1].content) == f"{mean:.2f}"
    sizes = table.groupby("child").size()
    shown = [plain_text(cell.content) for cell in grid.bodies[1][1].cells]
    assert shown[:5] == ["240", f"{sizes.mean():.2f}", "", str(sizes.min()), str(sizes.max())]


def test_a_variable_of_many_categories_has_one_row_and_a_table_of_its_own(make_given):
    given = make_given()
    profile = given.run.data_profile
    regions = tuple(
        CategoryCount(variable="region", unit="school", category=f"r{k:02}", n=k + 1, share=(k + 1) / 325)
        for k in range(25)
    )
    found = profile.descriptives.with_values(categories=(*profile.descriptives.categories, *regions))
    run = replace(given.run, data_profile=profile.with_values(descriptives=found))
    section = context(replace(given, run=run))
    rows = {
        plain_text(row.head): [plain_text(cell.content) for cell in row.cells]
        for row in section["table"].rows
    }
    assert rows["region: 25 categories"][:2] == ["", "0.3 % to 7.7 %"]
    assert rows["Sector: Public"][:2] == ["7", "58.3 %"]
    assert [plain_text(row.head) for row in section["categories"].rows[1:]] == [f"r{k:02}" for k in range(25)]
    assert context(given)["categories"] is None
