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
    """Return sentences on the random effects of the headline rung, and the figures."""
    headline = given.headline
    if headline is None:
        return None
    return {
        "sentences": [
            *slope_sentences(given, headline, tests=False),
            *intercept_sentences(given, headline),
            *component_sentences(given, headline),
            *reliability_sentences(given, headline),
            *boundary_sentences(given, headline),
        ],
        "singular": headline.reported.singular,
        "figures": [found for name in FIGURES if (found := drawing(given, name)) is not None],
    }
