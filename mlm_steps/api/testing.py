"""What a fit says about its terms and its random effects: F tests, and models with less."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import LARGEST_SEED, checked, one_of, optional, whole
from mlm_steps.api.rows import FitRows, Origin
from mlm_steps.design import parse_formula
from mlm_steps.design.hypotheses import SumsOfSquares, term_hypotheses
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import METHODS, CoefficientTests, Reference, reference, test_rows, test_terms

__all__ = ["FitTests", "tests_frame"]

TYPES: tuple[SumsOfSquares, ...] = ("III", "II", "I")
BOTH_WHEN_SINGULAR = ("satterthwaite", "kenward-roger")
"""The one works on theta, which has a bound, the other on the covariances, which have none."""


class FitTests(FitRows):
    """The part of ``Fit`` that tests more than one coefficient at a time."""

    @cached_property
    def reference(self) -> Reference:
        """What the fixed effects are tested with."""
        return reference(self.lmm, self.df_method)

    @cached_property
    def other_coefficients(self) -> dict[str, pd.DataFrame]:
        """The fixed effects of a singular fit by the methods that ``coefficients`` does not show, by name.

        These are Satterthwaite's and Kenward and Roger's, which can differ widely on such fits; none for
        other fits.
        """
        if not self.lmm.singular:
            return {}
        found = [reference(self.lmm, method) for method in BOTH_WHEN_SINGULAR if method != self.df_method]
        names = list(self.lmm.design.columns)
        rows = np.eye(self.lmm.design.p)
        return {
            other.method: tests_frame(test_rows(other, rows, self.confidence), names)
            for other in found
            if other.method != self.reference.method
        }

    @checked(type=one_of(TYPES, "hypotheses are"), df=optional(one_of(METHODS, "degrees of freedom are")))
    def anova(
        self,
        type: SumsOfSquares = "III",  # noqa: A002 - R's word
        *,
        df: str | None = None,
    ) -> pd.DataFrame:
        """Return the F test of each fixed-effects term, as lmerTest's ``anova``.

        Parameters
        ----------
        type : {"III", "II", "I"}
            III: effects averaged over the levels of the factors they interact with; II: what a term adds to
            those that do not contain it; I: what it adds to those before it.
        df : str, optional
            Method of the degrees of freedom; that of the fit by default.

        Returns
        -------
        DataFrame
            Indexed by term, with ``sum_sq``, ``mean_sq``, ``num_df``, ``den_df``, ``F`` and ``p_value``.
            Where collinear columns were dropped, ``includes`` names those that belong to the term or whose
            effects its coefficients include.

        Raises
        ------
        UsageError
            For an unknown type or method.
        """
        against = self.reference if df is None else reference(self.lmm, df)
        origin, design = self._made_from, self.lmm.design
        hypotheses = term_hypotheses(
            design.formula, origin.data, design, kind=type, contrasts=origin.contrasts
        )
        tests = test_terms(against, hypotheses)
        names = {"sum_sq": "sum_sq", "mean_sq": "mean_sq", "num_df": "num_df", "den_df": "den_df", "F": "F"}
        names |= {"p_value": "p"}
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
    def ranova(self, *, seed: int = 1) -> pd.DataFrame:
        """Return the tests of leaving out each random effect, as lmerTest's ``ranova``.

        Of ``(x | g)`` the slope goes with its covariance, so that ``(1 | g)`` is left; a term of one effect
        goes as a whole.

        Parameters
        ----------
        seed : int
            Of the exact tests of single variances.

        Returns
        -------
        DataFrame
            Indexed by what is left out, the whole model first: ``npar``, ``loglik``, ``aic``, ``LRT``,
            ``df``, ``p_value`` (chi-square, as lmerTest has it), ``p_boundary`` (the mixture that holds at
            the boundary) and ``p_rlrt`` (exact, for a single variance and REML); NaN where there is none.
        """
        return _left_out(self.lmm, self._made_from, seed)

    @property
    def heterogeneity(self) -> pd.DataFrame:
        """HLM's chi-square test of each variance; NaN for models with several grouping factors."""
        from mlm_steps.compare.heterogeneity import heterogeneity

        names = ["group", "effect", "statistic", "df", "p", "n_groups"]
        rows = [[getattr(test, name) for name in names] for test in heterogeneity(self.lmm)]
        frame = pd.DataFrame(rows, columns=names).rename(columns={"p": "p_value"})
        return frame.astype({"statistic": float, "df": "Int64", "p_value": float, "n_groups": "Int64"})

    def _other_lines(self) -> list[str]:
        """Return how else the fixed effects of a singular fit can be tested, as text."""
        lines = []
        for method, frame in self.other_coefficients.items():
            shown = frame[["estimate", "se", "df", "t", "p_value"]]
            lines += ["", f"The fit is singular; its fixed effects by {method}:"]
            lines += shown.to_string(float_format=lambda value: f"{value:.5g}").split("\n")
        return lines

    @property
    def _made_from(self) -> Origin:
        if self._origin is None:
            raise UsageError(Fault("", "this fit is at given parameters", "ask the fit it came from"))
        return self._origin


def tests_frame(tests: CoefficientTests, columns: list[str]) -> pd.DataFrame:
    """Return tests of coefficients as a frame, one row per coefficient."""
    names = {"estimate": "estimate", "se": "se", "df": "df", "t": "t", "p_value": "p"}
    names |= {"ci_low": "ci_low", "ci_high": "ci_high"}
    return pd.DataFrame({name: getattr(tests, source) for name, source in names.items()}, index=columns)


def _left_out(fit: LmmFit, origin: Origin, seed: int) -> pd.DataFrame:
    from mlm_steps.compare.deletions import leave_out
    from mlm_steps.compare.simulations import Simulations
    from mlm_steps.design.deletions import single_deletions

    formula, asked = parse_formula(fit.design.formula), Simulations(seed)
    tests = [
        leave_out(fit, deletion, asked=asked, step=f"ranova/{deletion.label}", control=origin.control)
        for deletion in single_deletions(formula, origin.data, fit.design, contrasts=origin.contrasts)
    ]
    whole = {"npar": fit.npar, "loglik": -fit.criterion / 2, "aic": fit.criterion + 2 * fit.npar}
    names = {"npar": "npar", "loglik": "loglik", "aic": "aic", "statistic": "LRT", "df": "df"}
    names |= {"p_naive": "p_value", "p_boundary": "p_boundary", "p_rlrt": "p_rlrt"}
    rows = [whole, *({name: getattr(test, name) for name in names} for test in tests)]
    index = pd.Index(["<none>", *(test.term for test in tests)], name="term")
    frame = pd.DataFrame(rows, index=index, columns=list(names)).rename(columns=names)
    return frame.astype({name: "Int64" if name in ("npar", "df") else float for name in frame.columns})
