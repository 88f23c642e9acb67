"""How groups differ: random slopes in sentences, conditional modes in a figure."""

from __future__ import annotations

from typing import Any

from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences import boundary_sentences, slope_sentences

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the reading of the final rung's random effects, and the caterpillar."""
    final = given.final
    if final is None:
        return None
    return {
        "model": given.names.model(final.model),
        "sentences": [*slope_sentences(given, final), *boundary_sentences(given, final)],
        "singular": final.reported.singular,
        "figure": drawing(given, "caterpillar"),
    }
