"""What expectations say about the records of a run."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from mlm_steps.expectations.base import Checked, bounded
from mlm_steps.expectations.check import title_of
from mlm_steps.expectations.kinds import KINDS
from mlm_steps.spec.bounds import BoundsSpec
from mlm_steps.spec.expect import KINDS as DECLARED
from mlm_steps.spec.expect import ExpectationSpec


def coefficient(column, term, **numbers):
    values = dict.fromkeys(
        ("se", "df", "statistic", "p", "ci_low", "ci_high", "exp_estimate", "code", "ci_low_code")
    )
    return SimpleNamespace(column=column, term=term, dropped=False, **{**values, **numbers})


def fit(model, *, status="converged", unreliable=None, **values):
    end = SimpleNamespace(status=status, reasons=())
    return SimpleNamespace(
        model=model,
        formula="y ~ x * f + (1 | g)",
        reported=SimpleNamespace(convergence=end, singular=status == "singular", sigma=2.0),
        ml=SimpleNamespace(criterion=100.25),
        unreliable=unreliable,
        incomparable=unreliable,
        coefficients=(
            coefficient("x", "x", estimate=1.5, p=0.0500004),
            coefficient("fb", "f", estimate=-1.0, se=0.5),
            coefficient("fc", "f", estimate=1.0),
        ),
        anova=(SimpleNamespace(term="f", p=0.02, num_df=2, statistic=4.5, chisq=None),),
        terms=(SimpleNamespace(group="g"),),
        name_of_r=lambda column: column,
        n=60,
        aic=108.5,
        bic=120.0,
        **values,
    )


RUN = SimpleNamespace(
    fits=(fit("a"), fit("b", status="singular")),
    unreliable=(fit("c", unreliable="the search for the REML optimum did not converge"),),
    failed={"d": "the matrix is not positive definite"},
    comparisons=(
        SimpleNamespace(
            smaller="a", larger="b", p=0.004, p_naive=0.008, p_boundary=0.004, p_boot=None, p_rlrt=None,
            p_boot_code="not_needed", p_rlrt_code="not_requested", reason=None, statistic=9.8, df=2,
            delta_aic=-5.8, delta_bic=8.0,
        ),
    ),
    variance=(
        SimpleNamespace(
            model="a",
            icc=(
                SimpleNamespace(kind="adjusted", group=None, value=0.19, code=None),
                SimpleNamespace(kind="level_share", group="g", value=0.19, code=None),
            ),
            measures=(SimpleNamespace(measure="r2_marginal", value=0.3, code=None),),
        ),
    ),
    data_profile=SimpleNamespace(
        file="a.csv", file_hash="4cbd6c5f" + "0" * 56, files=(), rows=58, rows_file=60,
        factors=(SimpleNamespace(name="g", n_levels=6),),
    ),
    result=lambda *_: None,
)  # fmt: skip
CHECKED = Checked(RUN, rungs=("a", "b", "c", "d"))


def findings(**keys):
    expected = ExpectationSpec.model_validate(keys)
    return KINDS[expected.kind].findings(expected, CHECKED)


def test_the_kinds_of_the_spec_are_those_of_the_registry():
    assert set(KINDS) == set(DECLARED)


@pytest.mark.parametrize(
    ("keys", "holds"),
    [
        ({"model": "a", "term": "x", "estimate": {"min": 1.5}}, True),
        ({"model": "a", "term": "x", "p": {"max": 0.05}}, False),
        ({"model": "a", "term": "f", "p": {"max": 0.05}, "df": {"equals": 2}, "statistic": {"min": 4}}, True),
        ({"model": "a", "term": "fb", "se": {"max": 0.4}}, False),
        ({"model": "a", "icc": {"min": 0.1}, "r2_marginal": {"max": 0.4}, "n": {"equals": 60}}, True),
        ({"model": "a", "group": "g", "icc": {"max": 0.1}}, False),
        (
            {"model": "a", "sigma": {"equals": 2}, "aic": {"max": 110}, "deviance": {"between": (100, 101)}},
            True,
        ),
        ({"comparison": ("a", "b"), "p": {"max": 0.05}, "p_naive": {"max": 0.05}}, True),
        ({"comparison": ("b", "a"), "df": {"equals": 2}}, True),
        ({"data": {"rows": {"equals": 60}, "sample": {"equals": 58}, "groups": {"g": {"min": 6}}}}, True),
        ({"data": {"hash": "4cbd6c5f"}}, True),
        ({"data": {"hash": "4cbd6c5e"}}, False),
    ],
)
def test_numbers_are_compared_with_their_limits(keys, holds):
    assert all(finding.holds for finding in findings(**keys)) is holds


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"model": "a", "term": "x", "p": {"max": 0.05}},
            "the p value of x in rung a is 0.0500004; at most 0.05 was expected",
        ),
        (
            {"model": "a", "term": "x", "se": {"max": 1}},
            "there is no standard error of x in rung a; at most 1 was expected",
        ),
        (
            {"model": "d", "term": "x", "estimate": {"min": 1}},
            ("rung d could not be fitted: the matrix is not positive definite; estimate at least 1 was "
            "expected"),
        ),
        (
            {"model": "c", "icc": {"min": 0.1}},
            ("rung c has no reliable numbers, since the search for the REML optimum did not converge; icc at "
            "least 0.1 was expected"),
        ),
        (
            {"model": "b", "icc": {"min": 0.1}},
            ("there is no intraclass correlation in rung b: the explained variance was not computed; at "
            "least 0.1 was expected"),
        ),
        (
            {"comparison": ("a", "b"), "p_boot": {"max": 0.05}},
            ("there is no bootstrap p value of b against a: not needed, tests: {bootstrap: always} computes "
            "it; at most 0.05 was expected"),
        ),
        (
            {"comparison": ("c", "d"), "p": {"max": 0.05}},
            ("rung c has no reliable numbers, since the search for the REML optimum did not converge; p "
            "at most 0.05 was expected"),
        ),
        (
            {"model": "d", "diagnostics": "no_concern"},
            "rung d could not be fitted: the matrix is not positive definite; no concern was expected",
        ),
        (
            {"baseline": "b.json"},
            "b.json does not exist; 'mlm baseline' writes it from this run",
        ),
        (
            {"data": {"hash": "4cbd6c5e"}},
            "a.csv has changed: its SHA-256 begins with 4cbd6c5f0000; 4cbd6c5e was expected",
        ),
    ],
)  # fmt: skip
def test_a_failure_says_what_was_found_and_what_was_expected(keys, message):
    assert [finding.message for finding in findings(**keys)] == [message]
    assert not findings(**keys)[0].holds


def test_every_rung_is_asked_also_those_without_results():
    assert [f.holds for f in findings(all="converged")] == [True, True, False, False]
    assert [f.holds for f in findings(all="not_singular")] == [True, False, False, False]


def test_a_failed_rung_fails_every_quantity_of_its_expectation():
    found = findings(model="d", term="x", estimate={"min": 0}, p={"max": 1})
    assert [f.quantity for f in found] == ["estimate", "p"]
    assert not any(f.holds for f in found)


def test_the_title_is_the_name_or_the_limits():
    expected = ExpectationSpec.model_validate(
        {"model": "a", "term": "x", "estimate": {"between": (-1, -0.2)}}
    )
    assert title_of(expected) == "a, x: estimate between -1 and -0.2"
    assert title_of(expected.model_copy(update={"name": "flat"})) == "flat"


def test_infinite_and_missing_numbers_fail_in_words():
    assert bounded("estimate", "estimate", float("inf"), BoundsSpec(max=1)).shown == "inf"
    assert not bounded("estimate", "estimate", float("inf"), BoundsSpec(max=1)).holds
    assert bounded("p value", "p", None, BoundsSpec(max=1), "separation").shown == "none: separation"


def test_a_comparison_by_formula_is_found_under_its_name():
    run = SimpleNamespace(
        **{**vars(RUN), "comparisons": (SimpleNamespace(smaller="b-lm", larger="b", p=0.01, reason=None),)}
    )
    checked = replace(CHECKED, run=run, formulas={"y ~ x": "b-lm"})
    expected = ExpectationSpec.model_validate({"comparison": ("y ~ x", "b"), "p": {"max": 0.05}})
    assert [f.holds for f in KINDS["comparison"].findings(expected, checked)] == [True]
