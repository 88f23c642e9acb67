"""The key ``estimation``: how models are fitted and their coefficients tested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, WrapValidator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.responses import NO_KEYS, DfWord, Distribution, Family, Link, MethodWord, Points
from mlm_steps.spec.types import NothingIsNone, OptionalText, number, read_share, reading, whole

__all__ = ["EstimationSpec"]


class EstimationSpec(SpecBlock):
    """How models are fitted and their coefficients tested."""

    no_keys: ClassVar[Mapping[str, str]] = NO_KEYS

    method: MethodWord = "REML"
    """Restricted or full maximum likelihood. Comparisons of fixed effects use ML in any case, as do models
    with a ``family``."""
    df: DfWord = "satterthwaite"
    """Degrees of freedom of the tests of coefficients and terms.

    ``kenward-roger`` also adjusts the standard errors, for few groups; ``between-within`` counts groups and
    predictors, as HLM does. Models with a ``family`` have ``z``, ``between-within`` and ``residual``.
    """
    anova: Literal["III", "II", "I"] = "III"
    """Which hypothesis the F test of a term tests.

    ``III``: its effects averaged over the levels of the factors it interacts with; ``II``: what it adds to
    the terms that do not contain it; ``I``: what it adds to those before it.
    """
    bic_n: Literal["rows", "groups"] = "rows"
    """What *n* counts in BIC, the deviance plus log(*n*) times the number of parameters.

    ``rows``: the observations, as lme4 does; ``groups``: the levels of the grouping factor, as some programs
    do; with several factors, of the one with the fewest levels, such as ``bic_n: groups`` for the schools of
    classes in schools.
    """
    confidence: Annotated[float, Field(ge=0.5, le=0.9999), WrapValidator(reading(read_share))] = 0.95
    """Coverage of the intervals, for example ``0.95``."""
    optimizer: Literal[
        "auto",
        "bobyqa",
        "cobyqa",
        "nelder-mead",
        "powell",
        "l-bfgs-b",
        "trust-constr",
        "slsqp",
    ] = "auto"
    """How the optimum is searched for.

    ``auto``: Newton's method on exact derivatives. The others are there to check it by; where they end is
    judged like every other fit. ``bobyqa`` needs the extra ``nlopt``.
    """
    max_evaluations: Annotated[int, *whole(1, 1_000_000)] = 1000
    """Evaluations of the criterion after which a search has failed.

    Each search may take so many: where others follow from other starts, all together may take more.
    """
    tolerance: Annotated[float, *number(1e-15, 0.01)] = 1e-12
    """Relative change of the criterion below which a search ends."""
    start: Annotated[Annotated[float, *number(1e-6, 1e6)] | None, NothingIsNone] = None
    """Standard deviation of the random effects, relative to the residual's, from which searches start.

    Where nothing is written, the best of a short list.
    """
    allfit: Literal["on_notice", "always", "never"] = "on_notice"
    """Which rungs are refitted with other optimisers, from the optimum and from the default start.

    ``on_notice``: those whose fit is singular, doubtful or failed, by three optimisers of different kind
    (``nelder-mead``, ``l-bfgs-b``, ``trust-constr``), as far as ``effort`` allows; ``always``: all rungs by
    all optimisers, whatever it takes.
    """
    restarts: Annotated[int, *whole(0, 1000)] = 0
    """Searches from other starts that follow the first in any case; the lowest end counts."""
    family: Family = None
    """Distribution of the outcome of all rungs that do not give their own, for example ``binomial``."""
    link: Link = None
    """Link of the mean, for all rungs of this family that do not give their own, for example ``probit``."""
    trials: OptionalText = None
    """Column of the numbers of trials, for all binomial rungs that do not give their own, for example
    ``size``."""
    exposure: OptionalText = None
    """Column whose logarithm is an offset, for all rungs with a family that do not give their own, such as
    ``years``."""
    agq: Points = None
    """Quadrature points per dimension, or ``auto``, for all rungs with a family that do not give theirs."""
    distribution_variance: Distribution = None
    """How ICC and R² of rungs with a family count the variance of the outcome's distribution.

    It takes the place of a residual variance, on the scale of the link. ``theoretical`` (the default of
    ``binomial``): that of the latent variable of one trial, π²/3 for ``logit``; ``observation``: that of an
    observation. ``lognormal`` (the default of ``poisson``, ``negative_binomial`` and ``gamma``), ``delta``
    and ``trigamma`` are approximations to the variance of the outcome's logarithm.
    """
