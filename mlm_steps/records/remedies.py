"""The record of singular and doubtful rungs, their alternatives, and the remedies applied."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Part, Record

__all__ = [
    "Alternative",
    "CoefficientChange",
    "DerivedColumn",
    "Deviation",
    "Ending",
    "RemedyRecord",
    "RungAdvice",
    "SingularDirection",
    "TermDiagnosis",
    "Trial",
    "Verdict",
]

Ending = Literal["converged", "singular", "failed", "not_estimable"]
Verdict = Literal[
    "no_worse",
    "clearly_worse",
    "clearly_better",
    "no_better",
    "other_model",
    "more_exact",
    "other_rows",
    "still_singular",
    "converges",
    "not_converged",
    "not_estimable",
]


AT_FAULT = ("laplace_inaccurate", "separation")
"""Codes of notices of a fit for which there are alternatives."""


class DerivedColumn(Part):
    """A column that a remedy makes from the analysis sample."""

    name: str
    source: str
    kind: Literal["center", "mean", "row", "merge"]
    """``center``: the source minus its mean; ``mean``: the mean; ``row``: a level per row; ``merge``: the
    source with one level replaced by another."""
    within: tuple[str, ...]
    """Columns of the grouping factor within which means are taken; empty for the mean of all rows."""
    level: Literal["1", "2", "3"] = "1"
    """Its level in the hierarchy."""
    levels: tuple[str, ...] = ()
    """Of ``merge``: the level that is replaced, and the level that replaces it."""

    @property
    def words(self) -> str:
        """How it is made, for example ``ses centred within school``."""
        if self.kind == "row":
            return "number of the row"
        if self.kind == "merge":
            return f"{self.source} with {' merged with '.join(self.levels)}"
        of = f" within {':'.join(self.within)}" if self.within else ""
        return f"{self.source} centred{of}" if self.kind == "center" else f"mean of {self.source}{of}"


class Trial(Part):
    """One remedy that was tried in place of a singular rung."""

    remedy: str
    formula: str | None
    """None where the remedy does not apply to the rung."""
    outcome: Literal["applied", "does_not_apply", "singular", "failed", "not_estimable", "single_level"]


class Deviation(Part):
    """A rung whose formula is not the declared one."""

    declared: str
    """The formula in the spec."""
    remedy: str
    what: str
    """The change, in words."""
    trials: tuple[Trial, ...]
    """All remedies that were tried, in the declared order; the last one was applied."""


class SingularDirection(Part):
    """A linear combination of the random effects of one term that has variance 0."""

    kind: Literal["zero_sd", "perfect_correlation", "combination"]
    effects: tuple[str, ...]
    weights: tuple[float, ...]
    """Weight of each effect, in units of its standard deviation."""
    correlation: float | None = None
    crossing: float | None = None
    """Value of the covariate at which the lines of all groups meet, if intercepts and slopes are collinear.

    None if it lies outside the observed values.
    """


class TermDiagnosis(Part):
    """Why the covariance matrix of one random-effects term is singular."""

    group: str
    source: str
    names: tuple[str, ...]
    rank: int
    shares: tuple[float, ...]
    """Shares of the term's standard deviation along its principal axes (rePCA); 0 for a singular axis."""
    directions: tuple[SingularDirection, ...]
    text: str
    """The same in words."""


class CoefficientChange(Part):
    """One fixed effect of a rung and of an alternative."""

    column: str | None
    """Name in the rung; None for a column of the alternative alone."""
    column_there: str | None
    estimate: float | None
    se: float | None
    estimate_there: float | None
    se_there: float | None
    change: float | None
    change_se: float | None
    """The change in standard errors of the rung's estimate."""
    se_ratio: float | None


class Alternative(Part):
    """One model fitted as an alternative to a rung."""

    remedy: str
    """A word of ``on_singular``."""
    formula: str
    what: str
    """The change, in words."""
    derived: tuple[DerivedColumn, ...] = ()
    ending: Ending
    reasons: tuple[str, ...] = ()
    criterion: float | None = None
    """REML criterion or deviance, by the rung's method."""
    npar: int | None = None
    aic: float | None = None
    bic: float | None = None
    delta_aic: float | None = None
    """AIC of the alternative less that of the rung; negative speaks for the alternative."""
    delta_deviance: float | None = None
    """Deviance of the alternative less that of the rung, both by ML."""
    delta_npar: int | None = None
    delta_bic: float | None = None
    statistic: float | None = None
    """Likelihood ratio against the rung, where the rung contains the alternative."""
    df: int | None = None
    test_method: Literal["ML", "REML"] | None = None
    p_naive: float | None = None
    p_boundary: float | None = None
    untested: str | None = None
    """Why there is no test, in words."""
    max_dbeta_se: float | None = None
    verdict: Verdict
    """``converges``: the alternative converged, but the rung has no optimum to compare it with."""
    correlation: float | None = None
    """Of the intercept and the slope in the rung, if one of its terms has just these two effects."""
    correlation_there: float | None = None
    """The same in the alternative."""
    changes: tuple[CoefficientChange, ...] = ()
    applied: bool = False

    @property
    def p(self) -> float | None:
        """The boundary-corrected p value if it is known, else the naive one."""
        return self.p_naive if self.p_boundary is None else self.p_boundary


class RungAdvice(Part):
    """One rung whose fit is singular, doubtful or failed, with its alternatives."""

    model: str
    formula: str
    """As declared."""
    method: Literal["REML", "ML"]
    status: Literal["singular", "doubtful", "failed", "sound"]
    reasons: tuple[str, ...]
    criterion: float
    npar: int
    aic: float
    bic: float
    terms: tuple[TermDiagnosis, ...]
    alternatives: tuple[Alternative, ...]

    def name_of(self, alternative: Alternative) -> str:
        """Return the remedy of one of the alternatives, numbered if several have it: ``drop_slope 2``."""
        alike = [other for other in self.alternatives if other.remedy == alternative.remedy]
        number = f" {1 + alike.index(alternative)}" if len(alike) > 1 else ""
        return alternative.remedy + number


class RemedyRecord(Record):
    """The rungs that needed advice; empty if all fits are sound."""

    rungs: tuple[RungAdvice, ...]

    @property
    def n_models(self) -> int:
        """Number of models fitted in addition to the rungs and their replacements."""
        found = [a for rung in self.rungs for a in rung.alternatives]
        return sum(a.ending != "not_estimable" and not a.applied for a in found)
