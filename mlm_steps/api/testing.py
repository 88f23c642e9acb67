"""Tests of terms and of random effects: ``anova``, ``ranova`` and HLM's test of heterogeneity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import LARGEST_SEED, checked, one_of, optional, whole
from mlm_steps.api.responses import a_df_method
from mlm_steps.api.state import FitState
from mlm_steps.compare.deletions import leave_out
from mlm_steps.compare.heterogeneity import heterogeneity as variance_tests
from mlm_steps.compare.simulations import Simulations
from mlm_steps.design import parse_formula
from mlm_steps.design.deletions import single_deletions
from mlm_steps.design.hypotheses import SumsOfSquares, term_hypotheses
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.inference import METHODS, reference, test_terms

__all__ = ["anova", "heterogeneity", "ranova"]

TYPES: tuple[SumsOfSquares, ...] = ("III", "II", "I")


@checked(type=one_of(TYPES, "hypotheses are"), df=optional(one_of(METHODS, "degrees of freedom are")))
def anova(state: FitState, type: SumsOfSquares = "III", *, df: str | None = None) -> pd.DataFrame:  # noqa: A002 - R's word
    """Return the F test of each fixed-effects term, as lmerTest's ``anova``.

    The columns are ``sum_sq``, ``mean_sq``, ``num_df``, ``den_df``, ``F`` and ``p_value``. ``includes``
    names the dropped collinear columns whose effects the coefficients of the term include.

    Parameters
    ----------
    type : {"III", "II", "I"}
        III: effects averaged over the levels of the interacting factors; II: each term adjusted for the
        terms that do not contain it; I: each term adjusted for the terms before it.
    df : str, optional
        Method of the degrees of freedom. Default: the method of the fit.
    """
    against = (
        state.reference if df is None else reference(state.fit, a_df_method(state.fit.design.response, df))
    )
    origin, design = state.source, state.fit.design
    hypotheses = term_hypotheses(design.formula, origin.data, design, kind=type, contrasts=origin.contrasts)
    tests = test_terms(against, hypotheses)
    names = {"sum_sq": "sum_sq", "mean_sq": "mean_sq", "num_df": "num_df", "den_df": "den_df", "F": "F"}
    names |= {"p_value": "p"}
    if not design.response.linear:
        names = {"num_df": "num_df", "den_df": "den_df", "chisq": "chisq", "F": "F", "p_value": "p"}
    nothing = {name: 0 if name == "num_df" else np.nan for name in names}
    rows = [
        nothing if test is None else {name: getattr(test, field) for name, field in names.items()}
        for test in tests.values()
    ]
    frame = pd.DataFrame(rows, index=pd.Index(list(tests), name="term"), columns=list(names))
    if design.dropped:
        includes = design.term_aliases
        frame["includes"] = [", ".join(includes.get(term, ())) for term in tests]
    return frame


@checked(seed=whole(0, LARGEST_SEED))
def ranova(state: FitState, *, seed: int = 1) -> pd.DataFrame:
    """Return the tests of removing each random effect, as lmerTest's ``ranova``.

    Removing the slope of ``(x | g)`` also removes its covariance and gives ``(1 | g)``; a term with one
    effect is removed entirely. The first row is the full model. The columns are ``npar``,
    ``loglik``, ``aic``, ``LRT``, ``df``, ``p_value`` (chi-square, as in lmerTest), ``p_boundary`` (the
    mixture that holds at the boundary) and ``p_rlrt`` (exact, for a single variance and REML, drawn with
    ``seed``); NaN if there is no test.
    """
    fit, origin = state.fit, state.source
    formula, asked = parse_formula(fit.design.formula), Simulations(seed)
    tests = [
        leave_out(fit, deletion, asked=asked, step=f"ranova/{deletion.label}", control=origin.control)
        for deletion in single_deletions(formula, origin.data, fit.design, contrasts=origin.contrasts)
    ]
    whole_model = {"npar": fit.npar, "loglik": -fit.criterion / 2, "aic": fit.criterion + 2 * fit.npar}
    names = {"npar": "npar", "loglik": "loglik", "aic": "aic", "statistic": "LRT", "df": "df"}
    names |= {"p_naive": "p_value", "p_boundary": "p_boundary", "p_rlrt": "p_rlrt"}
    rows = [whole_model, *({name: getattr(test, name) for name in names} for test in tests)]
    index = pd.Index(["<none>", *(test.term for test in tests)], name="term")
    frame = pd.DataFrame(rows, index=index, columns=list(names)).rename(columns=names)
    return frame.astype({name: "Int64" if name in ("npar", "df") else float for name in frame.columns})


def heterogeneity(fit: LmmFit) -> pd.DataFrame:
    """Return HLM's chi-square tests of the variances as a frame."""
    names = ["group", "effect", "statistic", "df", "p", "n_groups"]
    rows = [[getattr(test, name) for name in names] for test in variance_tests(fit)]
    frame = pd.DataFrame(rows, columns=names).rename(columns={"p": "p_value"})
    return frame.astype({"statistic": float, "df": "Int64", "p_value": float, "n_groups": "Int64"})
