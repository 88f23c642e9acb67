"""Alternatives to a singular or doubtful fit.

A remedy is a module whose function takes a Case and yields Proposals: formulas to fit instead. Its name is
the word that ``on_singular`` takes, and it is listed in ``REMEDIES`` in the order of the advice (statistics,
section 12): first change the centring, then remove effects whose variance is estimated as zero, then effects
that the data cannot distinguish. A remedy is applied only if the spec requests it.
"""

from __future__ import annotations

from mlm_steps.remedies.base import Case, Proposal, Remedy
from mlm_steps.remedies.center import center
from mlm_steps.remedies.center_grand import center_grand
from mlm_steps.remedies.drop_correlation import drop_correlation
from mlm_steps.remedies.drop_slope import drop_slope
from mlm_steps.remedies.drop_term import drop_term
from mlm_steps.remedies.drop_zero import drop_zero

__all__ = ["REMEDIES", "Case", "Proposal", "Remedy"]

REMEDIES: dict[str, Remedy] = {
    "center": center,
    "center_grand": center_grand,
    "drop_zero": drop_zero,
    "drop_correlation": drop_correlation,
    "drop_slope": drop_slope,
    "drop_term": drop_term,
}
