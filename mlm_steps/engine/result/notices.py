"""Notices on the convergence and the singular terms of a fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import RandomTerm
from mlm_steps.engine.result.lmm_fit import BOUNDARY
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.notice import Notice

__all__ = ["notices_of"]

PERFECT = 0.99
"""Correlation above which two random effects of a singular term are reported as perfectly correlated."""
EXACT = 1e-6
"""Distance from 1 below which a correlation is 1 up to rounding."""


def notices_of(fit: MixedFit) -> tuple[Notice, ...]:
    """Return the notices on convergence and on each singular term."""
    notices = []
    report = fit.convergence
    if report is not None and report.reasons:
        code = "not_converged" if report.status == "failed" else "doubtful_convergence"
        notices.append(Notice(code=code, severity="warning", text=_sentence("; ".join(report.reasons))))
    for term, Lambda, singular in zip(fit.design.random, fit.Lambda, fit.term_singular, strict=True):
        if singular:
            text = f"The random effects {term.source} are singular: {_degenerate(term, Lambda)}."
            notices.append(Notice(code="singular", severity="warning", text=text, subject=term.source))
    return tuple(notices)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _digits(rho: float) -> str:
    """Return a correlation in enough digits to tell it from ±1, unless it is ±1 up to rounding."""
    return f"{rho:+.0f}" if 1.0 - abs(rho) < EXACT else f"{rho:+.4f}"


def _degenerate(term: RandomTerm, Lambda: NDArray[np.float64]) -> str:
    """Return which standard deviations are 0, or which correlations are ±1, or else the rank."""
    sd = np.sqrt(np.einsum("ab,ab->a", Lambda, Lambda))
    zero = sd < BOUNDARY
    if zero.any():
        names = " and ".join(name for name, at_bound in zip(term.names, zero, strict=True) if at_bound)
        return f"the standard deviation of {names} is 0"
    correlation = Lambda @ Lambda.T / np.outer(sd, sd)
    pairs = [
        f"{term.names[b]} and {term.names[a]} correlate {_digits(correlation[a, b])}"
        for a in range(len(sd))
        for b in range(a)
        if abs(correlation[a, b]) > PERFECT
    ]
    if pairs:
        return ", ".join(pairs)
    rank = int(np.linalg.matrix_rank(Lambda, tol=BOUNDARY * float(np.abs(Lambda).max())))
    return f"their covariance matrix has rank {rank} instead of {len(sd)}"
