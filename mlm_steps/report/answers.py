"""What an item of the reporting standard is, and what tells whether a run answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlm_steps.records import FitRecord
from mlm_steps.report.effect_words import effects_of
from mlm_steps.report.inputs import ReportInput

__all__ = [
    "Item",
    "always",
    "compared",
    "explained",
    "fitted",
    "has_intervals",
    "has_slopes",
    "has_slopes_read",
    "never",
]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the reporting standard.

    Attributes
    ----------
    id, text : str
        As in the standard.
    section : str
        Where it is answered, or where its placeholder stands.
    note : str
        How it is answered, or what is missing.
    filled : callable
        Whether a run answers it.
    prompt : str or None
        What the author is asked to write where it is not answered; None where a later analysis answers it.
    applies : callable
        Whether it concerns the run at all.
    """

    id: str
    text: str
    section: str
    note: str
    filled: Callable[[ReportInput], bool]
    prompt: str | None = None
    applies: Callable[[ReportInput], bool] = lambda _: True


def always(_: ReportInput) -> bool:
    """Return that the item is answered in every report."""
    return True


def never(_: ReportInput) -> bool:
    """Return that no run answers the item."""
    return False


def fitted(given: ReportInput) -> bool:
    """Return whether any rung was fitted."""
    return bool(given.run.fits)


def compared(given: ReportInput) -> bool:
    """Return whether any rungs were compared."""
    return bool(given.run.comparisons)


def explained(given: ReportInput) -> bool:
    """Return whether the variance that rungs explain was computed."""
    return bool(given.run.variance)


def has_slopes(given: ReportInput) -> bool:
    """Return whether any rung has a random slope."""
    return any(name != "(Intercept)" for fit in given.run.fits for term in fit.terms for name in term.names)


def has_slopes_read(given: ReportInput) -> bool:
    """Return whether simple slopes were read."""
    return bool(effects_of(given).slopes)


def has_intervals(fit: FitRecord) -> bool:
    """Return whether all variances, standard deviations and correlations of a fit have intervals."""
    return all(row.ci_low is not None for row in fit.random if row.kind != "covariance")
