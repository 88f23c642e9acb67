"""The differences between two specs have words that name the keys, and can be undone."""

import pytest

from mlm_steps.spec.tree import read_tree, value_of
from mlm_steps.steps.explain.changes import changes, undone

BEFORE = """\
title: A study
ladder:
  - {name: null, formula: "y ~ 1 + (1 | g)"}
  - {name: l1, formula: "y ~ x + (1 | g)"}
estimation: {df: satterthwaite}
report: {formats: [html, md]}
seed: 1
expect: [{model: l1, icc: {min: 0.1}}]
data: {file: a.csv, filter: ["x > 1", "y > 2"]}
"""


def tree(text):
    return value_of(read_tree(text)[0])


def found(old, new):
    return list(changes(tree(BEFORE), tree(BEFORE.replace(old, new))))


@pytest.mark.parametrize(
    ("old", "new", "step", "words"),
    [
        (
            '"y ~ x + (1 | g)"', '"y ~ z + (1 | g)"', "fit/l1",
            "formula changed from 'y ~ x + (1 | g)' to 'y ~ z + (1 | g)'",
        ),
        (
            '"y ~ x + (1 | g)"', '"y ~ z + (1 | g)"', "data",
            "ladder: l1: formula changed from 'y ~ x + (1 | g)' to 'y ~ z + (1 | g)'",
        ),
        ("df: satterthwaite", "df: z", "report", "estimation: df changed from satterthwaite to z"),
        ("{df: satterthwaite}", "{df: satterthwaite, anova: 2}", "report", "estimation: anova was added: 2"),
        ("title: A study\n", "", "report", "title was removed: it was 'A study'"),
        ("title: A study", "title: Study", "report", "title changed from 'A study' to 'Study'"),
        ("seed: 1", "seed: 2", "report", "seed changed from 1 to 2"),
        ("[html, md]", "[html]", "report", "report: formats: md was removed"),
        ("[html, md]", "[md, html]", "report", "the order of report: formats has changed"),
        ("min: 0.1", "min: 0.2", "checks", "expect[0]: icc: min changed from 0.1 to 0.2"),
        ('"y > 2"]', '"y > 3"]', "data", "data: filter: y > 3 was added"),
    ],
)  # fmt: skip
def test_a_change_has_words(old, new, step, words):
    assert words in [change.words(step) for change in found(old, new)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"y ~ x + (1 | g)"', '"y ~ z + (1 | g)"'),
        ("title: A study\n", ""),
        ("{df: satterthwaite}", "{df: satterthwaite, anova: 2}"),
        ("[html, md]", "[md, html]"),
        ("[html, md]", "[html]"),
        ('  - {name: l1, formula: "y ~ x + (1 | g)"}\n', ""),
        ("ladder:\n", 'ladder:\n  - {name: first, formula: "y ~ 1"}\n'),
        ("ladder:", "ladder: growth\nother:"),
    ],
)
def test_all_changes_undone_give_the_former_spec(old, new):
    values = tree(BEFORE.replace(old, new))
    differences = found(old, new)
    assert differences
    for change in differences:
        values = undone(values, change)
    assert values == tree(BEFORE)


def test_a_spec_does_not_differ_from_itself_with_other_spaces():
    assert not list(changes(tree(BEFORE), tree(BEFORE.replace(": [", ":   [").replace("seed", "# c\nseed"))))


def test_a_rung_that_is_inserted_changes_no_other_rung():
    inserted = found("ladder:\n", 'ladder:\n  - {name: first, formula: "y ~ 1"}\n')
    assert [change.words("data") for change in inserted] == ["ladder: first was added"]
