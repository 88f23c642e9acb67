"""Alternatives to generalized models: dispersion, approximation, separation, and singular fits."""

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates
from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.records.response import Response
from mlm_steps.remedies.advice import Subject, advise, status_of
from mlm_steps.remedies.columns import with_columns
from mlm_steps.remedies.distribution import DISTRIBUTION

COUNTS, YES = Response("poisson", "log", None, None), Response("binomial", "logit", None, None)
SAME = 1e-4
"""Estimates of two searches for one optimum, in standard errors."""


def frame(seed=3, groups=40, size=6, noise=0.7):
    rng = np.random.default_rng(seed)
    n = groups * size
    g, x = np.repeat(np.arange(groups), size), rng.normal(size=n)
    f = rng.choice(list("abc"), n)
    b = rng.normal(0.0, 0.6, groups)[g]
    eta = 0.3 + 0.5 * x + b
    yes = rng.binomial(1, 1 / (1 + np.exp(-eta)))
    yes[f == "c"] = 0
    return pd.DataFrame(
        {
            "g": [f"g{each:02d}" for each in g],
            "x": x,
            "f": f,
            "row": 1.0,
            "even": rng.poisson(np.exp(eta)),
            "uneven": rng.poisson(np.exp(eta + rng.normal(0.0, noise, n))),
            "yes": yes,
        }
    )


def advice(text, data, response, agq=1):
    estimates = Estimates(build_design(text, data, response=response), agq=agq)
    subject = Subject("m", parse_formula(text), estimates, "ML", data)
    return advise(subject, status=status_of(subject.fit)), subject.fit


def test_extra_variation_leads_to_both_distributions_each_tested():
    found, fit = advice("uneven ~ x + (1 | g)", frame(), COUNTS)
    first, second = found.alternatives
    assert (first.remedy, second.remedy) == ("olre", "negative_binomial")
    assert first.formula == "uneven ~ x + (1 | g) + (1 | row_)"
    for other in found.alternatives:
        assert other.verdict == "clearly_better"
        assert other.statistic == pytest.approx(fit.deviance - other.criterion)
        assert other.p_boundary == pytest.approx(other.p_naive / 2)
        assert other.delta_aic == pytest.approx(2.0 - other.statistic)
        x = next(change for change in other.changes if change.column == "x")
        assert x.se_ratio > 1.0


def test_a_model_that_holds_has_no_alternative():
    assert advice("even ~ x + (1 | g)", frame(), COUNTS)[0].alternatives == ()
    assert (
        advice("uneven ~ x + (1 | g)", frame(), Response("negative_binomial", "log", None, None))[
            0
        ].alternatives
        == ()
    )


def test_a_term_per_row_is_not_added_twice():
    data = frame()
    data["obs"] = [f"o{i}" for i in range(len(data))]
    assert advice("uneven ~ x + (1 | g) + (1 | obs)", data, COUNTS)[0].alternatives == ()


def test_a_separated_level_is_merged_or_left_out():
    found, fit = advice("yes ~ x + f + (1 | g)", frame(4, size=12), YES)
    assert np.isinf(fit.beta).any()
    by_word = {other.remedy: other for other in found.alternatives}
    merged, dropped = by_word["merge_level"], by_word["drop_level"]
    assert merged.formula == "yes ~ x + f_merged + (1 | g)"
    assert merged.df == 1
    assert merged.statistic == pytest.approx(merged.criterion - fit.deviance)
    assert dropped.verdict == "other_rows"
    assert (dropped.delta_aic, dropped.statistic) == (None, None)
    assert dropped.criterion == pytest.approx(fit.deviance)  # the separated rows have density 1 in the limit
    kept = [change for change in dropped.changes if change.estimate is not None]
    assert {change.column for change in kept} == {"(Intercept)", "x", "fb"}
    assert max(abs(change.change_se) for change in kept) < SAME


def test_quadrature_is_proposed_where_laplace_is_inaccurate():
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(60), 4)
    x = rng.normal(size=g.size)
    eta = x + rng.normal(0.0, 3.0, 60)[g]
    data = pd.DataFrame({"g": [f"g{i:02d}" for i in g], "x": x, "y": rng.binomial(1, 1 / (1 + np.exp(-eta)))})
    found, fit = advice("y ~ x + (1 | g)", data, YES)
    assert "laplace_inaccurate" in {notice.code for notice in fit.notices}
    (other,) = found.alternatives
    assert (other.remedy, other.verdict, other.delta_aic) == ("quadrature", "more_exact", None)
    assert other.max_dbeta_se > 0.05
    assert advice("y ~ x + (1 | g)", data, YES, agq=25)[0].alternatives == ()


def test_a_singular_model_can_be_simplified_to_no_random_effects():
    data = frame().assign(even=np.tile([0, 1, 2, 1, 0, 3], 40))  # all groups are alike
    found, fit = advice("even ~ 1 + (1 | g)", data, COUNTS)
    assert fit.singular
    other = next(a for a in found.alternatives if "|" not in a.formula)
    assert (other.verdict, other.df, other.ending) == ("no_worse", 1, "converged")
    assert other.statistic == pytest.approx(0.0, abs=1e-6)
    assert other.npar == fit.npar - 1


def test_a_linear_model_has_none_of_these():
    data = frame().assign(y=lambda d: np.log(d["even"] + 1.0))
    estimates = Estimates(build_design("y ~ x + (1 | g)", data))
    subject = Subject("m", parse_formula("y ~ x + (1 | g)"), estimates, "REML", data)
    remedies = {a.remedy for a in advise(subject, status=status_of(subject.fit)).alternatives}
    assert not remedies & set(DISTRIBUTION)


def test_a_merged_column_keeps_order_and_missing_values():
    column = DerivedColumn(name="m", source="f", kind="merge", within=(), levels=("c", "b"))
    data = pd.DataFrame(
        {"f": pd.Categorical(["a", "c", None, "b"], categories=["c", "b", "a"], ordered=True)}
    )
    made = with_columns(data, [column])["m"]
    assert list(made.cat.categories) == ["b", "a"]
    assert made.cat.ordered
    assert made.astype(object).where(made.notna(), None).tolist() == ["a", "b", None, "b"]
