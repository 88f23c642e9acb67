"""Flags of the checks of assumptions (statistics, section 13).

A check with several results, such as one per predictor, adjusts their p values by Bonferroni's method
before it gives flags, so that a model that holds is flagged by one check in at most one of a hundred data
sets. A difference that is certain but small has the flag ``look``: only one that may change conclusions is
a ``concern``.
"""

from __future__ import annotations

from mlm_steps.records.diagnostics import Flag

__all__ = ["LOOK", "flag", "p_words"]

LOOK = 0.01
"""Adjusted p value below which a result is flagged: of ten checks of a true model, nine in ten data sets have
none flagged."""
CONCERN = 0.01
"""Adjusted p value below which a result that is also large is a concern."""


def flag(p: float, count: int, *, large: bool) -> Flag:
    """Return the flag of one of ``count`` results of a check.

    Parameters
    ----------
    p : float
        Unadjusted p value.
    count : int
        Number of results of the check.
    large : bool
        Whether the departure is large enough to matter.

    Examples
    --------
    >>> flag(0.004, 2, large=False), flag(0.004, 2, large=True), flag(0.004, 4, large=True)
    ('look', 'concern', 'ok')
    """
    adjusted = p * max(count, 1)
    if adjusted < CONCERN and large:
        return "concern"
    return "look" if adjusted < LOOK else "ok"


def p_words(p: float) -> str:
    """Return a p value in words.

    >>> p_words(0.0002), p_words(0.0312)
    ('p < .001', 'p = .031')
    """
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)
