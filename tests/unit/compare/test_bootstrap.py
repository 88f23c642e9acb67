"""The parametric bootstrap of likelihood ratio tests."""

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.compare import Simulations, compare_lrt
from mlm_steps.compare.bootstrap import bootstrap_p, simulated_statistics, takes_long
from mlm_steps.compare.nesting import relate
from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates, fit_lmm
from mlm_steps.engine.bootstrap.simulate import draw_outcomes
from mlm_steps.engine.bootstrap.streams import stream

REPLICATES = 20


def data(between=0.7):
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"g": np.repeat([f"g{i}" for i in range(12)], 6)})
    frame["x"], frame["z"], noise = rng.normal(size=(3, 72))
    frame["y"] = 0.5 * frame.x + noise + between * rng.normal(size=12)[np.arange(72) // 6]
    frame["h"] = [f"h{i % 5}" for i in range(72)]
    return frame


DATA = data()


def estimates(random, frame=DATA):
    return Estimates(build_design(f"y ~ {random}", frame))


def compare(smaller, larger, frame=DATA, method="REML", **asked):
    given = (estimates(random, frame) for random in (smaller, larger))
    asked = Simulations(**{"replicates": REPLICATES, "rlrt": False, **asked})
    return compare_lrt(*given, names=("a", "b"), method=method, asked=asked)


@pytest.mark.parametrize(
    ("method", "larger"), [("REML", "x + (x | g)"), ("ML", "x + (x | g)"), ("REML", "x + (1 | g) + (1 | h)")]
)
def test_the_p_value_is_that_of_refits_one_by_one(method, larger):
    pair = estimates("x + (1 | g)").under(method), estimates(larger).under(method)
    observed = pair[0].criterion - pair[1].criterion
    found = bootstrap_p(
        pair, relate(pair[0].design, pair[1].design), observed, replicates=REPLICATES, seed=3, step="s"
    )
    reached = 0
    for y in draw_outcomes(pair[0], [stream(3, "s", b) for b in range(REPLICATES)]):
        criteria = [fit_lmm(replace(fit.design, y=y), method=method).criterion for fit in pair]
        reached += criteria[0] - criteria[1] >= observed
    assert (found.p, found.failed) == ((1 + reached) / (REPLICATES + 1), 0)


@pytest.mark.parametrize(
    ("smaller", "larger", "asked", "code"),
    [
        ("x + (1 | g)", "x + (x | g)", "where_needed", "not_needed"),
        ("1 + (1 | g)", "x + (1 | g)", "where_needed", "not_needed"),
        ("x + (1 | g)", "x + (x + z | g)", "never", "not_requested"),
        ("x + (1 | g)", "x + (x + z | g)", "where_needed", None),
        ("x + (1 | g)", "x + (x + z || g)", "where_needed", None),
        ("1 + (1 | g)", "x + (x | g)", "where_needed", "not_needed"),
        ("1 + (1 | g)", "x + (x + z | g)", "where_needed", None),
        ("1 + (1 | g)", "x + (1 | g)", "always", None),
    ],
)
def test_only_what_has_no_known_null_distribution_needs_it(smaller, larger, asked, code):
    record = compare(smaller, larger, bootstrap=asked)
    assert record.p_boot_code == code
    assert (record.p_boot is None) == (code is not None)
    assert record.p_from == ("p_boot" if code is None else "p_boundary" if "x |" in larger else record.p_from)


def test_a_null_model_on_its_boundary_is_bootstrapped():
    frame = DATA.assign(y=DATA.y - DATA.groupby("g").y.transform("mean"))
    record = compare("x + (1 | g)", "x + (x || g)", frame, bootstrap="where_needed")
    assert (record.p_boundary_code, record.p_boot_code) == ("null_on_boundary", None)
    assert record.p == record.p_boot


def test_statistics_of_zero_count():
    frame = DATA.assign(y=DATA.y - DATA.groupby("g").y.transform("mean"))
    record = compare("x + (1 | h)", "x + (1 | h) + (1 | g)", frame, bootstrap="always")
    assert (record.statistic, record.p_boot) == (0.0, 1.0)


def test_what_takes_long_is_not_done_unasked(monkeypatch):
    pair = estimates("x + (1 | g)").under("REML"), estimates("x + (1 | g) + (1 | h)").under("REML")
    assert not takes_long(pair, 1000)
    assert takes_long(pair, 100_000_000)
    # The package's name is also that of the function mlm_steps.compare, so a dotted path would miss it.
    monkeypatch.setattr(sys.modules["mlm_steps.compare.bootstrap"], "LONG", 1e-6)
    record = compare("x + (1 | g)", "x + (z | g) + (z | h)", bootstrap="where_needed")
    assert record.p_boot_code == "too_large"


def test_a_bootstrap_of_later_steps_is_only_called_for():
    asked = Simulations(bootstrap="where_needed", later=True)
    pair = estimates("x + (1 | g)"), estimates("x + (x + z | g)")
    record = compare_lrt(*pair, names=("a", "b"), method="REML", asked=asked)
    assert (record.p_boot, record.p_boot_code) == (None, "left_out")
    pair = estimates("x + (1 | g)"), estimates("x + (x | g)")
    assert compare_lrt(*pair, names=("a", "b"), method="REML", asked=asked).p_boot_code == "not_needed"


def test_replicates_in_parts_are_those_in_one():
    pair = estimates("x + (1 | g)").under("REML"), estimates("x + (x | g)").under("REML")
    relation = relate(pair[0].design, pair[1].design)
    whole = simulated_statistics(pair, relation, seed=1, step="s", numbers=range(9))
    parts = [
        simulated_statistics(pair, relation, seed=1, step="s", numbers=numbers)
        for numbers in (range(4), range(4, 9))
    ]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-7)


def test_more_replicates_begin_with_the_same_ones():
    pair = estimates("x + (1 | g)").under("ML"), estimates("x + (x | g)").under("ML")
    relation = relate(pair[0].design, pair[1].design)
    few, many = (
        bootstrap_p(pair, relation, 1.0, replicates=n, seed=1, step="s").p * (n + 1) for n in (10, 11)
    )
    assert many - few in (pytest.approx(0.0, abs=1e-9), pytest.approx(1.0))
