"""Pearson's dispersion statistic on n minus the effective parameters (statistics, section 22.8)."""

from __future__ import annotations

import numpy as np
import scipy

from mlm_steps.diagnose.base import Contribution, Subject, flag_of, p_text
from mlm_steps.engine.posterior.effective import effective_parameters
from mlm_steps.records.diagnostics import DiagnosticCheck

__all__ = ["dispersion"]


def dispersion(subject: Subject) -> Contribution:
    """Return the ratio of X² = Σ (y - μ)² / V(μ) at the modes to its degrees of freedom n - ρ.

    It does not apply where the dispersion is estimated, and where every outcome is one trial.
    """
    if subject.family.has_dispersion or subject.binary:
        return Contribution()
    mean = subject.trials * subject.family.mean(subject.eta)
    variance = subject.family.variance(subject.eta, subject.phi, subject.trials)
    statistic = float(np.sum(subject.weights * (subject.y - mean) ** 2 / variance))
    df = float(subject.weights.sum()) - effective_parameters(subject.fit)
    if not df > 0.0:
        text = "The model has as many effective parameters as rows, so that the dispersion cannot be judged."
        row = DiagnosticCheck(
            check="dispersion", statistic=None, flag=None, sentence=text, code="not_estimable"
        )
        return Contribution((row,))
    ratio, p = statistic / df, float(scipy.special.chdtrc(df, statistic))
    flag = flag_of(p)
    test = f"X² = {statistic:.1f} on {df:.1f} degrees of freedom, {p_text(p)}"
    if flag == "ok":
        text = f"The outcomes do not vary more than the distribution allows: ratio {ratio:.2f}, {test}."
    else:
        text = (
            f"The outcomes vary {ratio:.2f} times as much as the distribution allows ({test}): standard "
            f"errors are too small."
        )
    row = DiagnosticCheck(check="dispersion", statistic=ratio, df=df, p=p, flag=flag, sentence=text)
    return Contribution((row,))
