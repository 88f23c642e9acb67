"""Variation between groups: random effects in sentences, predicted lines and conditional modes in figures."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import boundary_sentences
from mlm_steps.report.sentences.group_coefficients import (
    component_sentences,
    intercept_sentences,
    reliability_sentences,
)
from mlm_steps.report.sentences.random_slopes import slope_sentences

__all__ = ["context"]

FIGURES = ("partial_pooling", "caterpillar")
"""The figures of the section, in its order."""


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return sentences on the random effects of the final rung, and the figures."""
    final = given.headline
    if final is None:
        return None
    return {
        "model": given.names.model(final.model),
        "sentences": [
            *slope_sentences(given, final, tests=False),
            *intercept_sentences(given, final),
            *component_sentences(given, final),
            *reliability_sentences(given, final),
            *boundary_sentences(given, final),
        ],
        "singular": final.reported.singular,
        "figures": [found for name in FIGURES if (found := drawing(given, name)) is not None],
    }
