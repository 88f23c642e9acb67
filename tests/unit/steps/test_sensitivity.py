"""What the step of variants takes over from the step of influence."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mlm_steps.records.failure import Absence
from mlm_steps.records.influence import FactorInfluence, InfluenceRecord, ModelInfluence
from mlm_steps.steps.sensitivity import _distances, _is_current

COOK = (0.1, None, 0.3)


def record(**changed):
    """Return the influence of three schools on one rung; the model has no estimates without the second."""
    values = {"n_levels": 3, "cook": COOK, "reasons": {"b": "no rows"}} | changed
    factor = FactorInfluence(grouping_factor="school", **values)
    none = {"df_method": "z", "alpha": 0.05, "columns": (), "components": (), "rows": ()}
    return InfluenceRecord(models=(ModelInfluence(model="slope", factors=(factor,), **none),))


def session(outcome):
    return SimpleNamespace(outcome=lambda *_: outcome)


@pytest.mark.parametrize("approximate", [False, True])
def test_the_distances_of_all_levels_are_taken_over(approximate):
    found = _distances(session(record(approximate=approximate)), "slope")
    assert list(found) == ["school"]
    assert found["school"].approximate is approximate
    np.testing.assert_array_equal(found["school"].cook, [0.1, np.nan, 0.3])


@pytest.mark.parametrize(
    ("given", "model"),
    [
        (session(Absence(absent="failed", step="influence", reason="no disk")), "slope"),
        (session(record()), "cross"),
        (session(record(n_levels=4)), "slope"),
        (session(record(reasons={})), "slope"),
        (session(record(cook=(), reasons={}, code="too_large")), "slope"),
    ],
    ids=["failed", "another rung", "some levels", "infinite", "not deleted"],
)
def test_distances_that_are_not_complete_are_computed_again(given, model):
    assert _distances(given, model) == {}


@pytest.mark.parametrize(
    ("needs", "current", "read"),
    [
        (("fit/slope", "influence"), True, True),
        (("fit/slope", "influence"), False, False),
        (("fit/slope",), True, False),
    ],
)
def test_only_a_step_that_comes_after_a_current_step_of_influence_reads_its_record(needs, current, read):
    plan = SimpleNamespace(step=lambda _: SimpleNamespace(needs=needs, current=current))
    assert _is_current(SimpleNamespace(plan=plan), "sensitivity/exclude_influential") is read
