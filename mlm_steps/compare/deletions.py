"""Tests of single random effects of one model (statistics, section 6; lmerTest's ``ranova``)."""

from __future__ import annotations

from dataclasses import dataclass

from mlm_steps.compare.lrt import ROUNDING, WORSE
from mlm_steps.compare.mixtures import BoundaryNull, boundary_null, chi_square_tail, mixture_tail
from mlm_steps.compare.nesting import Relation, embed_theta, log_det_basis, relate
from mlm_steps.compare.simulations import ExactP, Simulations, exact_p
from mlm_steps.design.deletions import Deletion
from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.mixed import criterion_without_groups, fit_mixed, search_again
from mlm_steps.engine.result.lmm_fit import Control
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import FitError
from mlm_steps.records.deletions import RandomEffectTest

__all__ = ["leave_out"]


def leave_out(
    fit: MixedFit,
    deletion: Deletion,
    *,
    asked: Simulations,
    control: Control | None = None,
) -> RandomEffectTest:
    """Return the test of a model against the model without one random effect, by the criterion of the fit.

    Parameters
    ----------
    fit : MixedFit
        The model, at its optimum.
    deletion : Deletion
        The smaller model.
    asked : Simulations
        The null distributions to simulate.
    control : Control, optional
        Settings of the search for the smaller model's optimum.
    """
    relation = relate(deletion.design, fit.design)
    try:
        criterion, smaller = _criterion(fit, deletion, control)
    except FitError as error:
        return _record(fit, deletion, reason="; ".join(fault.what for fault in error.faults))
    report = None if smaller is None else smaller.convergence
    if report is not None and report.status == "failed":
        reason = f"without it, the search did not converge: {'; '.join(report.reasons)}"
        return _record(fit, deletion, reason=reason)
    statistic = _statistic(fit, deletion, relation, criterion, smaller)
    if statistic < WORSE:
        reason = f"the model fits worse than without this effect (by {-statistic:.3g}): its search has failed"
        return _record(fit, deletion, reason=reason)
    designs = deletion.design, fit.design
    test = _Test(
        criterion=criterion,
        statistic=statistic,
        null=_null(fit, deletion, relation, smaller),
        exact=exact_p(designs, relation, fit.method, statistic, asked),
    )
    return _record(fit, deletion, test=test)


@dataclass(frozen=True, slots=True)
class _Test:
    """The test of one random effect.

    Attributes
    ----------
    criterion : float
        Minimum of the criterion without the effect.
    statistic : float
        Increase of the criterion, 0 or more.
    null : BoundaryNull
    exact : ExactP
    """

    criterion: float
    statistic: float
    null: BoundaryNull
    exact: ExactP


NOT_ESTIMABLE = BoundaryNull(None, "not_estimable"), ExactP(None, "not_estimable")
"""The null distributions of a test that cannot be computed, each with a code instead of a result."""


def _record(
    fit: MixedFit, deletion: Deletion, *, test: _Test | None = None, reason: str | None = None
) -> RandomEffectTest:
    """Return the record of a test, or of the reason why there is none."""
    npar = deletion.design.p + deletion.design.n_theta + deletion.design.response.dispersions
    df = fit.npar - npar
    group, effects = _removed(fit.design, deletion.design)
    statistic = None if test is None else test.statistic
    null, exact = NOT_ESTIMABLE if test is None else (test.null, test.exact)
    mixture = null.mixture
    return RandomEffectTest(
        term=deletion.label,
        group=group,
        effects=effects,
        npar=npar,
        loglik=None if test is None else -test.criterion / 2,
        aic=None if test is None else test.criterion + 2 * npar,
        statistic=statistic,
        df=df,
        p_naive=None if statistic is None else chi_square_tail(df, statistic),
        p_boundary=None if statistic is None or mixture is None else mixture_tail(mixture, statistic),
        mixture=mixture,
        p_boundary_code=null.code,
        p_rlrt=exact.p,
        p_rlrt_code=exact.code,
        reason=reason,
    )


def _statistic(
    fit: MixedFit, deletion: Deletion, relation: Relation, criterion: float, smaller: MixedFit | None
) -> float:
    """Return the increase of the criterion, 0 if it is rounding error, below ``WORSE`` if a search failed."""
    statistic = criterion - log_det_basis(deletion.design, fit.design) - fit.criterion
    if statistic < WORSE and smaller is not None:
        start = embed_theta(smaller, fit.design, relation.up)
        again = search_again(fit, start)
        statistic += fit.criterion - again.criterion
    if WORSE <= statistic <= ROUNDING * (1 + abs(criterion)):
        return 0.0
    return statistic


def _null(fit: MixedFit, deletion: Deletion, relation: Relation, smaller: MixedFit | None) -> BoundaryNull:
    """Return the null distribution at the boundary; none if the smaller model is singular too."""
    if smaller is not None and smaller.singular:
        return BoundaryNull(None, "null_on_boundary")
    return boundary_null(deletion.design, fit.design, relation.up)


def _removed(whole: Design, smaller: Design) -> tuple[str, tuple[str, ...]]:
    """Return the grouping factor and the random coefficients that a smaller design lacks."""
    kept = {(term.group, identity) for term in smaller.random for identity in term.identities}
    removed = {
        (term.group, identity): name
        for term in whole.random
        for name, identity in zip(term.names, term.identities, strict=True)
        if (term.group, identity) not in kept
    }
    return next(iter(removed), ("", ""))[0], tuple(removed.values())


def _criterion(fit: MixedFit, deletion: Deletion, control: Control | None) -> tuple[float, MixedFit | None]:
    """Return the criterion of the smaller model, and its fit if it still has random effects."""
    if not deletion.design.random:
        return criterion_without_groups(deletion.design, fit.method), None
    smaller = fit_mixed(deletion.design, method=fit.method, control=control, agq=fit.agq)
    return smaller.criterion, smaller
