"""Designs that are drawn for each simulated study: transforms, missing rows, attrition, offsets."""

from dataclasses import replace

import numpy as np
import pytest

from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.errors import UsageError
from mlm_steps.power.declared.predictors import Derivation, Predictor
from mlm_steps.power.declared.sizes import Factor
from mlm_steps.power.declared.source import Missing, PerArm
from mlm_steps.power.declared.truths import raw
from mlm_steps.power.estimates import conditional, detectable_effect, precision
from mlm_steps.power.simulation import simulate
from mlm_steps.power.solve import detectable
from mlm_steps.power.study import Study, closed_answers

TIME = Predictor("time", kind="values", values=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0))
THIRDS = {"a": 1.0, "b": 1.0, "c": 1.0}
ARM = Predictor("arm", factor="g", kind="binary")


def study(formula, *predictors, groups=20, rows=6, factors=None, **given):
    factors = factors or (Factor("g", groups),)
    return Study(factors, rows, formula, _declare, predictors, **given)


def _declare(columns):
    terms = columns.source.template.random
    sizes = {}
    for term in terms:
        sizes[term.group] = sizes.get(term.group, 0) + len(term.names)
    fixed = {column.name: 0.3 for column in columns.columns[1:]}
    return raw(columns, fixed, {name: 0.1 * np.eye(k) for name, k in sizes.items()}, 0.8)


def drawn(own, count=5):
    generators = [stream(1, f"power/{own.source.key}", b) for b in range(count)]
    return own.source.draw(generators)


def test_transforms_learn_from_each_study():
    found = drawn(study("y ~ scale(x) + poly(z, 2) + (1 | g)", Predictor("x"), Predictor("z"))).X
    x, first, second = found[..., 1], found[..., 2], found[..., 3]
    np.testing.assert_allclose(x.mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(x.std(axis=1, ddof=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose((first**2).sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose((first * second).sum(axis=1), 0.0, atol=1e-12)


def test_a_transform_of_a_predictor_that_is_not_drawn_is_that_of_the_design():
    own = study("y ~ poly(time, 2) + x + (poly(time, 2) | g)", TIME, Predictor("x"))
    found, template = drawn(own), own.source.template
    for b in range(5):
        np.testing.assert_allclose(found.X[b, :, 1:3], template.X[:, 1:3], atol=1e-12)
        np.testing.assert_allclose(found.z[0][b], template.random[0].z, atol=1e-12)


def test_group_means_are_those_of_the_rows_that_are_left():
    centred = (Derivation("xc", "center", "x", "g"), Derivation("xm", "mean", "x", "g"))
    own = study("y ~ xc + xm + (1 | g)", Predictor("x"), derivations=centred, missing=Missing(share=0.4))
    found = drawn(own)
    groups = own.source.template.random[0].refs
    for X, here in zip(found.X, found.present, strict=True):
        sums = np.bincount(groups, np.where(here, X[:, 1], 0.0))
        np.testing.assert_allclose(sums, 0.0, atol=1e-12)


def test_transforms_learn_from_the_rows_that_are_left():
    own = study("y ~ scale(x) + (1 | g)", Predictor("x"), missing=Missing(share=0.4))
    found = drawn(own)
    for X, here in zip(found.X, found.present, strict=True):
        assert X[here, 1].mean() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("groups", [20, 21])
def test_each_arm_loses_its_share(groups):
    attrition = Missing(total=0.5, time="time")
    own = study("y ~ time * arm + (1 | g)", TIME, ARM, groups=groups, missing=attrition)
    found = drawn(own, 1)
    last = found.present[0][own.source.template.X[:, 1] == 5.0]
    arm = own.source.template.X[::6, 2]
    left = [np.sum(~last[arm == each]) for each in (0.0, 1.0)]
    assert left == [np.sum((np.arange(n) + 0.5) / n < 0.5) for n in (np.sum(arm == 0), np.sum(arm == 1))]
    # Whoever has left does not come back.
    assert (np.diff(found.present[0].reshape(groups, 6).astype(int), axis=1) <= 0).all()


@pytest.mark.parametrize("reverse", [False, True])
def test_an_arm_may_lose_more_than_another(reverse):
    shares = (0.5, 0.1) if reverse else (0.1, 0.5)
    attrition = Missing(total=PerArm("arm", (0.0, 1.0), shares), time="time")
    own = study("y ~ time * arm + (1 | g)", TIME, ARM, groups=40, missing=attrition)
    last = drawn(own, 1).present[0][own.source.template.X[:, 1] == 5.0]
    arm = own.source.template.X[::6, 2]
    assert [int(np.sum(~last[arm == each])) for each in (0.0, 1.0)] == [20 * share for share in shares]


def test_equal_shares_per_arm_are_one_share():
    one = study("y ~ time * arm + (1 | g)", TIME, ARM, missing=Missing(total=0.3, time="time"))
    both = Missing(total=PerArm("arm", (0.0, 1.0), (0.3, 0.3)), time="time")
    other = study("y ~ time * arm + (1 | g)", TIME, ARM, missing=both)
    assert (drawn(one, 1).present == drawn(other, 1).present).all()


def test_a_drawn_design_without_full_rank_has_no_closed_answer_and_is_no_error():
    own = study("y ~ x * arm + (1 | g)", Predictor("x"), ARM, groups=4, rows=3, missing=Missing(share=0.6))
    found = closed_answers(own)
    assert all(0.0 <= answer.power < 1.0 for answer in found)
    assert any(np.isnan(part.df).any() for part in found[0].parts)


def test_the_persons_leave_and_not_their_classes():
    factors = (Factor("class", 4), Factor("person", 5, within="class"))
    attrition = Missing(total=0.5, time="time")
    own = study("y ~ time + (1 | class) + (1 | person)", TIME, factors=factors, missing=attrition)
    stayed = drawn(own, 1).present[0].reshape(4, 5, 6)[..., -1].sum(axis=1)
    assert (stayed < 5).all() or stayed.sum() == 10
    assert stayed.max() < 6


def test_the_means_between_groups_are_those_of_the_first_factor():
    own = study(
        "y ~ x + (1 | p) + (1 | i)",
        Predictor("x", icc=0.99),
        factors=(Factor("p", 30), Factor("i", 10)),
        rows=1,
    )
    x = drawn(own, 1).X[0, :, 1].reshape(30, 10)
    assert x.mean(axis=1).var() > 10.0 * x.var(axis=1).mean()


def test_an_offset_changes_nothing():
    shifted = study(
        "y ~ time + offset(100 * time2) + (1 | g)", TIME, Predictor("time2", kind="values", values=(0.0, 3.0))
    )
    found = simulate(shifted.source, shifted.truth, shifted.tests, seed=1, numbers=range(20))
    assert np.abs(found.outcomes[0].estimate).max() < 1.0


def test_studies_with_too_few_rows_fail_and_the_closed_form_counts_them():
    own = study("y ~ x + (1 | g)", Predictor("x"), groups=5, rows=2, missing=Missing(share=0.9))
    found = simulate(own.source, own.truth, own.tests, seed=1, numbers=range(50))
    rows = drawn(own, 50).rows
    assert (found.status[rows <= 2] == "failed").all()
    assert closed_answers(own)[0].power < 0.1


def test_a_logarithm_of_the_outcome_is_the_outcome():
    own = study("log(y) ~ x + (1 | g)", Predictor("x"))
    assert np.isfinite(closed_answers(own)[0].power)


@pytest.mark.parametrize("each", [None, 4, 5])
def test_conditions_within_both_factors_are_counterbalanced(each):
    factors = (Factor("p", 12), Factor("i", 10, each=each))
    own = study("y ~ c + (1 | p) + (1 | i)", Predictor("c", kind="binary"), factors=factors, rows=1)
    design = own.source.template
    for term in design.random:
        shares = np.bincount(term.refs, design.X[:, 1]) / np.bincount(term.refs)
        assert (abs(shares - 0.5) <= 0.31).all(), term.group


@pytest.mark.parametrize(
    ("formula", "predictor", "groups", "match"),
    [
        ("y ~ k + (1 | g)", Predictor("k", factor="g", kind="category", shares=THIRDS), 3, "3 levels"),
        ("y ~ w * z + (1 | g)", Predictor("w", factor="g"), 4, "4 coefficients"),
        ("y ~ w + (1 | g)", Predictor("w", factor="g", kind="binary", share=0.05), 6, "arm empty"),
        ("y ~ w + (1 | g)", Predictor("w", kind="binary", share=0.05), 6, "arm empty"),
        ("y ~ w + (1 | g)", Predictor("w", kind="category", shares={"a": 0.05, "b": 0.95}), 6, "arm empty"),
        ("y ~ w + (1 | g)", Predictor("w", kind="values", values=(3.0, 3.0)), 6, "cannot be estimated"),
        ("y ~ 1 + (1 | g)", Predictor("w"), 6, "no coefficient but the intercept"),
    ],
)  # fmt: skip
def test_what_cannot_be_estimated_is_said(formula, predictor, groups, match):
    own = study(formula, predictor, Predictor("z", factor="g"), groups=groups)
    with pytest.raises(UsageError, match=match):
        closed_answers(own)
    with pytest.raises(UsageError, match=match):
        _ = own.truth, own.tests


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_sided_tests_detect_effects_on_their_side(alternative):
    own = study("y ~ x + (1 | g)", Predictor("x", fixed=True), alternative=alternative)
    (answer,) = closed_answers(own)
    found = simulate(own.source, own.truth, own.tests, seed=1, numbers=range(200)).outcomes[0]
    smallest = detectable(answer, 0.8, 0.05)
    assert (smallest > 0) == (alternative == "greater")
    assert detectable_effect(found, 0.8, 0.05) == pytest.approx(smallest, rel=0.05)
    assert detectable(answer, 0.04, 0.05) == 0.0 == detectable_effect(found, 0.01, 0.05)


def test_z_tests_have_the_closed_form_of_z_tests():
    own = study("y ~ w + (1 | g)", Predictor("w", factor="g"), groups=8)
    t, z = closed_answers(own)[0], closed_answers(replace(own, z=True))[0]
    assert np.isinf(z.df)
    assert z.power > t.power + 0.01


def test_studies_that_all_fail_have_no_width():
    own = study("y ~ x + (1 | g)", Predictor("x", fixed=True))
    found = simulate(own.source, own.truth, own.tests, seed=1, numbers=range(10)).outcomes[0]
    lost = replace(found, vcov=np.full_like(found.vcov, np.nan), df=np.full(10, np.nan))
    assert np.isnan(precision(lost, 0.95)).all()
    assert detectable_effect(lost, 0.8, 0.05) == np.inf
    assert conditional(lost, 0.3, 0.05)[0] == 0.0
