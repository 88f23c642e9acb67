"""What cannot be planned is told in words, at its place in the spec, before anything is simulated."""

import pytest

from mlm_steps.errors import SpecError, UsageError
from mlm_steps.steps.parts.plan_words import plan_words
from mlm_steps.steps.plan_prior import plan_prior
from mlm_steps.steps.plan_study import plan_study
from mlm_steps.steps.validate import check

SPEC = """\
version: 1
power:
  design:
    groups: {school: 60}
    rows: 20
    predictors:
      ses: {level: 1, icc: .2}
      public: {level: 2, binary: .5}
    derive: {ses_w: {center: ses, within: school}}
  model: "math ~ ses_w * public + (ses_w | school)"
  truth: {icc: .15, r2: {within: .06, between: .03, product: .01, slope: .03}}
  effects: ["ses_w:public", public]
  solve: rows
"""
SHARES = "truth: {icc: .15, r2: {within: .06, between: .03, product: .01, slope: .03}}"


def with_matrix(matrix):
    return f"truth: {{fixed: {{ses_w: 0.3}}, sigma: 0.9, random: {{school: {matrix}}}}}"


FAULTS = {
    "shares for the residual": (
        "within: .06",
        "within: .9",
        (
            "11:3: power.truth: no variance is left for the residual: icc + within + product + slope is 1.09 "
            "of at most 1"
        ),
    ),
    "shares between groups": (
        "between: .03",
        "between: .2",
        (
            "11:3: power.truth: no variance is left for the random intercept: the variance between groups "
            "that the effects explain is 0.2 of at most 0.15"
        ),
    ),
    "not positive semidefinite": (
        SHARES,
        with_matrix("[[0.1, 0.5], [0.5, 0.1]]"),
        (
            "11:44: power.truth.random: the covariance matrix [[0.1, 0.5], [0.5, 0.1]] has the negative "
            "eigenvalue -0.4, which no data can have (with these variances the covariance is at most 0.1 in "
            "size)"
        ),
    ),
    "a negative variance": (SHARES, with_matrix("[[-0.1, 0], [0, 0.1]]"), "(a variance is at least 0)"),
    "not symmetric": (
        SHARES,
        with_matrix("[[0.4, 0.1], [0.2, 0.4]]"),
        "[[0.4, 0.1], [0.2, 0.4]] is not symm",
    ),
    "few groups": (
        "school: 60",
        "school: 2",
        (
            "4:5: power.design.groups: 2 levels of school cannot tell 2 coefficients apart, the intercept "
            "included (at least 3 are needed)"
        ),
    ),
    "an empty arm": (
        "binary: .5",
        "binary: 0",
        (
            "8:7: power.design.predictors.public: leaves an arm empty: a share of 0 of 60 levels of school "
            "comes to none"
        ),
    ),
    "an effect that is not in the model": (
        ", public]",
        ", pubic]",
        "12:29: power.effects[1]: the model has no effect 'pubic' (did you mean 'public'?)",
    ),
    "an interaction in another order": (
        '"ses_w:public"',
        '"public:ses_w"',
        "12:13: power.effects[0]: the model has no effect 'public:ses_w' (did you mean 'ses_w:public'?)",
    ),
    "a predictor without a distribution": (
        "ses_w * public +",
        "ses_w * public + age +",
        (
            "10:35: power.model: there is no column age (power.design declares no such predictor, derived "
            "column or group)"
        ),
    ),
    "a target above the ceiling": (
        "school: 60",
        "school: 12",
        (
            "13:10: power.solve: with endless rows per school the power is 0.440 for ses_w:public, 0.347 for "
            "public, below the target 0.8 (more groups are needed: solve: groups)"
        ),
    ),
    "over 500 cells": (
        "solve: rows",
        f"grid: {{groups: {[*range(20, 50)]}, icc: {[i / 100 for i in range(10, 27)]}}}",
        "13:3: power.grid: has 510 cells (at most 500 are possible",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_at_its_place(tmp_path, name):
    old, new, said = FAULTS[name]
    assert old in SPEC
    path = tmp_path / "study.yaml"
    path.write_text(SPEC.replace(old, new))
    with pytest.raises(SpecError) as raised:
        check(path)
    (fault,) = raised.value.faults
    assert said in str(fault)
    assert [*tmp_path.iterdir()] == [path]


def test_a_target_that_one_effect_reaches_is_no_fault(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(SPEC.replace("school: 60", "school: 42"))
    assert check(path)[1] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("prior --t 2.5", "--groups: is missing (a t value says nothing without its number of groups)"),
        (
            "crossed --participants 20 --items 12 --effect .3 --participant-share .9",
            "the shares sum to 1.3 (they have to stay below 1",
        ),
        ("growth --persons 80 --times 1 --icc .5 --effect .5", "one occasion shows no growth"),
        ("level-1 --groups 40 --rows 15 --icc .2 --effect .3 --alpha 0", "alpha: "),
    ],
)
def test_one_fault_of_a_plan(words, said):
    asked = plan_words(words.split())
    with pytest.raises(UsageError) as raised:
        list(plan_prior(asked) if asked.kind == "prior" else plan_study(asked))
    (fault,) = raised.value.faults
    assert said in str(fault)


def test_a_variance_of_a_plan_is_not_negative(capsys):
    with pytest.raises(SystemExit) as ended:
        plan_words(["mathieu", "--slope-variance", "-1"])
    assert ended.value.code == 2
    assert "argument --slope-variance: '-1' is below 0" in capsys.readouterr().err
