"""What the figures of the checks of a generalized model share."""

from __future__ import annotations

from mlm_steps.engine.families import family_of
from mlm_steps.figures.base import FigureInput
from mlm_steps.records import FitRecord
from mlm_steps.records.diagnostics import DiagnosticsRecord

__all__ = ["checks_of_final", "fitted_words"]


def checks_of_final(given: FigureInput) -> DiagnosticsRecord | None:
    """Return the checks of the last rung; None if it has none, as a linear model."""
    if not given.run.fits:
        return None
    records = given.run.results_of(DiagnosticsRecord, "diagnostics")
    return next((record for record in records if record.model == given.run.fits[-1].model), None)


def fitted_words(fit: FitRecord) -> str:
    """Return what the mean of the outcome is, for an axis: ``Fitted probability``."""
    words = family_of(fit.family, fit.link).mean_words
    return f"Fitted {words.removeprefix('expected ').replace('value', 'mean')}"
