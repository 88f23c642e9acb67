"""Specs of planned studies without data and ladder."""

import pytest

from mlm_steps.spec import inspect_spec
from mlm_steps.spec.planning.jobs import (
    cell_name,
    cells_of,
    point_names,
    question_name,
    ranges_of,
    same_question,
    simulated_parts,
)
from mlm_steps.steps.run.kept import check_formula

ALONE = """version: 1
power:
  design:
    groups: {school: 60}
    rows: 20
    predictors:
      ses: {level: 1, icc: .2}
  model: "math ~ ses + (ses | school)"
  truth: {fixed: {ses: .2}, random: {school: [[.2, .05], [.05, .1]]}, sigma: 1}
"""
SHARES = "{icc: .15, r2: {within: .05, slope: .02}}"


def read(tmp_path, text):
    path = tmp_path / "p.yaml"
    path.write_text(text)
    loaded, faults = inspect_spec(path, check_formula=check_formula)
    return loaded, [str(fault).replace(f"{tmp_path}/", "").splitlines()[0] for fault in faults]


def test_a_spec_of_planned_studies_needs_no_data(tmp_path):
    loaded, faults = read(tmp_path, ALONE)
    assert faults == []
    assert loaded.spec.planned_alone
    assert loaded.spec.rungs == ()
    assert loaded.paths == {}


def test_the_needed_groups_may_stand_beside_a_grid_of_groups(tmp_path):
    assert read(tmp_path, ALONE + "  solve: groups\n  grid: {groups: [30, 60]}\n")[1] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (ALONE + "means: none\n", "p.yaml:10:1: means: 'means' needs data and a ladder"),
        (ALONE.replace("(ses | school)", "(ses | school"), "p.yaml:8:24: power.model: this parenthesis"),
        (ALONE + "  grid: {icc: [.1, .2]}\n", "p.yaml:10:10: power.grid.icc: the truth is not"),
        (ALONE + "  grid: {rows: [5, 5]}\n", "p.yaml:10:10: power.grid.rows: has a value twice"),
        (ALONE + "  solve: rows\n  grid: {rows: [5, 6]}\n", "p.yaml:11:10: power.grid.rows: solve: rows"),
        (ALONE + "  solve: cost\n", "p.yaml:10:10: power.solve: cost needs the costs"),
        (ALONE + "data: {file: x.csv}\n", "p.yaml:1:1: the key 'ladder' is missing"),
    ],
)  # fmt: skip
def test_faults_of_planned_studies_have_their_place(tmp_path, text, fault):
    _, faults = read(tmp_path, text)
    assert [each for each in faults if each.startswith(fault)], faults


def test_data_and_ladder_are_missing_without_planned_studies(tmp_path):
    loaded, faults = read(tmp_path, "version: 1\n")
    assert loaded is None
    assert [fault.split(": ")[1].split(" (")[0] for fault in faults] == [
        "the key 'data' is missing",
        "the key 'ladder' is missing",
    ]


def test_a_ladder_beside_planned_studies_with_a_fault_is_still_checked(tmp_path):
    (tmp_path / "x.csv").write_text("y,g\n1,a\n")
    text = ALONE.replace("rows: 20", "rows: none") + (
        "data: {file: x.csv}\nladder: [{name: a, formula: 'y ~ 1 + (1 | g)'}]\n"
    )
    loaded, faults = read(tmp_path, text)
    assert loaded is not None
    assert loaded.spec.power is None
    assert len(faults) == 1
    assert faults[0].startswith("p.yaml:5:11: power.design.rows")


def test_cells_that_differ_in_effects_alone_share_their_studies(tmp_path):
    loaded, _ = read(tmp_path, ALONE + "  grid: {groups: [30, 60], ses: [.1, .2]}\n")
    power = loaded.spec.power
    names = [cell_name(power, cell) for cell in cells_of(power)]
    assert names == ["groups-30", "groups-30", "groups-60", "groups-60"]
    assert ranges_of(power) == ("0-500", "500-1000")


@pytest.mark.parametrize(
    ("extra", "ranges"),
    [
        ("  grid: {groups: [30, 60, 90, 120]}\n", ("0-1000",)),
        ("  solve: groups\n  simulate: {replicates: 1500}\n", ("0-1000", "1000-1500")),
        ("  solve: groups\n", ("0-1000",)),
        ("  solve: groups\n  simulate: {replicates: 1000, chunks: 2}\n", ("0-500", "500-1000")),
    ],
    ids=["grid", "more studies", "designs near the answer", "declared chunks"],
)
def test_jobs_are_larger_if_several_designs_are_simulated(tmp_path, extra, ranges):
    loaded, faults = read(tmp_path, ALONE + extra)
    assert faults == []
    assert ranges_of(loaded.spec.power) == ranges


def test_studies_depend_on_variances_and_not_on_effects(tmp_path):
    parts = [
        simulated_parts(read(tmp_path, text)[0].spec.power)
        for text in (
            ALONE,
            ALONE.replace("ses: .2}, random", "ses: .5}, random") + "  alpha: .01\n  target: .9\n",
            ALONE.replace("sigma: 1", "sigma: 2"),
        )
    ]
    assert parts[0] == parts[1] != parts[2]


@pytest.mark.parametrize(
    ("dotted", "way"),
    [
        ("truth.fixed.ses", ("truth", "fixed", "ses")),
        ("truth.fixed.other", ("truth", "fixed")),
        ("design.groups", ("design", "groups")),
        ("effects[0]", ()),
    ],
)
def test_a_path_below_a_key_is_followed_as_far_as_the_file_goes(tmp_path, dotted, way):
    loaded, _ = read(tmp_path, ALONE)
    assert loaded.source.way("power", dotted=dotted) == ("power", *way)


def test_cells_that_differ_in_the_number_of_groups_share_the_designs_near_the_required_one(tmp_path):
    grid = "  solve: groups\n  grid: {groups: [30, 60], icc: [.1, .2]}\n"
    shares = ALONE.replace("{fixed: {ses: .2}, random: {school: [[.2, .05], [.05, .1]]}, sigma: 1}", SHARES)
    loaded, faults = read(tmp_path, shares + grid)
    assert faults == []
    power = loaded.spec.power
    assert same_question(power) == (0, 1, 0, 1)
    assert sorted({k for k, _ in point_names(power).values()}) == [0, 1]


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("  solve: groups\n  grid: {groups: [20, 40], icc: [.1, .2]}\n", ["icc=0.1", "icc=0.2"] * 2),
        ("  solve: groups\n  grid: {school: [20, 40]}\n", ["", ""]),
        ("  solve: effect\n  grid: {ses: [.1, .2], rows: [10, 20]}\n", ["rows=10", "rows=20"] * 2),
        ("  solve: rows\n  grid: {groups: [20, 40]}\n", ["groups=20", "groups=40"]),
    ],
)
def test_an_answer_is_told_once_for_the_entries_that_it_depends_on(tmp_path, added, told):
    text = ALONE.replace("{fixed: {ses: .2}, random: {school: [[.2, .05], [.05, .1]]}, sigma: 1}", SHARES)
    loaded, faults = read(tmp_path, text + added)
    assert faults == []
    power = loaded.spec.power
    assert [question_name(power, cell) for cell in cells_of(power)] == told
