"""Coefficients whose names in R are the same, and columns with odd names, as a notebook sees them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlm_steps
from mlm_steps.design import parse_formula
from mlm_steps.errors import FormulaError, UsageError
from mlm_steps.records.spelling import quote_name


@pytest.fixture(scope="module")
def collided():
    frame = pd.read_csv(Path(__file__).parent / "name_collision.csv")
    frame["a"] = pd.Categorical(frame["a"], categories=["x", "bc"])
    frame["ab"] = pd.Categorical(frame["ab"], categories=["y", "c"])
    return mlm_steps.fit("y ~ a + ab + (1 | g)", frame)


def test_two_coefficients_of_one_name_have_numbers_of_their_own(collided):
    # lme4: fixef(lmer(y ~ a + ab + (1 | g))) = -0.603083, 1.486833, 10.491167.
    assert collided.beta.to_dict() == pytest.approx(
        {"(Intercept)": -0.6030833333, "a[bc]": 1.4868333333, "ab[c]": 10.4911666667}, abs=1e-8
    )
    for frame in (collided.vcov, collided.ci, collided.coefficients, collided.confint("wald").table):
        assert list(frame.index) == ["(Intercept)", "a[bc]", "ab[c]"]
    assert {"a[bc]", "ab[c]"} <= set(collided.confint().table.index)
    assert {"a[bc]", "ab[c]"} <= set(collided.bootstrap(10).table.index)


@pytest.mark.parametrize("hypothesis", ["abc = 0", "`abc` = 0", {"abc": 1}])
def test_an_ambiguous_word_is_refused(collided, hypothesis):
    with pytest.raises((FormulaError, UsageError), match=r"abc is ambiguous: a\[bc\] or ab\[c\]"):
        collided.contrast(hypothesis)


@pytest.mark.parametrize("hypothesis", ["ab[c] - a[bc] = 0", {"ab[c]": 1, "a[bc]": -1}])
def test_either_can_be_tested_by_its_own_name(collided, hypothesis):
    difference = collided.contrast(hypothesis).table["estimate"].iloc[0]
    assert difference == pytest.approx(collided.beta["ab[c]"] - collided.beta["a[bc]"])


def test_columns_called_as_other_parameters_do_not_take_their_place():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"g": np.repeat(range(12), 8), "sigma": rng.normal(size=96)})
    frame["r2_marginal"] = rng.normal(size=96)
    frame["y"] = rng.normal(size=96) + frame["sigma"]
    fit = mlm_steps.fit("y ~ sigma + r2_marginal + (1 | g)", frame)
    names = ["sd_(Intercept)|g", "sigma", "(Intercept)", "`sigma`", "`r2_marginal`"]
    assert list(fit.confint().table.index) == names
    drawn = fit.bootstrap(10)
    assert list(drawn.estimates.index[:5]) == names
    assert drawn.estimates["sigma"] == pytest.approx(fit.sigma)
    assert drawn.estimates["`sigma`"] == pytest.approx(fit.beta["sigma"])


ODD = {"y": "Final Score %", "x": "SES (z|score)", "f": "if", "g": "School ID", "h": "é`x"}
FORMULAS = ("{y} ~ {x} * {f} + ({x} | {g}/{h})", "{y} ~ {x} + ({x} || {g}) + (1 | {g}:{h})")


@pytest.mark.parametrize("formula", FORMULAS)
def test_odd_names_change_no_number_of_advice_and_tests(formula):
    plain, odd = (_fitted(formula, names) for names in ({name: name for name in ODD}, ODD))
    assert odd.beta.to_numpy() == pytest.approx(plain.beta.to_numpy())
    here, there = (fit.advice().record.alternatives for fit in (plain, odd))
    assert [(a.remedy, a.ending, a.verdict) for a in there] == [(a.remedy, a.ending, a.verdict) for a in here]
    assert [a.delta_aic for a in there] == pytest.approx([a.delta_aic for a in here], rel=1e-4, abs=1e-4)
    assert [len(a.changes) for a in there] == [len(a.changes) for a in here]
    assert [c.change for a in there for c in a.changes if c.column] == pytest.approx(
        [c.change for a in here for c in a.changes if c.column], rel=1e-3, abs=1e-4
    )
    assert odd.ranova()["LRT"].to_numpy() == pytest.approx(
        plain.ranova()["LRT"].to_numpy(), rel=1e-4, abs=1e-4, nan_ok=True
    )
    names = [index for index in odd.ranova().index if index.startswith("(")]
    for name in names:
        assert parse_formula(f"yy ~ {name}").bars


def _fitted(formula, names):
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(12), 8)
    x = rng.normal(size=96) + rng.normal(size=12)[groups]
    y = rng.normal(size=96) + 0.4 * x + rng.normal(size=12)[groups]
    columns = {"y": y, "x": x, "f": rng.choice(["u", "v:w"], 96), "g": groups, "h": rng.integers(0, 4, 96)}
    frame = pd.DataFrame({names[name]: values for name, values in columns.items()})
    return mlm_steps.fit(formula.format(**{n: quote_name(new) for n, new in names.items()}), frame)


@pytest.mark.parametrize(
    "formula", ["y ~ {a} * {ab} + {abc} * {ab} + ({a} + {abc} | g)", "y ~ {a} * w + {ab} + ({a} || g)"]
)
def test_shared_names_change_no_number(formula):
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(20), 10)
    frame = pd.DataFrame({"g": groups, "abc": rng.normal(size=200), "w": rng.normal(size=20)[groups]})
    frame["a"] = pd.Categorical(rng.choice(["x", "bc"], 200), categories=["x", "bc"])
    frame["ab"] = pd.Categorical(np.where(rng.random(20) < 0.5, "y", "c")[groups], categories=["y", "c"])
    slope = 1 + 0.5 * rng.normal(size=20)[groups]
    frame["y"] = rng.normal(size=200) + rng.normal(size=20)[groups] + slope * (frame["a"] == "bc")
    apart = {"a": "P", "ab": "Q", "abc": "R"}
    for df in ("satterthwaite", "between-within"):
        shared = mlm_steps.fit(formula.format(**{name: name for name in apart}), frame, df=df)
        plain = mlm_steps.fit(formula.format(**apart), frame.rename(columns=apart), df=df)
        assert shared.beta.index.is_unique
        assert shared.beta.to_numpy() == pytest.approx(plain.beta.to_numpy(), rel=1e-6)
        assert shared.df.to_numpy() == pytest.approx(plain.df.to_numpy(), rel=1e-3)
    here, there = (fit.advice().record.alternatives for fit in (shared, plain))
    assert [(a.remedy, a.verdict, len(a.changes)) for a in here] == [
        (a.remedy, a.verdict, len(a.changes)) for a in there
    ]
    assert [c.change for a in here for c in a.changes if c.column] == pytest.approx(
        [c.change for a in there for c in a.changes if c.column], abs=1e-4
    )
