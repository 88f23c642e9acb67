"""Tests of terms and of random effects: ``anova``, ``ranova`` and HLM's test of heterogeneity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import LARGEST_SEED, checked, one_of, optional, whole
from mlm_steps.api.responses import a_df_method
from mlm_steps.api.state import FitState
from mlm_steps.compare import COMPARISONS
from mlm_steps.compare.deletions import leave_out
from mlm_steps.compare.heterogeneity import heterogeneity as variance_tests
from mlm_steps.compare.simulations import Simulations
from mlm_steps.design import parse_formula
from mlm_steps.design.deletions import single_deletions
from mlm_steps.design.hypotheses import SumsOfSquares, term_hypotheses
from mlm_steps.design.matrices import Design
from mlm_steps.design.single_terms import droppable, lost_rows
from mlm_steps.engine import Estimates
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.inference import METHODS, JointTest, Reference, reference, test_terms

__all__ = ["anova", "drop1", "heterogeneity", "ranova"]

DROP_TESTS = ("F", "LRT")
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
    against = _against(state, df)
    origin, design = state.source, state.fit.design
    hypotheses = term_hypotheses(design.formula, origin.data, design, kind=type, contrasts=origin.contrasts)
    tests = test_terms(against, hypotheses)
    frame = _tests_frame(tests, linear=design.response.linear)
    if design.dropped:
        includes = design.term_aliases
        frame["includes"] = [", ".join(includes.get(term, ())) for term in tests]
    return frame


def _against(state: FitState, df: str | None) -> Reference:
    """Return the reference distribution by a method, or by that of the fit."""
    if df is None:
        return state.reference
    return reference(state.fit, a_df_method(state.fit.design.response, df))


def _tests_frame(tests: Mapping[str, JointTest | None], *, linear: bool) -> pd.DataFrame:
    """Return one row per term; NaN for a term without a test."""
    names = {"sum_sq": "sum_sq", "mean_sq": "mean_sq", "num_df": "num_df", "den_df": "den_df", "F": "F"}
    names |= {"p_value": "p"}
    if not linear:
        names = {"num_df": "num_df", "den_df": "den_df", "chisq": "chisq", "F": "F", "p_value": "p"}
    nothing = {name: 0 if name == "num_df" else np.nan for name in names}
    rows = [
        nothing if test is None else {name: getattr(test, field) for name, field in names.items()}
        for test in tests.values()
    ]
    return pd.DataFrame(rows, index=pd.Index(list(tests), name="term"), columns=list(names))


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
        leave_out(fit, deletion, asked=asked, control=origin.control)
        for deletion in single_deletions(formula, origin.data, fit.design, contrasts=origin.contrasts)
    ]
    whole_model = {"npar": fit.npar, "loglik": -fit.criterion / 2, "aic": fit.criterion + 2 * fit.npar}
    names = {"npar": "npar", "loglik": "loglik", "aic": "aic", "statistic": "LRT", "df": "df"}
    names |= {"p_naive": "p_value", "p_boundary": "p_boundary", "p_rlrt": "p_rlrt"}
    rows = [whole_model, *({name: getattr(test, name) for name in names} for test in tests)]
    index = pd.Index(["<none>", *(test.term for test in tests)], name="term")
    frame = pd.DataFrame(rows, index=index, columns=list(names)).rename(columns=names)
    return frame.astype({name: "Int64" if name in ("npar", "df") else float for name in frame.columns})


@checked(
    test=optional(one_of(DROP_TESTS, "tests are")), df=optional(one_of(METHODS, "degrees of freedom are"))
)
def drop1(state: FitState, test: str | None = None, *, df: str | None = None) -> pd.DataFrame:
    """Return the test of removing each fixed-effects term that no other term contains, as R's ``drop1``.

    An interaction is tested, its main effects are not, as long as it is in the model. The rows of the fit
    stay the same. For ``F`` the columns are those of ``anova``; for ``LRT`` the first row is the full model,
    and they are ``npar``, ``aic``, ``LRT``, ``df`` and ``p_value`` of ML fits; NaN if there is no test.

    Parameters
    ----------
    test : {"F", "LRT"}, optional
        The F test of the fit without refits, as lmerTest's ``drop1``, or the likelihood ratio test of ML
        refits, as lme4's. Default: ``F`` for a linear model, else ``LRT``.
    df : str, optional
        Method of the degrees of freedom of F tests. Default: the method of the fit.
    """
    smaller = droppable(state.fit.design, state.source.data, contrasts=state.source.contrasts)
    if test == "F" or (test is None and state.fit.design.response.linear):
        against = _against(state, df)
        return _tests_frame(
            test_terms(
                against, {label: lost_rows(state.fit.design, each) for label, each in smaller.items()}
            ),
            linear=state.fit.design.response.linear,
        )
    return _dropped_by_lrt(state, smaller)


def _dropped_by_lrt(state: FitState, smaller: Mapping[str, Design]) -> pd.DataFrame:
    full, control = state.estimates, state.source.control
    rows: list[dict[str, object]] = [{"npar": state.fit.npar, "aic": _aic(full)}]
    for label, design in smaller.items():
        without = Estimates(design, control=control, agq=state.fit.agq)
        record = COMPARISONS["lrt"](
            without, full, names=(f"without {label}", "full"), method="ML", asked=Simulations(0)
        )
        rows.append(
            {
                "npar": without.under("ML").npar,
                "aic": _aic(without),
                "LRT": record.statistic,
                "df": record.df,
                "p_value": record.p_naive,
            }
        )
    index = pd.Index(["<none>", *smaller], name="term")
    frame = pd.DataFrame(rows, index=index, columns=["npar", "aic", "LRT", "df", "p_value"])
    return frame.astype({name: "Int64" if name in ("npar", "df") else float for name in frame.columns})


def _aic(estimates: Estimates) -> float:
    fit = estimates.under("ML")
    return fit.criterion + 2.0 * fit.npar


def heterogeneity(fit: LmmFit) -> pd.DataFrame:
    """Return HLM's chi-square tests of the variances as a frame."""
    names = ["group", "effect", "statistic", "df", "p", "n_groups"]
    rows = [[getattr(test, name) for name in names] for test in variance_tests(fit)]
    frame = pd.DataFrame(rows, columns=names).rename(columns={"p": "p_value"})
    return frame.astype({"statistic": float, "df": "Int64", "p_value": float, "n_groups": "Int64"})
