"""Models given in the wrong order, missing values in new data, degenerate terms and outcomes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.api import Control
from mlm_steps.engine.search import search
from mlm_steps.engine.search.optimize import minimise
from mlm_steps.errors import DesignError, FitError


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(0)
    g = np.repeat(np.arange(12), 6)
    x, z, noise = generator.normal(size=(3, 72))
    y = 5 + x + generator.normal(size=12)[g] + noise
    return pd.DataFrame({"y": y, "x": x, "z": z, "f": generator.choice(list("pq"), 72), "g": g})


def test_models_given_the_other_way_round_are_exchanged(frame):
    small, large = (mlm_steps.fit(f"y ~ {fixed} + (1 | g)", frame) for fixed in ("x", "x + z"))
    usual, turned = mlm_steps.compare(small, large), mlm_steps.compare(large, small)
    assert (turned.statistic, turned.df, turned.p_value) == (usual.statistic, usual.df, usual.p_value)
    assert turned.smaller is small
    assert "The models were given the other way round" in repr(turned)
    named = mlm_steps.compare(large, small, names=("full", "null"))
    assert (named.record.smaller, named.record.larger) == ("null", "full")
    assert "other way round" not in repr(usual)


def test_outcomes_of_one_name_and_other_values_are_told_apart(frame):
    small = mlm_steps.fit("y ~ x + (1 | g)", frame)
    other = mlm_steps.fit("y ~ x + z + (1 | g)", frame.assign(y=frame.y.where(frame.index != 3, 9.0)))
    reason = mlm_steps.compare(small, other).record.reason
    assert "have different values of y: 1 of 72 rows differ, the first is row 4" in reason


def test_missing_values_in_new_data_are_reported_as_such(frame):
    fit = mlm_steps.fit("y ~ x + (1 | g)", frame)
    new = pd.DataFrame({"x": [0.0, np.nan, 1.0, 2.0], "g": [1, 2, np.nan, 99]})
    codes = {notice.code: notice.text for notice in fit.predict(new, random=True).notices}
    assert codes["rows_incomplete"] == "1 of 4 rows have no prediction, for they miss values of x."
    assert codes["missing_group"].startswith("1 of 4 rows have no value of g;")
    assert codes["unknown_group"].startswith("1 of 4 rows have groups of g that the fit does not know;")
    assert not fit.predict(frame, random=True).notices
    assert [notice.code for notice in fit.predict(new).notices] == ["rows_incomplete"]


def test_an_outcome_of_the_groups_is_refused_as_such(frame):
    outcome = frame.groupby("g").x.transform("mean")
    with pytest.raises(FitError, match="'m' is constant within groups: it belongs to g"):
        mlm_steps.fit("m ~ z + (1 | g)", frame.assign(m=outcome))


@pytest.mark.parametrize("term", ["(g | g)", "(x + g | g)", "(factor(g) | g)", "(g || g)", "(0 + g | g)"])
def test_a_factor_has_no_slope_within_itself(frame, term):
    with pytest.raises(DesignError, match="does not vary within g, so it has no slope there"):
        mlm_steps.fit(f"y ~ x + {term}", frame)


def test_a_double_bar_with_a_factor_says_that_its_coding_matters(frame):
    texts = [n.text for n in mlm_steps.fit("y ~ f + (f || g)", frame).notices if n.code == "double_bar_split"]
    assert "the fit depends on how f is coded: other contrasts or another reference level" in texts[0]


def test_a_dropped_column_is_said_to_change_its_neighbours(frame):
    fit = mlm_steps.fit("y ~ f + x + z + w + (1 | g)", frame.assign(w=2 * frame.x - frame.z))
    (notice,) = [notice for notice in fit.notices if notice.code == "rank_deficient"]
    assert "The coefficients of x, z therefore include the effects left out" in notice.text
    marked = [line.split()[0] for line in str(fit).splitlines() if " †" in line]
    assert marked == ["x", "z"]
    assert fit.anova()["includes"].to_dict() == {"f": "", "x": "w", "z": "w", "w": "w"}
    assert "includes" not in mlm_steps.fit("y ~ f + x + z + (1 | g)", frame).anova()


def test_a_column_of_zeros_is_not_called_a_combination(frame):
    cells = frame.assign(q=np.where(np.arange(len(frame)) % 2, "u", "v"))
    cells = cells[~((cells.f == cells.f.max()) & (cells.q == "v"))]
    fit = mlm_steps.fit("y ~ f * q + (1 | g)", cells)
    (notice,) = [notice for notice in fit.notices if notice.code == "rank_deficient"]
    assert "0 in all rows (as for a combination of levels that no row has) and cannot be" in notice.text
    assert "linear combination" not in notice.text
    assert " †" not in str(fit)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 6, 9, 14])
@pytest.mark.parametrize("formula", ["y ~ x + (x | g)", "y ~ x + (x | g) + (1 | h)"])
def test_a_search_takes_no_more_evaluations_than_it_may(monkeypatch, formula, most):
    generator = np.random.default_rng(1)
    n = 1500
    many = pd.DataFrame({"g": generator.integers(0, 150, n), "h": generator.integers(0, 120, n)})
    many["x"] = generator.normal(size=n)
    effects = generator.normal(size=150)[many.g] + generator.normal(size=120)[many.h]
    many["y"] = effects + generator.normal(size=n)
    taken = []

    def counted(objective, start, **settings):
        calls = []

        def counting(theta, hessian):
            calls.append(theta)
            return objective(theta, hessian)

        found = minimise(counting, start, **settings)
        taken.append((len(calls), found.evaluations))
        return found

    monkeypatch.setattr(search, "minimise", counted)
    mlm_steps.fit(formula, many, control=Control(max_evaluations=most))
    assert taken
    for calls, counted_as in taken:
        assert calls == counted_as <= most
