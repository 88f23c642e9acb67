"""Verdicts on declared hypotheses."""

from __future__ import annotations

import pytest

from mlm_steps.records.fit import Coefficient, FitRecord, TermTest
from mlm_steps.records.hypotheses import DeclaredHypothesis, judged
from mlm_steps.records.run import RunRecords


def coefficient(
    column: str, term: str, estimate: float, p: float | None, *, dropped: bool = False
) -> Coefficient:
    return Coefficient(
        term=term, column=column, level="1", symbol="γ10", estimate=estimate, se=1.0, df=10.0,
        df_method="satterthwaite", statistic=1.0, p=p, ci_low=0.0, ci_high=1.0, ci_method="Wald",
        dropped=dropped,
    )  # fmt: skip


def fit(model: str, *coefficients: Coefficient, anova: tuple[TermTest, ...] = ()) -> FitRecord:
    return FitRecord.model_construct(
        model=model, confidence=0.95, coefficients=coefficients, anova=anova, shared_names={}
    )


SIMPLE = fit("l1", coefficient("x", "x", 2.0, 0.001))
FULL = fit(
    "l2",
    coefficient("x", "x", -2.0, 0.05),
    coefficient("fb", "f", 1.0, 0.2),
    coefficient("fc", "f", 2.0, 0.001),
    coefficient("x:fb", "x:f", 1.0, 0.01),
    coefficient("x:fc", "x:f", 1.0, None, dropped=True),
    anova=(TermTest(type="III", term="f", num_df=2, df_method="satterthwaite", p=0.03),),
)


@pytest.mark.parametrize(
    ("term", "rung", "direction", "model", "verdict"),
    [
        ("x", "l1", "positive", "l1", "supported"),
        ("x", "l1", "any", "l1", "supported"),
        ("x", "l1", "negative", "l1", "contradicted"),
        ("x", None, "negative", "l2", "unclear"),  # p = .05 is not below .05
        ("f", None, "any", "l2", "supported"),
        ("fb", None, "positive", "l2", "unclear"),
        ("f:x", None, "positive", "l2", "supported"),  # one of its coefficients was dropped
        ("fc:x", None, "positive", None, "untested"),
        ("x", "failed", "positive", None, "untested"),
    ],
)
def test_a_verdict_follows_from_p_and_sign(term, rung, direction, model, verdict):
    hypothesis = DeclaredHypothesis(name="H1", text="t", term=term, rung=rung, direction=direction)
    found = judged(hypothesis, (SIMPLE, FULL))
    assert (None if found.fit is None else found.fit.model, found.verdict) == (model, verdict)


def test_the_joint_test_of_a_term_has_no_coefficient():
    found = judged(DeclaredHypothesis(name="H1", text="t", term="f"), (SIMPLE, FULL))
    assert found.coefficient is None
    assert found.test == FULL.anova[0]


@pytest.mark.parametrize(
    ("chosen", "rung", "headline"),
    [(None, None, "l2"), ("l1", None, "l1"), ("failed", None, "l2"), (None, "l1", "l1"), ("l2", "l1", "l2")],
)
def test_the_headline_is_the_chosen_rung_else_that_of_a_hypothesis_else_the_last(chosen, rung, headline):
    hypotheses = (DeclaredHypothesis(name="H1", text="t", term="x", rung=rung),) if rung else ()
    run = RunRecords(
        name="r", title="R", labels=None, data_profile=None, prelude=(), fits=(SIMPLE, FULL), failed={},
        comparisons=(), variance=(), modes={}, chosen=chosen, hypotheses=hypotheses,
    )  # fmt: skip
    assert run.headline.model == headline
