"""Kenward and Roger's tests: adjusted standard errors and degrees of freedom (Biometrics 53:983).

V is linear in the entries gamma of the covariance matrices, so the method may use any linear transformation
of them. Here the last parameter is not sigma² but a factor of the whole covariance matrix V: its derivative
is V itself, and its terms are known in closed form. For columns X with Xᵀ V⁻¹ X = I, the matrix Phi of the
paper is the identity. Prior weights are part of V (pbkrtest ignores them).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve_triangular

from mlm_steps.engine.fit.estimates import Estimates
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.inference.base import Array, Context, Reference, same_for_all
from mlm_steps.inference.block_sums import Sums, variances
from mlm_steps.inference.group_sums import LARGEST_BLOCK, group_sums
from mlm_steps.inference.joint_df import JointDf, joint_test
from mlm_steps.inference.satterthwaite import satterthwaite
from mlm_steps.records.base import Notice

__all__ = ["kenward_roger"]

NAME = "kenward-roger"


def kenward_roger(mixed: MixedFit, context: Context, /) -> Reference:
    """Return Kenward and Roger's tests of the REML fit.

    An ML fit is refitted by REML: estimates and standard errors are those of REML. If crossed factors link
    more than ``LARGEST_BLOCK`` random effects, Satterthwaite's tests of the fit are returned with a notice.
    """
    fit = linear_fit(mixed)
    refitted = Estimates(fit.design, fits={fit.method: fit})
    reml = fit if fit.method == "REML" else linear_fit(refitted.under("REML"))
    if not reml.design.p:
        return same_for_all(NAME, reml, np.inf)
    root = _root(reml)
    columns = reml.design.X @ root / reml.sigma
    if reml.design.weights is not None:
        columns = columns * np.sqrt(reml.design.weights)[:, None]
    sums = group_sums(reml, columns)
    if sums is None:
        return replace(satterthwaite(fit, context), notices=(_too_large(),))
    P = np.concatenate([sums.P[0], -np.eye(reml.design.p)[None]])
    W = variances(sums, np.array([reml.design.n]))[0]
    adjusted = root @ _adjusted(sums, W) @ root.T
    if not (np.diag(adjusted) > 0.0).all():
        return replace(satterthwaite(fit, context), notices=(_no_adjustment(),))
    degrees = _Degrees(root, P, W)
    notices = () if fit is reml else (_refitted(),)
    return Reference(NAME, reml.beta, adjusted, reml.sigma, degrees.each, degrees.joint, notices)


@dataclass(frozen=True, slots=True, eq=False)
class _Degrees:
    """Degrees of freedom of hypotheses.

    Attributes
    ----------
    root : ndarray, shape (p, p)
        Square root of the covariance matrix of the fixed effects.
    P : ndarray, shape (m + 1, p, p)
        The matrices P of the paper, one per variance parameter, in columns where Phi is the identity.
    W : ndarray, shape (m + 1, m + 1)
        Covariance matrix of the estimates of the variance parameters.
    """

    root: Array
    P: Array
    W: Array

    def each(self, contrasts: Array) -> Array:
        unit = contrasts @ self.root
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        slopes = np.einsum("qi,rij,qj->qr", unit, self.P, unit)
        spread = np.einsum("qr,rs,qs->q", slopes, self.W, slopes)
        found: Array = np.divide(2.0, spread, out=np.full(spread.size, np.inf), where=spread > 0)
        return found

    def joint(self, hypothesis: Array) -> JointDf:
        if hypothesis.shape[0] == 1:
            return JointDf(1.0, float(self.each(hypothesis)[0]))
        basis = np.asarray(np.linalg.qr((hypothesis @ self.root).T)[0])
        return joint_test(basis.T @ self.P @ basis, self.W)


def _root(fit: LmmFit) -> Array:
    """Return a square root of the covariance matrix of the fixed effects, shape (p, p)."""
    inverse = solve_triangular(fit.criterion_terms.RX, np.eye(fit.design.p), lower=True)
    root: Array = fit.sigma * (fit.prepared.units.back @ inverse.T)
    return root


def _adjusted(sums: Sums, W: Array) -> Array:
    """Return the adjusted covariance matrix in columns where the unadjusted one is the identity."""
    P, Q = sums.P[0], sums.Q[0]
    m, p = P.shape[:2]
    bias = np.einsum("rs,rsij->ij", W[:m, :m], Q)
    weighted = np.tensordot(W[:m, :m], P, axes=1)
    bias -= np.einsum("rij,rjk->ik", P, weighted)
    return np.asarray(np.eye(p) + bias + bias.T, dtype=np.float64)


def _no_adjustment() -> Notice:
    text = (
        "Kenward and Roger's adjustment leaves a coefficient without a variance, as the data hardly tell "
        "the variance parameters apart; Satterthwaite's tests stand instead."
    )
    return Notice(code="kenward_roger_flat", severity="warning", text=text)


def _refitted() -> Notice:
    text = (
        "Kenward and Roger's tests are those of the REML fit: the estimates and standard errors beside them "
        "are by REML, even if the model is reported by ML."
    )
    return Notice(code="kenward_roger_reml", severity="info", text=text)


def _too_large() -> Notice:
    text = (
        f"The grouping factors link more than {LARGEST_BLOCK} random effects, too many for Kenward and "
        "Roger's method; the tests are by Satterthwaite's."
    )
    return Notice(code="too_large", severity="warning", text=text)
