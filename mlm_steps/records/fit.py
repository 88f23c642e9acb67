"""The record of one rung: its REML and its ML optimum, and the tests of its coefficients."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlm_steps.records.base import Extended, Notice, Part, Record
from mlm_steps.records.effort import EvaluationCost
from mlm_steps.records.random_effects import RandomCoefficient, RandomComponents
from mlm_steps.records.remedies import DerivedColumn, Deviation
from mlm_steps.records.response import Response

__all__ = [
    "Coefficient",
    "Convergence",
    "FitRecord",
    "OptimaRecord",
    "Optimum",
    "RandomParameter",
    "TermCovariance",
    "TermShape",
    "TermTest",
    "unfinished",
]

Method = Literal["REML", "ML"]


class TermShape(Part):
    """One random-effects term of the design, in lme4's order."""

    group: str
    """Grouping factor, for example ``school`` or ``class:school``."""
    names: tuple[str, ...]
    n_levels: int
    source: str
    """The term as written, for example ``(ses | school)``."""
    labels: tuple[str, ...] = ()
    """Label of the formula's term that each name belongs to; ``(Intercept)`` for the intercept."""


class TermCovariance(Part):
    """Covariance matrix T of one term, in squared units of the linear predictor."""

    group: str
    names: tuple[str, ...]
    covariance: tuple[tuple[float, ...], ...]
    relative_singular_values: tuple[float, ...]
    """Singular values of the term's covariance factor (rePCA): relative to sigma for a linear model."""
    rank: int
    singular: bool


class Convergence(Part):
    """How the search for the optimum ended."""

    status: Literal["converged", "singular", "failed"]
    optimizer: str
    evaluations: int
    max_gradient: float
    """Largest free (KKT) element of the gradient of the profiled criterion in theta."""
    hessian_eigenvalue_min: float | None = None
    hessian_eigenvalue_max: float | None = None
    reasons: tuple[str, ...] = ()
    trace: tuple[tuple[int, float, float | None], ...] = ()
    """Each evaluation in its order: number, criterion, largest element of the gradient if it was computed.
    Searches from other starts are included; points at which the criterion does not exist are left out."""


class Optimum(Part):
    """The estimates under one method."""

    method: Method
    criterion: float
    """REML criterion or deviance (-2 log-likelihood)."""
    theta: tuple[float, ...]
    sigma: float | None
    """Residual standard deviation; None unless the model is linear, as are the next three numbers."""
    beta: tuple[Extended, ...]
    """Infinite where the data separate the outcome."""
    se: tuple[Extended, ...]
    """NaN where they do not exist, as in ``vcov``."""
    vcov: tuple[tuple[Extended, ...], ...]
    log_det_L2: float | None = None
    log_det_RX2: float | None = None
    pwrss: float | None = None
    phi: float | None = None
    """Dispersion parameter; None if the family has none."""
    vcov_internal: tuple[tuple[float, ...], ...] | None = None
    """Covariance matrix of theta, the fixed effects and log(phi) of a generalized model.

    It is in the engine's units, which the design determines. None for a linear model, and where it does not
    exist.
    """
    notices: tuple[Notice, ...] = ()
    """Notices on search and data of a generalized model; those of a linear model follow from its numbers."""
    terms: tuple[TermCovariance, ...]
    singular: bool
    convergence: Convergence


class Coefficient(Part):
    """One row of the ``fixed`` table (statistics, section 20)."""

    term: str
    """Label of the model term the column belongs to; ``(Intercept)`` for the intercept."""
    column: str
    level: Literal["1", "2", "3", "cross"] | None
    symbol: str
    """HLM symbol, for example ``γ10``."""
    estimate: Extended | None
    """Infinite if the data separate the outcome."""
    se: float | None
    df: float | None
    df_method: str
    statistic: float | None
    p: float | None
    ci_low: Extended | None
    """Infinite for a profile of an infinite estimate, as the upper limit is."""
    ci_high: Extended | None
    ci_method: str
    ci_low_code: str | None = None
    """Why there is no limit, or how it differs from the value that the criterion gives."""
    ci_high_code: str | None = None
    dropped: bool = False
    includes: tuple[str, ...] = ()
    """Dropped columns in whose linear combination this column is: the coefficient includes their effects."""
    exp_kind: str | None = None
    """Name of the exponential of the coefficient, such as ``OR``; None if it has no meaning."""
    exp_estimate: Extended | None = None
    exp_low: Extended | None = None
    """Exponentials of the limits of the interval."""
    exp_high: Extended | None = None
    code: str | None = None
    """Why the estimate has no standard error: ``separation`` or ``not_estimable``."""


class TermTest(Part):
    """One row of the ``anova`` table: the F test of a fixed-effects term."""

    type: Literal["III", "II", "I"]
    """Which hypothesis is tested (`mlm_steps.design.hypotheses`)."""
    term: str
    num_df: int
    """0 if no effect of the term can be tested with these data."""
    den_df: float | None = None
    """None also for a chi-square test."""
    df_method: str
    sum_sq: float | None = None
    mean_sq: float | None = None
    statistic: float | None = None
    """F."""
    chisq: float | None = None
    """Wald's χ² with ``num_df`` degrees of freedom; None for a test by the F distribution."""
    p: float | None = None
    includes: tuple[str, ...] = ()
    """Dropped columns of the term, or whose effects its coefficients include."""


RandomKind = Literal["variance", "sd", "covariance", "correlation"]


class RandomParameter(Part):
    """One row of the ``random`` table (statistics, section 20)."""

    term_index: int | None
    group: str
    effect_1: str | None
    effect_2: str | None
    kind: RandomKind
    estimate: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_method: str = "not_requested"
    ci_low_code: str | None = None
    """Why there is no limit, or how it differs from the value that the criterion gives."""
    ci_high_code: str | None = None
    at_boundary: bool = False


class OptimaRecord(Record):
    """The optima of one rung, from which its tests can be computed again without a search."""

    model: str
    formula: str
    """As fitted."""
    deviation: Deviation | None
    derived: tuple[DerivedColumn, ...]
    reml: Optimum | None
    ml: Optimum
    agq: int = 1
    notices: tuple[Notice, ...]
    """Notices on the treatment of a singular fit."""

    @property
    def optima(self) -> tuple[Optimum, ...]:
        """All optima, that of REML first."""
        return (self.ml,) if self.reml is None else (self.reml, self.ml)


class FitRecord(Record):
    """One rung, fitted under REML and ML, or under ML alone if it is no linear model."""

    model: str
    formula: str
    """As fitted."""
    deviation: Deviation | None = None
    """Why the formula differs from that of the spec; None if it does not differ."""
    derived: tuple[DerivedColumn, ...] = ()
    """Columns of the formula that the analysis sample does not hold."""
    outcome: str
    weights: str | None
    family: str = "gaussian"
    link: str = "identity"
    trials: str | None = None
    """Column of the numbers of trials of a binomial outcome."""
    exposure: str | None = None
    """Column whose logarithm is an offset."""
    event: str | None = None
    """The level of a categorical outcome that counts as an event."""
    agq: int = 1
    """Points per dimension of the quadrature; 1 is Laplace's approximation."""
    method: Method
    """The method whose estimates are reported."""
    confidence: float
    sample_hash: str
    n: int
    p: int
    npar: int
    columns: tuple[str, ...]
    """Columns of X that were kept."""
    dropped: tuple[str, ...]
    shared_names: dict[str, str] = Field(default_factory=dict)
    """R's name for each column that is called otherwise here, as ``abc`` for ``a[bc]``."""
    cost: EvaluationCost | None = None
    """The time of an evaluation of the model, used to plan optional work."""
    terms: tuple[TermShape, ...]
    n_levels: dict[str, int]
    """Levels per grouping factor."""
    reml: Optimum | None
    """None unless the model is linear."""
    ml: Optimum
    coefficients: tuple[Coefficient, ...]
    coefficients_other: tuple[Coefficient, ...] = ()
    """For a singular fit, the tests by the one of the two df methods that is not reported."""
    vcov_of_tests: tuple[tuple[float, ...], ...] = ()
    """Covariance matrix used by the tests, if it differs from that of the estimates."""
    anova: tuple[TermTest, ...] = ()
    anova_other: tuple[TermTest, ...] = ()
    """For a singular fit, the F tests by the df method that is not reported."""
    random: tuple[RandomParameter, ...]
    random_coefficients: tuple[RandomCoefficient, ...] = ()
    random_components: tuple[RandomComponents, ...] = ()
    loglik: float
    """Log-likelihood of the ML fit."""
    aic: float
    aicc: float | None
    bic: float
    bic_n: Literal["rows", "groups"] = "rows"
    """What n counts in BIC; groups are the levels of the grouping factor with the fewest."""
    caic: float | None = None
    """Conditional AIC of the reported fit; None unless the model is linear and its search converged."""
    effective: float | None = None
    """Effective number of parameters of fixed and random effects, the estimation of theta included."""
    effective_known: float | None = None
    """The same with theta treated as known: the sum of the leverages."""
    notices: tuple[Notice, ...]

    def name_of_r(self, column: str) -> str:
        """Return R's name for a column of fixed or random effects; several columns may share it."""
        return self.shared_names.get(column, column)

    @property
    def reported(self) -> Optimum:
        """The optimum under the declared method."""
        return self.ml if self.reml is None or self.method == "ML" else self.reml

    @property
    def optima(self) -> tuple[Optimum, ...]:
        """All optima, that of REML first."""
        return (self.ml,) if self.reml is None else (self.reml, self.ml)

    @property
    def response(self) -> Response:
        """The distribution of the outcome."""
        return Response(self.family, self.link, self.trials, self.exposure)

    @property
    def linear(self) -> bool:
        """Whether the model is a linear mixed model."""
        return self.response.linear

    @property
    def alpha(self) -> float:
        """The level of the tests; rounded, so that p = .05 is not below .05 for an interval of 95 %."""
        return round(1 - self.confidence, 12)

    @property
    def doubtful(self) -> bool:
        """Whether the reported fit is singular, failed, or has a doubtful optimum."""
        end = self.reported.convergence
        return end.status != "converged" or bool(end.reasons)

    @property
    def unreliable(self) -> str | None:
        """Why the numbers of the rung are unreliable, in words; None if the reported search converged."""
        return unfinished((self.reported,))

    @property
    def incomparable(self) -> str | None:
        """Why the rung cannot be compared with others, in words; None if all searches converged."""
        return unfinished((self.reported, self.ml))


def unfinished(optima: tuple[Optimum, ...]) -> str | None:
    """Return a sentence on the first search that did not converge; None if all converged."""
    failed = next((one for one in optima if one.convergence.status == "failed"), None)
    if failed is None:
        return None
    why = f" ({'; '.join(failed.convergence.reasons)})" if failed.convergence.reasons else ""
    return f"the search for the {failed.method} optimum did not converge{why}"
