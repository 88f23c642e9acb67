"""What the step of variants takes over from the step of influence."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mlm_steps.records.failure import Absence
from mlm_steps.records.influence import FactorInfluence, InfluenceRecord, ModelInfluence
from mlm_steps.steps.sensitivity import _distances

COOK = (0.1, None, 0.3)


def record(**changed):
    """Return the influence of three schools on one rung; the model has no estimates without the second."""
    values = {"n_levels": 3, "cook": COOK, "reasons": {"b": "no rows"}} | changed
    factor = FactorInfluence(grouping_factor="school", **values)
    none = {"df_method": "z", "alpha": 0.05, "columns": (), "components": (), "rows": ()}
    return InfluenceRecord(models=(ModelInfluence(model="slope", factors=(factor,), **none),))


def session(outcome, *, diagnostics="quick", current=True):
    return SimpleNamespace(
        spec=SimpleNamespace(diagnostics=diagnostics),
        plan=SimpleNamespace(step=lambda _: SimpleNamespace(current=current)),
        outcome=lambda *_: outcome,
    )


@pytest.mark.parametrize("approximate", [False, True])
def test_the_distances_of_all_levels_are_taken_over(approximate):
    found = _distances(session(record(approximate=approximate)), "slope")
    assert list(found) == ["school"]
    assert found["school"].approximate is approximate
    np.testing.assert_array_equal(found["school"].cook, [0.1, np.nan, 0.3])


@pytest.mark.parametrize(
    ("given", "model"),
    [
        (session(record(), diagnostics="none"), "slope"),
        (session(record(), current=False), "slope"),
        (session(Absence(absent="failed", step="influence", reason="no disk")), "slope"),
        (session(record()), "cross"),
        (session(record(n_levels=4)), "slope"),
        (session(record(reasons={})), "slope"),
        (session(record(cook=(), reasons={}, code="too_large")), "slope"),
    ],
    ids=["not asked", "not current", "failed", "another rung", "some levels", "infinite", "not deleted"],
)
def test_distances_that_are_not_complete_or_not_current_are_computed_again(given, model):
    assert _distances(given, model) == {}
