"""How the name of a grouping factor reads."""

from types import SimpleNamespace

import pytest

from mlm_steps.records import NestingRelation
from mlm_steps.records.run import Labels, RunRecords


def run(factors=(), nesting=(), columns=()):
    profile = SimpleNamespace(
        columns=[SimpleNamespace(name=name) for name in columns],
        factors=[SimpleNamespace(name=name) for name in factors],
        nesting=nesting,
    )
    return RunRecords("r", "R", Labels({}, {}, {}), profile, (), (), {}, (), (), {})


def nested(inner, outer, relation="nested", implicit=False):
    return NestingRelation(inner=inner, outer=outer, relation=relation, implicit=implicit, n_cells=1)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("school", run(["school"]), (("school",), "within")),
        ("class:school", run(["class:school", "school"]), (("class", "school"), "within")),
        ("school:class", run(["school:class", "school"]), (("class", "school"), "within")),
        ("school:class", run(["school:class"]), (("school", "class"), "×")),
        ("a:b", run(["a", "b", "a:b"]), (("a", "b"), "×")),
        ("a:b", run(["a", "b", "a:b"], [nested("b", "a")]), (("b", "a"), "within")),
        ("a:b", run(["a", "b"], [nested("b", "a", "partially_crossed", True)]), (("b", "a"), "within")),
        ("c:(b:a)", run(["c:(b:a)", "a"]), (("c", "b", "a"), "within")),
        ("a:b", run(columns=["a:b"]), (("a:b",), "within")),
    ],
)
def test_the_innermost_column_comes_first(name, given, expected):
    assert given.reading(name) == expected
