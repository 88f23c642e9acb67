"""Tests of single random effects of one model (statistics, section 6; lmerTest's ``ranova``)."""

from __future__ import annotations

from mlm_steps.compare.lrt import ROUNDING, WORSE
from mlm_steps.compare.mixtures import BoundaryNull, boundary_null, chi_square_tail, mixture_tail
from mlm_steps.compare.nesting import Relation, embed_theta, log_det_basis, relate
from mlm_steps.compare.simulations import Simulations, exact_p
from mlm_steps.design.deletions import Deletion
from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.linear import linear_criterion
from mlm_steps.engine.result.lmm_fit import Control, LmmFit
from mlm_steps.errors import FitError
from mlm_steps.records.deletions import RandomEffectTest

__all__ = ["leave_out"]


def leave_out(
    fit: LmmFit,
    deletion: Deletion,
    *,
    asked: Simulations,
    step: str,
    control: Control | None = None,
) -> RandomEffectTest:
    """Return the test of a model against itself without one random effect, by the criterion of the fit.

    Parameters
    ----------
    fit : LmmFit
        The model, at its optimum.
    deletion : Deletion
        What is left of it.
    asked : Simulations
    step : str
        Names the stream of random numbers.
    control : Control, optional
        How to search for the optimum of what is left.
    """
    smaller, relation = deletion.design, relate(deletion.design, fit.design)
    npar = smaller.p + smaller.n_theta + 1
    group, effects = _gone(fit.design, smaller)
    record = RandomEffectTest(
        term=deletion.label,
        group=group,
        effects=effects,
        npar=npar,
        loglik=None,
        aic=None,
        statistic=None,
        df=fit.npar - npar,
        p_naive=None,
        p_boundary=None,
        mixture=None,
        p_boundary_code="not_estimable",
        p_rlrt=None,
        p_rlrt_code="not_estimable",
    )
    try:
        criterion, rest = _criterion(fit, deletion, control)
    except FitError as error:
        return record.model_copy(update={"reason": "; ".join(fault.what for fault in error.faults)})
    report = None if rest is None else rest.convergence
    if report is not None and report.status == "failed":
        reason = f"without it, the search did not converge: {'; '.join(report.reasons)}"
        return record.model_copy(update={"reason": reason})
    statistic = criterion - log_det_basis(smaller, fit.design) - fit.criterion
    if statistic < WORSE and rest is not None:
        start = embed_theta(rest, fit.design, relation.up)
        again = fit_lmm(fit.design, method=fit.method, start=start, prepared=fit.prepared)
        statistic += fit.criterion - again.criterion
    if statistic < WORSE:
        reason = f"the model fits worse than without this effect (by {-statistic:.3g}): its search has failed"
        return record.model_copy(update={"reason": reason})
    if statistic <= ROUNDING * (1 + abs(criterion)):
        statistic = 0.0
    record = record.model_copy(
        update={"loglik": -criterion / 2, "aic": criterion + 2 * npar, "statistic": statistic}
    )
    return _with_p(record, fit, relation, rest, deletion, asked, step)


def _gone(whole: Design, rest: Design) -> tuple[str, tuple[str, ...]]:
    """Return what random coefficients of which factor a design no longer has."""
    left = {(term.group, identity) for term in rest.random for identity in term.identities}
    gone = {
        (term.group, identity): name
        for term in whole.random
        for name, identity in zip(term.names, term.identities, strict=True)
        if (term.group, identity) not in left
    }
    return next(iter(gone), ("", ""))[0], tuple(gone.values())


def _criterion(fit: LmmFit, deletion: Deletion, control: Control | None) -> tuple[float, LmmFit | None]:
    """Return the criterion of what is left, and its fit where that still has random effects."""
    if not deletion.design.random:
        return linear_criterion(deletion.design, fit.method), None
    rest = fit_lmm(deletion.design, method=fit.method, control=control)
    return rest.criterion, rest


def _with_p(
    record: RandomEffectTest,
    fit: LmmFit,
    relation: Relation,
    rest: LmmFit | None,
    deletion: Deletion,
    asked: Simulations,
    step: str,
) -> RandomEffectTest:
    statistic = record.statistic or 0.0
    if rest is not None and rest.singular:
        null = BoundaryNull(None, "null_on_boundary")
    else:
        null = boundary_null(deletion.design, fit.design, relation.up)
    exact, code = exact_p((deletion.design, fit.design), relation, fit.method, statistic, asked, step)
    return record.model_copy(
        update={
            "p_naive": chi_square_tail(record.df, statistic),
            "p_boundary": None if null.mixture is None else mixture_tail(null.mixture, statistic),
            "mixture": null.mixture,
            "p_boundary_code": null.code,
            "p_rlrt": exact,
            "p_rlrt_code": code,
        }
    )
