"""The key vary: values with names, all combined with all, and what is refused."""

import pytest

from mlm_steps.design import parse_formula
from mlm_steps.errors import SpecError
from mlm_steps.spec import load_spec

SPEC = """\
version: 1
data: {file: a.csv}
ladder:
  - {name: "null", formula: "y ~ 1 + (1 | g)"}
vary:
"""


@pytest.fixture
def load(tmp_path):
    def loaded(vary):
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).write_text("y,g\n1,1\n")
        (tmp_path / "spec.yaml").write_text(SPEC + vary)
        return load_spec(tmp_path / "spec.yaml", check_formula=parse_formula)

    return loaded


def names(loaded):
    return [choice.name for choice in loaded.spec.vary.variants]


def test_all_values_are_combined_with_all_and_get_names(load):
    loaded = load(
        '  outcomes: [y, {outcome: "log(y)", label: Logarithm}]\n'
        "  subsets: [all, {name: big, filter: [y > 0, y < 9]}, y < 5]\n"
        "  files: [a.csv, sub/../b.csv]\n"
    )
    assert names(loaded)[:3] == ["y--all--a", "y--all--b", "y--big--a"]
    assert len(names(loaded)) == 12
    assert loaded.spec.vary.outcomes[1].name == "log-y"
    assert loaded.spec.vary.subsets[0].filter == ()
    assert loaded.spec.vary.subsets[2].name == "y-5"
    assert set(loaded.varied) == {"a.csv", "sub/../b.csv"}


def test_combinations_are_left_out_by_the_names_of_their_values(load):
    loaded = load("  outcomes: [y, z]\n  subsets: [all, y > 1]\n  exclude: [{outcome: z, subset: all}]\n")
    assert names(loaded) == ["y--all", "y--y-1", "z--y-1"]


@pytest.mark.parametrize(
    ("vary", "fault"),
    [
        ("  exclude: []\n", "5:1: vary: varies nothing (list outcomes, subsets or files)"),
        ("  outcomes: [y, y]\n", "6:17: vary.outcomes[1]: 'y' already names a value"),
        ("  outcomes: [y]\n  exclude: [{outcome: z}]\n", "7:23: vary.exclude[0].outcome: no value 'z'"),
        (
            "  outcomes: [y]\n  exclude: [{subset: z}]\n",
            "there are no subsets of which one could be left out",
        ),
        ("  outcomes: [y]\n  exclude: [{outcome: y}]\n", "leaves out every combination"),
        ('  outcomes: ["log(y"]\n', "6:21: vary.outcomes[0]"),
        ('  subsets: [{name: a, filter: "y >"}]\n', "6:34: vary.subsets[0].filter: there is nothing to the"),
        ("  files: [c.csv]\n", "6:11: vary.files[0]: there is no file 'c.csv'"),
        ("  files: [/etc/passwd]\n", "lies outside the spec's folder"),
        ("  outcome: [y]\n", "the key is outcomes, a list"),
    ],
)
def test_faults_have_their_place(load, vary, fault):
    with pytest.raises(SpecError) as caught:
        load(vary)
    assert fault in str(caught.value)


def test_all_faults_are_reported_at_once(load):
    with pytest.raises(SpecError) as caught:
        load('  outcomes: ["log(y", y]\n  files: [c.csv, d.csv]\n')
    assert len(caught.value.faults) == 3
