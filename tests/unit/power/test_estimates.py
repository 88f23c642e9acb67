"""Counts and conditional estimates of simulated studies (statistics, sections 16.3 and 16.4)."""

import numpy as np
import pytest

from mlm_steps.power.closed import closed_power
from mlm_steps.power.estimates import clopper_pearson, conditional, counted, half_widths, rejected
from mlm_steps.power.expected import CrossProducts
from mlm_steps.power.simulation import simulate
from mlm_steps.power.tests import Test
from mlm_steps.power.truth import Truth

LIMITS = {0: (0.0, 0.00368), 800: (0.77384, 0.82438), 50: (0.03734, 0.06539), 1000: (0.99632, 1.0)}


@pytest.mark.parametrize("count", LIMITS)
def test_exact_intervals_of_counts(count):
    assert clopper_pearson(count, 1000)[3:] == pytest.approx(LIMITS[count], abs=5e-6)


@pytest.fixture(scope="module")
def trial(design_of, effect, fixed_source):
    g = np.repeat(np.arange(24), 5)
    design = design_of(
        "y ~ tr + x + (1 | g)", groups=["g"], g=g, tr=(np.arange(24) % 2.0)[g], x=np.tile(np.arange(5.0), 24)
    )
    truth = Truth(np.array([0.0, 0.6, 0.1]), (np.array([[0.3]]),), 0.9)
    return (
        fixed_source("trial", design),
        truth,
        [effect(design, "tr"), effect(design, "x"), Test("both", np.eye(3)[1:])],
    )


@pytest.fixture(scope="module")
def studies(trial):
    source, truth, tests = trial
    return simulate(source, truth, tests, seed=1, numbers=range(600))


def test_the_parts_of_a_simulation_are_the_whole(trial, studies):
    source, truth, tests = trial
    part = simulate(source, truth, tests, seed=1, numbers=range(590, 600))
    np.testing.assert_allclose(part.outcomes[0].given, studies.outcomes[0].given[590:], atol=1e-12)
    np.testing.assert_allclose(part.outcomes[0].estimate, studies.outcomes[0].estimate[590:], atol=1e-6)


def test_estimates_agree_with_the_closed_form(trial, studies):
    source, truth, tests = trial
    closed = closed_power(CrossProducts.of(source.template), truth, tests, 0.05)
    for answer, outcome in zip(closed, studies.outcomes, strict=True):
        share = counted(outcome, answer.estimate, 0.05)
        error = np.sqrt(answer.power[0] * (1 - answer.power[0]) / share.B)
        assert abs(share.share - answer.power[0]) < 3.5 * error
        if answer.test.q == 1:
            value, se = conditional(outcome, answer.estimate[0], 0.05)
            assert abs(value - answer.power[0]) < 3.5 * se
            assert se < 0.35 * error


def test_the_size_at_no_effect_is_alpha(studies):
    for outcome in studies.outcomes[:2]:
        value, se = conditional(outcome, 0.0, 0.05)
        assert abs(value - 0.05) < 3.0 * se


def test_a_large_effect_is_always_found(studies):
    outcome = studies.outcomes[0]
    assert counted(outcome, np.array([50.0]), 0.05).share == 1.0
    assert rejected(outcome, np.array([-50.0]), 0.05).all()
    assert half_widths(outcome, 0.99).min() > half_widths(outcome, 0.95).min() > 0.0


def test_kenward_and_roger_is_satterthwaite_in_balanced_designs(trial, studies):
    source, truth, tests = trial
    other = simulate(source, truth, tests[:1], seed=1, numbers=range(50), df="kenward-roger")
    inner = studies.status[:50] == "converged"
    np.testing.assert_allclose(other.outcomes[0].df[inner], studies.outcomes[0].df[:50][inner], rtol=1e-4)
