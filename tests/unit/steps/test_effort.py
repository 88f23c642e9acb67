"""Which optional work is done: by usefulness and cost, never by a clock."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates, fit_lmm
from mlm_steps.engine.cost import cost_of
from mlm_steps.records import EvaluationCost
from mlm_steps.spec import PipelineSpec
from mlm_steps.steps.effort import BUDGETS, ORDER, plan_work
from mlm_steps.steps.parts import expense
from mlm_steps.steps.parts.fit_record import fit_record


def data(groups=20, size=8):
    rng = np.random.default_rng(3)
    g = np.repeat(np.arange(groups), size)
    x, noise = rng.normal(size=(2, groups * size))
    y = x + rng.normal(size=groups)[g] + noise
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{i}" for i in g]})


def fitted(model, formula, frame, **changes):
    estimates = Estimates(build_design(formula, frame))
    record = fit_record(
        model, formula, estimates, method="REML", df_method="z", confidence=0.95, weights=None,
        sample_hash="", variable_levels={},
    )  # fmt: skip
    cost = EvaluationCost(**cost_of(estimates.under("REML").prepared)._asdict())
    return record.model_copy(update={"cost": cost, **changes})


FRAME = data()
SLOPE = fitted("slope", "y ~ x + (x | g)", FRAME)
assert SLOPE.reported.singular  # the data have no slope variance
NULL = fitted("null", "y ~ 1 + (1 | g)", FRAME)
PAIR = SimpleNamespace(smaller="null", larger="slope", p_boot_code="left_out")


def spec(**keys):
    rungs = [{"name": f.model, "formula": f.formula} for f in (NULL, SLOPE)]
    return PipelineSpec.model_validate({"version": 1, "data": {"file": "d.csv"}, "ladder": rungs, **keys})


def decisions(fits=(NULL, SLOPE), pairs=(PAIR,), **keys):
    return {(w.step, w.of): w.decision for w in plan_work(spec(**keys), fits, pairs).work}


def expensive(fit, factor=1e4):
    cost = EvaluationCost(**{name: factor * value for name, value in fit.cost.model_dump().items()})
    return fit.model_copy(update={"cost": cost})


def test_of_small_fits_everything_there_is_reason_for_is_done():
    found = decisions()
    assert set(found) == {
        ("remedies", "slope"), ("allfit", "slope"), ("simulate", "null--slope"),
        ("profile", "null"), ("profile", "slope"), ("deletions", "null"), ("deletions", "slope"),
    }  # fmt: skip
    assert set(found.values()) == {"within"}


def test_what_takes_long_is_left_out_and_the_rest_is_done():
    found = decisions((NULL, expensive(SLOPE)))
    assert {of for (_, of), decision in found.items() if decision == "within"} == {"null"}
    assert found["profile", "slope"] == found["simulate", "null--slope"] == "left_out"


def test_full_effort_leaves_nothing_out():
    assert set(decisions((NULL, expensive(SLOPE)), effort="full").values()) == {"within"}


@pytest.mark.parametrize(
    ("keys", "step", "of"),
    [
        ({"estimation": {"allfit": "always"}}, "allfit", {"null", "slope"}),
        ({"tests": {"bootstrap": "always"}}, "simulate", {"null--slope"}),
        ({"tests": {"ranova": True}}, "deletions", {"null", "slope"}),
        ({"intervals": {"variance": "profile"}}, "profile", {"null", "slope"}),
    ],
)
def test_a_written_word_wins_over_the_effort(keys, step, of):
    found = decisions((NULL, expensive(SLOPE)), effort="quick", **keys)
    assert {name for (kind, name), decision in found.items() if (kind, decision) == (step, "asked")} == of


@pytest.mark.parametrize(
    ("keys", "step"),
    [
        ({"estimation": {"allfit": "never"}}, "allfit"),
        ({"tests": {"ranova": False}}, "deletions"),
        ({"intervals": {"variance": "none", "icc": "none"}}, "profile"),
    ],
)
def test_what_the_spec_forbids_is_not_even_listed(keys, step):
    assert step not in {kind for kind, _ in decisions(effort="full", **keys)}


@pytest.mark.parametrize("effort", ["quick", "normal"])
@pytest.mark.parametrize("factor", [1.0, 10.0, 100.0, 1000.0, 1e5])
def test_the_total_stays_within_the_budget_and_the_useful_comes_first(effort, factor):
    fits = tuple(expensive(fit, factor) for fit in (NULL, SLOPE))
    record = plan_work(spec(effort=effort), fits, (PAIR,))
    done = sum(work.seconds for work in record.work if work.decision == "within")
    assert done <= BUDGETS[effort] == record.budget
    places = [(ORDER.index(work.step), work.seconds) for work in record.work]
    assert places == sorted(places)


def test_budgets_stay_below_what_was_promised():
    assert BUDGETS["quick"] < BUDGETS["normal"] < 20
    assert BUDGETS["full"] is None


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("y ~ x + (1 | g)", "y ~ x + (x | g)"),
        ("y ~ x + (1 | g)", "y ~ x + (1 | g) + (1 | h)"),
        ("y ~ x + (1 | g/h)", "y ~ x + (x | g:h) + (x | g)"),
        ("y ~ x + (1 | g) + (1 | h)", "y ~ x + (x | g) + (x | h)"),
    ],
)
def test_a_larger_model_costs_more(smaller, larger):
    frame = data(30, 40).assign(h=[f"h{i % 7}" for i in range(1200)])
    one, other = (cost_of(fit_lmm(build_design(f, frame)).prepared) for f in (smaller, larger))
    assert all(a < b for a, b in zip(one, other, strict=True))


def test_more_groups_cost_more_and_so_does_a_singular_fit():
    few, many = (fitted("a", "y ~ x + (1 | g)", data(groups)) for groups in (20, 2000))
    assert few.cost.derivatives < many.cost.derivatives
    assert expense.deletions(few) < expense.deletions(many)
    assert expense.simulate([few], 1000) < expense.simulate([many], 1000)
    kinds = ("variance",)
    assert expense.profile(NULL, kinds) < expense.profile(SLOPE, kinds)
    assert expense.allfit(SLOPE, everything=False) < expense.allfit(SLOPE, everything=True)
