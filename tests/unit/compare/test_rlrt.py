"""The exact restricted likelihood ratio test of one variance."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from mlm_steps.compare import Simulations, compare_lrt
from mlm_steps.compare.rlrt import BEYOND, DRAWS, POINTS, null_eigenvalues, rlrt_p
from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates
from mlm_steps.engine.bootstrap.replicates import refit_many
from mlm_steps.engine.result.linear import linear_criterion

DATA = Path(__file__).parents[2] / "reference" / "data"
SLEEP = pd.read_csv(DATA / "sleepstudy.csv", dtype={"Subject": str})

STATISTICS = (0.5, 1.5, 2.7, 4.0, 6.4)
SLEEPSTUDY = (0.2099, 0.0928, 0.0407, 0.0180, 0.0046)
HSB = (0.2288, 0.1048, 0.0476, 0.0208, 0.0052)
"""Shares of 100 000 draws at or above them, by RLRsim 3.1-8: ``RLRTSim`` on the model's X and Z."""
SIGMAS = 4.5
"""Standard errors of a simulated share: false alarms once in 100 000."""


def simulated_error(p, draws=DRAWS):
    return SIGMAS * np.sqrt(p * (1 - p) / draws)


def balanced_tail(groups, size, statistic):
    """Return the exact tail in balanced one-way data, where the statistic is a function of F."""
    between, within = groups - 1, groups * size - groups
    total = between + within

    def above(F):
        W = between * F
        criterion = total * np.log((W + within) / total) - between * np.log(W / between)
        return criterion - statistic

    return stats.f.sf(optimize.brentq(above, 1.0, 1e4), between, within)


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize(("groups", "size"), [(6, 3), (6, 5), (18, 10)])
def test_balanced_one_way_data_have_the_tail_of_an_f_distribution(groups, size, statistic):
    frame = pd.DataFrame({"g": np.repeat([f"g{i}" for i in range(groups)], size)})
    frame["y"] = np.arange(len(frame), dtype=float) % 7
    design = build_design("y ~ 1 + (1 | g)", frame)
    expected = balanced_tail(groups, size, statistic)
    found = rlrt_p(design, design.random[0], statistic, seed=1)
    assert found == pytest.approx(expected, abs=simulated_error(expected))


@pytest.mark.parametrize(
    ("formula", "file", "group", "expected"),
    [
        ("Reaction ~ Days + (1 | Subject)", "sleepstudy.csv", "Subject", SLEEPSTUDY),
        ("mAch ~ cses + (1 | school)", "Hsb82.csv.gz", "school", HSB),
    ],
)  # fmt: skip
def test_the_tail_is_that_of_rlrsim(formula, file, group, expected):
    design = build_design(formula, pd.read_csv(DATA / file, dtype={group: str}))
    for statistic, share in zip(STATISTICS, expected, strict=True):
        found = rlrt_p(design, design.random[0], statistic, seed=2)
        assert found == pytest.approx(share, abs=simulated_error(share))


@pytest.mark.parametrize("statistic", [16.0, 20.0])
def test_draws_reach_a_statistic_no_more_often_than_markovs_inequality_allows(statistic):
    design = build_design("Reaction ~ Days + (1 | Subject)", SLEEP)
    found = rlrt_p(design, design.random[0], statistic, seed=1)
    assert found <= (POINTS + 1) * np.exp(-statistic / 2)


def test_a_statistic_that_no_draw_reaches_has_the_smallest_p_value():
    design = build_design("Reaction ~ Days + (1 | Subject)", SLEEP)
    found = [rlrt_p(design, design.random[0], BEYOND + d, seed=1) for d in (-1e-6, 0.0, 300.0)]
    assert found == [1 / (DRAWS + 1)] * 3


def test_the_eigenvalues_are_those_of_the_large_matrices():
    frame = SLEEP.iloc[:97].assign(w=lambda d: 1 + d.Days % 3)
    design = build_design("Reaction ~ Days + (0 + Days | Subject)", frame, weights="w")
    term, root = design.random[0], np.sqrt(design.weights)
    Z = np.zeros((design.n, len(term.levels)))
    Z[np.arange(design.n), term.refs] = term.z[:, 0] * root
    X = design.X * root[:, None]
    P0 = np.eye(design.n) - X @ np.linalg.solve(X.T @ X, X.T)
    np.testing.assert_allclose(
        null_eigenvalues(design, term), np.linalg.eigvalsh(Z.T @ P0 @ Z)[::-1], rtol=1e-9, atol=1e-9
    )


def compare(smaller, larger, method="REML", frame=SLEEP, **asked):
    fits = (Estimates(build_design(formula, frame)) for formula in (smaller, larger))
    return compare_lrt(*fits, names=("a", "b"), method=method, asked=Simulations(**asked))


@pytest.mark.parametrize(
    ("smaller", "larger", "method", "asked", "code"),
    [
        ("Days + (1 | Subject)", "Days + (Days | Subject)", "REML", {}, "not_applicable"),
        ("1 + (1 | Subject)", "Days + (1 | Subject)", "REML", {}, "not_applicable"),
        ("Days + (1 | Subject)", "Days + (Days || Subject)", "ML", {}, "not_reml"),
        ("Days + (1 | Subject)", "Days + (Days || Subject)", "REML", {"rlrt": False}, "not_requested"),
    ],
)
def test_where_there_is_no_exact_test_a_code_says_why(smaller, larger, method, asked, code):
    record = compare(f"Reaction ~ {smaller}", f"Reaction ~ {larger}", method, **asked)
    assert (record.p_rlrt, record.p_rlrt_code) == (None, code)


def test_a_variance_beside_others_is_tested_approximately_and_the_record_says_so():
    record = compare("Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days || Subject)")
    assert record.rlrt_approximate
    assert (record.p_from, record.p) == ("p_rlrt", 1 / (DRAWS + 1))


def test_the_seed_alone_decides_on_the_draws():
    pair = ("Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (1 | Subject) + (1 | half)")
    frame = SLEEP.assign(half=SLEEP.Subject + (SLEEP.Days > 4).astype(str))
    p = [compare(*pair, frame=frame.iloc[::2], seed=seed).p_rlrt for seed in (3, 3, 4)]
    assert p[0] == p[1] != p[2]
    assert p[0] == pytest.approx(p[2], abs=2 * simulated_error(p[0]))


def critical_value(design, level, seed):
    """Return the statistic above which the exact p value is at most the level."""
    low, high = 0.0, 10.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        if rlrt_p(design, design.random[0], middle, seed=seed) <= level:
            high = middle
        else:
            low = middle
    return high


def test_at_a_true_zero_five_percent_are_rejected_and_by_the_naive_test_half_of_that():
    rng, n = np.random.default_rng(20), 2000
    frame = pd.DataFrame({"g": np.repeat([f"g{i}" for i in range(15)], rng.integers(2, 9, 15))})
    frame["x"], frame["y"] = rng.normal(size=(2, len(frame)))
    design = build_design("y ~ x + (1 | g)", frame)
    Y = rng.normal(size=(design.n, n))
    null = np.array([linear_criterion(replace(design, y=y), "REML") for y in Y.T])
    statistics = null - refit_many(design, Y, method="REML").criterion
    assert statistics.min() > -1e-6
    for critical, size in (
        (critical_value(design, 0.05, 1), 0.05),
        (stats.chi2.isf(0.05, 1), 0.025),
        (stats.chi2.isf(0.10, 1), 0.05),
    ):
        assert (statistics >= critical).mean() == pytest.approx(size, abs=simulated_error(size, n))
