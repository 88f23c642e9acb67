"""What the figures of generalized models share: their checks and the words of their axes."""

from __future__ import annotations

from mlm_steps.engine.families import family_of
from mlm_steps.figures.base import FigureInput
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.records import FitRecord
from mlm_steps.records.diagnostics import DiagnosticsRecord

__all__ = ["checks_of_final", "fitted_words", "mean_axis", "scale_words"]


def checks_of_final(given: FigureInput) -> DiagnosticsRecord | None:
    """Return the checks of the headline rung; None if it has none, as a linear model."""
    headline = given.run.headline
    records = given.run.results_of(DiagnosticsRecord, "diagnostics")
    return next(
        (record for record in records if headline is not None and record.model == headline.model), None
    )


def fitted_words(fit: FitRecord) -> str:
    """Return what the mean of the outcome is, for an axis: ``Fitted probability``."""
    words = family_of(fit.family, fit.link).mean_words
    return f"Fitted {words.removeprefix('expected ').replace('value', 'mean')}"


def mean_axis(given: FigureInput, fit: FitRecord) -> str:
    """Return what the mean of the outcome is, for an axis: ``Probability, use = Y``."""
    label = safe(given.run.labels.column(fit.outcome))
    event = f" = {safe(fit.event)}" if fit.event is not None else ""
    per = f" per {safe(given.run.labels.column(fit.exposure))}" if fit.exposure else ""
    words = family_of(fit.family, fit.link).mean_words
    return f"{words[:1].upper()}{words[1:]}, {label}{event}{per}"


def scale_words(fit: FitRecord) -> str:
    """Return the scale of coefficients and modes in words, after a comma; empty for a linear model."""
    return "" if fit.linear else f", {fit.link} scale"
