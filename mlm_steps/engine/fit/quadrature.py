"""Whether Laplace's approximation is good enough, and the number of quadrature points (section 22.2).

From the optimum of d_Q one Newton step of d_R leads to about the optimum of d_R. Its length in standard
errors tells how much the estimates would change; the difference of the two deviances says little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.families import Family
from mlm_steps.engine.fit.glmm import fit_glmm
from mlm_steps.engine.pirls.quadrature import deviance, quadrature_fault
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import Control
from mlm_steps.notice import Notice

__all__ = ["CHOICES", "Shift", "fit_with_enough_points", "laplace_notices", "shift_to"]

Array = NDArray[np.float64]

CHOICES = (1, 7, 15, 25, 51)
"""Numbers of points from which ``agq: auto`` chooses."""
SETTLED = 0.02
"""Largest change of an estimate, in standard errors, at which more points are not needed."""
DOUBTFUL = 0.2
"""Change of an estimate, in standard errors, above which Laplace's approximation is called inaccurate."""
CHECKS = (25, 15, 11, 7, 5)
"""Numbers of points with which Laplace's approximation is compared; the first one that is affordable."""
AFFORDABLE = 1_000_000
"""Largest number of rows times nodes in that comparison, which take 0.03 s in C and 0.1 s in numpy. If there
are more, fewer points give the change well enough."""
LARGEST = 50_000_000
"""Largest number of rows times nodes for which ``agq: auto`` increases the number of points."""
DIFFERENCE = 1e-6
"""Relative step of the derivative of the design's theta in the engine's."""


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """The Newton step to the optimum with another number of points, in the units of the design.

    Attributes
    ----------
    Q : int
        That number of points.
    theta, beta : ndarray, shapes (m,) and (p,)
        Changes of the estimates.
    theta_se, beta_se : ndarray
        The same in standard errors; 0 where an estimate is at its bound or infinite.
    log_phi_se : float
        Change of log(phi) in standard errors.
    """

    Q: int
    theta: Array
    beta: Array
    theta_se: Array
    beta_se: Array
    log_phi_se: float

    @property
    def largest(self) -> float:
        """The largest change in standard errors."""
        return float(np.abs(np.concatenate([self.theta_se, self.beta_se, [self.log_phi_se]])).max())


def shift_to(fit: GlmmFit, Q: int) -> Shift | None:
    """Return the Newton step from a fit to the optimum of d_Q, or None where it cannot be computed.

    It needs one grouping factor with at most three random coefficients, and standard errors of the fit.
    """
    model, V = fit.prepared, fit.vcov_internal
    if V is None or quadrature_fault(model) is not None:
        return None
    found = deviance(model, fit.psi_internal, Q, fit.u)
    if found is None:
        return None
    step = -0.5 * V @ found.gradient
    m, p = model.n_theta, model.p
    J = _theta_in_design_units(fit)
    theta, beta = J @ step[:m], model.back @ step[m : m + p]
    theta_se = _in_errors(theta, J @ V[:m, :m] @ J.T)
    beta_se = _in_errors(beta, model.back @ V[m : m + p, m : m + p] @ model.back.T)
    log_phi = _in_errors(step[m + p :], V[m + p :, m + p :])
    last = float(log_phi[0]) if log_phi.size else 0.0
    return Shift(Q, theta, _in_design(fit, beta), theta_se, _in_design(fit, beta_se), last)


def _in_design(fit: GlmmFit, values: Array) -> Array:
    """Return values of the fixed effects of the search for all columns of the design; 0 where infinite."""
    if fit.separation is None:
        return values
    whole = np.zeros(fit.design.p)
    whole[fit.separation.kept] = values
    whole[fit.separation.infinite] = 0.0
    return whole


def _in_errors(change: Array, V: Array) -> Array:
    errors = np.sqrt(np.maximum(np.diag(V), 0.0))
    return np.divide(change, errors, out=np.zeros_like(change), where=errors > 0.0)


def _theta_in_design_units(fit: GlmmFit) -> Array:
    """Return the derivatives of the design's theta in the engine's, shape (m, m)."""
    m = fit.prepared.n_theta
    theta = fit.psi_internal[:m]
    size = DIFFERENCE * max(1.0, float(np.abs(theta).max()))
    columns = [
        (fit.prepared.from_internal(theta + step) - fit.prepared.from_internal(theta - step)) / (2.0 * size)
        for step in size * np.eye(m)
    ]
    return np.array(columns).T


def fit_with_enough_points(
    design: Design, family: Family, *, control: Control | None = None, start: Array | None = None
) -> GlmmFit:
    """Return the fit with the least number of points of ``CHOICES`` whose step to the next is below 0.02 SE.

    With several grouping factors, or more than three random coefficients per group, it is Laplace's.
    """
    fit = fit_glmm(design, family, control=control, start=start)
    for Q, more in pairwise(CHOICES):
        if Q > 1:
            fit = fit_glmm(design, family, agq=Q, control=control, prepared=fit.prepared)
        if quadrature_fault(fit.prepared) or _work(fit, more) > LARGEST:
            return fit
        shift = shift_to(fit, more)
        if shift is None or shift.largest < SETTLED:
            return fit
    return fit_glmm(design, family, agq=CHOICES[-1], control=control, prepared=fit.prepared)


def _work(fit: GlmmFit, Q: int) -> float:
    return float(Q) ** fit.prepared.factors[0].pattern.K * fit.design.n


def laplace_notices(fit: GlmmFit) -> Iterator[Notice]:
    """Yield a notice if quadrature would change an estimate of a Laplace fit by over 0.2 standard errors."""
    if fit.agq > 1 or quadrature_fault(fit.prepared) is not None:
        return
    Q = next((each for each in CHECKS if _work(fit, each) <= AFFORDABLE), CHECKS[-1])
    shift = shift_to(fit, Q)
    if shift is None or not shift.largest > DOUBTFUL:
        return
    changes = [*_theta_words(fit, shift), *_beta_words(fit, shift)]
    text = (
        f"Laplace's approximation is inaccurate for these data. With {Q} quadrature points "
        f"{' and '.join(changes) or 'the dispersion would be another one'}. Use agq: 25, or agq: auto."
    )
    yield Notice(code="laplace_inaccurate", severity="warning", text=text)


def _theta_words(fit: GlmmFit, shift: Shift) -> Iterator[str]:
    """Yield the standard deviation that changes most."""
    changed, start, found = fit.theta + shift.theta, 0, []
    for term in fit.design.random:
        k, stop = len(term.names), start + term.n_theta
        rows = np.triu_indices(k)[1]
        sds = [
            np.sqrt(np.bincount(rows, values[start:stop] ** 2, minlength=k))
            for values in (fit.theta, changed)
        ]
        errors = np.array([np.abs(shift.theta_se[start:stop][rows == a]).max() for a in range(k)])
        found += [
            (float(errors[a]), f"the standard deviation of {name} by {term.group}", sds[0][a], sds[1][a])
            for a, name in enumerate(term.names)
        ]
        start = stop
    size, words, before, after = max(found, key=lambda row: row[0])
    if size > DOUBTFUL:
        yield f"{words} ({before:.3g}) would be {_apart(after - before, size)}"


def _beta_words(fit: GlmmFit, shift: Shift) -> Iterator[str]:
    """Yield the coefficient that changes most."""
    if not shift.beta.size:
        return
    j = int(np.argmax(np.abs(shift.beta_se)))
    size = abs(float(shift.beta_se[j]))
    if size > DOUBTFUL:
        words = f"the coefficient of {fit.design.columns[j]} ({fit.beta[j]:.3g})"
        yield f"{words} would be {_apart(float(shift.beta[j]), size)}"


def _apart(change: float, size: float) -> str:
    return f"{'larger' if change > 0 else 'smaller'} by about {size:.1f} standard errors"
