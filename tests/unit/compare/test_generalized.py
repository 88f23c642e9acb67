"""Comparisons of generalized models: what is nested, and Wald's test beside the likelihood ratio test."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.compare import compare_lrt
from mlm_steps.compare.mixtures import boundary_null
from mlm_steps.compare.nesting import relate
from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates
from mlm_steps.records.response import Response

POISSON = Response("poisson", "log")
NB = Response("negative_binomial", "log")
BINOMIAL = Response("binomial", "logit")


def frame(seed=2, J=20, m=10):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(J), m)
    x = rng.normal(size=g.size)
    eta = 0.5 + 0.3 * x + 0.4 * rng.normal(size=J)[g]
    return pd.DataFrame({"g": g.astype(str), "x": x, "y": rng.poisson(np.exp(eta)).astype(float)})


def design(formula, response, data=None):
    return build_design(formula, frame() if data is None else data, response=response)


@pytest.mark.parametrize(
    ("smaller", "larger", "changed", "df", "mixture"),
    [
        (("y ~ x + (1 | g)", POISSON), ("y ~ x + (1 | g)", NB), "family", 1, [(0, 0.5), (1, 0.5)]),
        (("y ~ 1 + (1 | g)", POISSON), ("y ~ x + (1 | g)", NB), "both", 2, [(1, 0.5), (2, 0.5)]),
        (
            ("y ~ x + (1 | g)", POISSON), ("y ~ x + (1 | g) + (0 + x | g)", NB), "variance", 2,
            [(0, 0.25), (1, 0.5), (2, 0.25)],
        ),
        (("y ~ x + (1 | g)", NB), ("y ~ x + (x | g)", NB), "variance", 2, [(1, 0.5), (2, 0.5)]),
    ],
)  # fmt: skip
def test_the_dispersion_is_a_parameter_at_its_bound(smaller, larger, changed, df, mixture):
    one, other = design(*smaller), design(*larger)
    relation = relate(one, other)
    assert (relation.nested, relation.changed, relation.df) == (True, changed, df)
    null = boundary_null(one, other, relation.up)
    assert [(part.df, part.weight) for part in null.mixture] == mixture


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        (NB, POISSON),
        (Response("binomial", "logit"), Response("binomial", "probit")),
        (POISSON, Response("gamma", "log")),
    ],
)
def test_other_families_and_links_are_not_nested(smaller, larger):
    data = frame().assign(y=lambda d: np.minimum(d.y, 1.0))
    data.loc[data.y == 0, "y"] = 1e-9 if larger.family == "gamma" else 0.0
    one, other = (replace(design("y ~ x + (1 | g)", POISSON, data), response=r) for r in (smaller, larger))
    assert not relate(one, other).nested


def test_a_large_effect_whose_wald_test_fails_is_said():
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(12), 10)
    f = np.tile([0.0, 1.0], 60)
    y = np.where(f == 1, rng.random(120) < 0.5, False).astype(float)
    y[0] = 1.0  # one event in the first half: the odds ratio is large, and so is its standard error
    data = pd.DataFrame({"g": g.astype(str), "f": f, "y": y})
    smaller, larger = (Estimates(design(f"y ~ {rhs} + (1 | g)", BINOMIAL, data)) for rhs in ("1", "f"))
    record = compare_lrt(smaller, larger, names=("a", "b"), method="ML")
    assert {n.code for n in record.notices} == {"hauck_donner"}
    assert "use the likelihood ratio test" in record.notices[0].text


def test_an_ordinary_effect_has_no_such_notice():
    smaller, larger = (Estimates(design(f"y ~ {rhs} + (1 | g)", POISSON)) for rhs in ("1", "x"))
    record = compare_lrt(smaller, larger, names=("a", "b"), method="ML")
    assert record.notices == ()
    assert record.prv == ()
    assert record.p_rlrt_code == "not_applicable"
