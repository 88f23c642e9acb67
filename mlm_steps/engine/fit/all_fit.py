"""Refit a model by every optimiser, to check its optimum (statistics, section 12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.lambda_ import pack
from mlm_steps.engine.families import family_of
from mlm_steps.engine.fit.glmm import fit_glmm
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.lmm_fit import Control, LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.search.optimizers import OPTIMIZERS, installed
from mlm_steps.errors import FitError

__all__ = ["CRITERION_LIMIT", "UNASKED", "AllFits", "Refit", "refit_all", "refit_by", "takes_long"]

Start = Literal["optimum", "default"]
Status = Literal["converged", "singular", "doubtful", "wrong", "failed", "not_installed"]

CRITERION_LIMIT = 1e-3
"""Largest distance from the best criterion at which an optimiser agrees with the best fit."""
BETA_LIMIT = 1e-2
"""Largest difference of a coefficient, in standard errors, at which an optimiser agrees with the best fit."""
UNASKED = ("nelder-mead", "l-bfgs-b", "trust-constr")
"""Three fast optimisers for a check that was not requested: a simplex method, and a line-search and a
trust-region method with gradients."""
MANY = 20_000
"""Number of random effects above which an evaluation takes milliseconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """The result of one optimiser from one start.

    Attributes
    ----------
    optimizer : str
    start : {"optimum", "default"}
    criterion, delta : float or None
        The criterion, and its distance from the best criterion; None where there is no fit.
    max_dbeta_se : float or None
        Largest difference of a coefficient from the best fit, in its standard errors there; None without
        fixed effects.
    max_dsd : float or None
        Largest difference of a standard deviation from the best fit, the residual's included, in its units.
    evaluations : int or None
    status : str
        ``converged`` or ``singular``: a stationary point, at the optimum. ``doubtful``: at the optimum, but
        gradient and Hessian do not confirm it. ``wrong``: the optimiser reports an optimum, but it ended at
        another point. ``failed``: the optimiser reports a failure. ``not_installed``: its library is absent.
    reasons : tuple of str
        Reasons to doubt the result, in words.
    """

    optimizer: str
    start: Start
    criterion: float | None
    delta: float | None
    max_dbeta_se: float | None
    max_dsd: float | None
    evaluations: int | None
    status: Status
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class AllFits:
    """The refits of one model.

    Attributes
    ----------
    fit : MixedFit
        The fit that is checked.
    best : float
        The lowest criterion of all.
    refits : tuple of Refit
        Sorted by optimiser, ``auto`` first. For each optimiser the refit from the optimum comes first.
    """

    fit: MixedFit
    best: float
    refits: tuple[Refit, ...]

    @property
    def excess(self) -> float:
        """Distance of the criterion of the fit from the best one."""
        return self.fit.criterion - self.best

    @property
    def agree(self) -> bool:
        """Whether the fit and all refits that ended normally reached the same optimum."""
        return self.excess < CRITERION_LIMIT and not any(refit.status == "wrong" for refit in self.refits)


def refit_all(
    fit: MixedFit, control: Control | None = None, optimizers: Sequence[str] | None = None
) -> AllFits:
    """Return the refits by each optimiser, from the optimum and from the default start.

    Parameters
    ----------
    fit : MixedFit
        A fit at its optimum.
    control : Control, optional
        Budget and tolerance of each search; ``start`` replaces the default start. That of a linear model is
        lme4's: Lambda is the identity.
    optimizers : sequence of str, optional
        Keys of ``OPTIMIZERS``, all by default. The engine's own search always comes first.
    """
    given = control or Control()
    ends = [
        (word, start, _end(fit, given, word, start)) for word, start in _searches(optimizers or OPTIMIZERS)
    ]
    found = [end for _, _, end in ends if end is not None and not isinstance(end, FitError)]
    best = min([fit, *found], key=lambda each: each.criterion)
    return AllFits(fit, best.criterion, tuple(_refit(word, start, end, best) for word, start, end in ends))


def refit_by(
    fit: MixedFit, word: str, control: Control | None = None, *, start: Start = "default"
) -> MixedFit:
    """Return the fit that one optimiser finds.

    Parameters
    ----------
    fit : MixedFit
        A fit at its optimum.
    word : str
        ``auto`` or a key of ``OPTIMIZERS``.
    control : Control, optional
        As in ``refit_all``.
    start : {"default", "optimum"}

    Raises
    ------
    FitError
        There is no fit, or the library of the optimiser is not installed.
    """
    own = replace(control or Control(), optimizer=word, restarts=0)
    return _linear(fit, own, start) if isinstance(fit, LmmFit) else _generalized(fit, own, start)


def takes_long(fit: MixedFit) -> bool:
    """Return whether hundreds of evaluations per optimiser take minutes."""
    if isinstance(fit, LmmFit):
        sizes = [factor.q for factor in fit.prepared.strategy.factors]
        return sum(sizes) > MANY or fit.prepared.strategy.expensive
    effects = sum(len(term.levels) * len(term.names) for term in fit.design.random)
    return fit.design.n + effects > MANY


def _searches(optimizers: Iterable[str]) -> Iterator[tuple[str, Start]]:
    for word in ("auto", *optimizers):
        yield word, "optimum"
        yield word, "default"


def _end(fit: MixedFit, control: Control, word: str, start: Start) -> MixedFit | FitError | None:
    """Return the fit, the reason why there is none, or None where the optimiser is not installed."""
    if not installed(word):
        return None
    try:
        return refit_by(fit, word, control, start=start)
    except FitError as error:
        return error


def _linear(fit: LmmFit, control: Control, start: Start) -> LmmFit:
    theta = fit.theta if start == "optimum" else _default_start(fit) if control.start is None else None
    return fit_lmm(fit.design, method=fit.method, control=control, start=theta, prepared=fit.prepared)


def _generalized(fit: MixedFit, control: Control, start: Start) -> MixedFit:
    others = [] if fit.phi is None else [np.log(fit.phi)]
    begin = np.concatenate([fit.theta, fit.beta, others]) if start == "optimum" else None
    return fit_glmm(fit.design, family_of(fit.family, fit.link), agq=fit.agq, control=control, start=begin)


def _default_start(fit: LmmFit) -> NDArray[np.float64]:
    """Return lme4's default start: Lambda is the identity, in the design's units."""
    sizes = [len(term.names) for term in fit.design.random]
    return np.concatenate([pack(np.eye(k)) for k in sizes])


def _refit(word: str, start: Start, end: MixedFit | FitError | None, best: MixedFit) -> Refit:
    if end is None:
        return Refit(word, start, None, None, None, None, None, "not_installed")
    if isinstance(end, FitError):
        reasons = tuple(fault.what for fault in end.faults)
        return Refit(word, start, None, None, None, None, None, "failed", reasons)
    report, delta = end.convergence, end.criterion - best.criterion
    if report is None:
        raise ValueError("a search has a report")
    moved = _moved(end, best)
    spread = float(np.abs(_deviations(end) - _deviations(best)).max())
    near = delta < CRITERION_LIMIT and (moved or 0.0) < BETA_LIMIT
    status: Status = report.status
    if report.claimed and not near:
        status = "wrong"
    elif report.claimed and report.status == "failed":
        status = "doubtful"
    return Refit(word, start, end.criterion, delta, moved, spread, report.evaluations, status, report.reasons)


def _moved(end: MixedFit, best: MixedFit) -> float | None:
    """Return the largest difference of a coefficient in its standard errors, or None without any."""
    known = np.isfinite(best.beta) & np.isfinite(end.beta) & (best.se > 0.0)
    if not known.any():
        return None
    return float((np.abs(end.beta - best.beta)[known] / best.se[known]).max())


def _deviations(fit: MixedFit) -> NDArray[np.float64]:
    """Return the standard deviations of all random effects, and a linear model's residual one."""
    residual = [] if not isinstance(fit, LmmFit) else [fit.sigma**2]
    variances = np.concatenate([*(np.diag(T) for T in fit.covariances), residual])
    return np.sqrt(np.asarray(variances, dtype=np.float64))
