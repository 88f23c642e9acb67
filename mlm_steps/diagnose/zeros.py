"""Observed and expected numbers of zeros of a count (statistics, section 22.8)."""

from __future__ import annotations

import numpy as np

from mlm_steps.diagnose.base import COVERED, Contribution, Subject, flag_of, p_text, percent_range, two_sided
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.records.diagnostics import DiagnosticCheck

__all__ = ["zeros"]

REPLICATES = 1000
"""Simulated numbers of zeros: the smallest p value is then .002."""


def zeros(subject: Subject) -> Contribution:
    """Return the ratio of the observed number of zeros to Σ P(0) at the modes.

    Given the modes, the rows are independent, so that the number of zeros is drawn row by row.
    """
    if not subject.family.integers or subject.family.has_trials:
        return Contribution()
    nothing = np.zeros(subject.y.size)
    chance = subject.family.cdf(nothing, subject.eta, subject.phi, subject.trials)
    observed = float(subject.weights[subject.y == 0].sum())
    expected = float(subject.weights @ chance)
    if expected <= 0.0:
        return Contribution()
    generator = stream(subject.seed, f"diagnostics/{subject.model}/zeros", 0)
    counts = np.array(
        [subject.weights @ (generator.random(chance.size) < chance) for _ in range(REPLICATES)], dtype=float
    )
    ratio, p = observed / expected, two_sided(observed, counts)
    low, high = (float(value) / expected for value in np.quantile(counts, COVERED))
    flag = flag_of(p)
    held = "" if flag == "ok" else f", {'more' if ratio > 1 else 'fewer'} than the model allows"
    text = (
        f"{observed:.0f} outcomes are 0{held}; the model expects {expected:.1f}: ratio {ratio:.2f} "
        f"({percent_range(low, high)}), {p_text(p)}."
    )
    row = DiagnosticCheck(
        check="zeros",
        statistic=ratio,
        low=low,
        high=high,
        p=p,
        replicates=REPLICATES,
        flag=flag,
        sentence=text,
    )
    return Contribution((row,))
