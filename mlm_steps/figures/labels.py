"""Labels of coefficients and words for units in figures."""

from __future__ import annotations

from mlm_steps.design.hlm import column_factors
from mlm_steps.figures.base import FigureInput, group_label
from mlm_steps.figures.svg.lettering import safe
from mlm_steps.records.spelling import unquote_name

__all__ = ["coefficient_label", "observations_of", "units_of"]

INTERCEPT = "(Intercept)"
OBSERVATIONS = "observations"


def coefficient_label(given: FigureInput, column: str, term: str) -> str:
    """Return the label of a coefficient; a product as ``Status × Sector [Catholic]``."""
    if column == INTERCEPT:
        return "Intercept"
    labels = given.run.labels
    factors = []
    for stem, text in column_factors(given.run.name_of_r(column), term):
        contrast = text.removeprefix(stem)
        label = safe(labels.column(unquote_name(stem)))
        factors.append(f"{label} [{safe(contrast)}]" if contrast else label)
    return " × ".join(factors)


def units_of(given: FigureInput, factor: str) -> str:
    """Return the plural noun for the units of a grouping factor, such as schools, or ``School groups``."""
    declared = given.run.noun_of(factor)
    return f"{group_label(given, factor)} groups" if declared is None else safe(declared[1])


def observations_of(given: FigureInput) -> str:
    """Return the plural noun for the rows of the data, such as students; else observations."""
    factors = {factor.name for factor in given.run.data_profile.factors}
    declared = None if OBSERVATIONS in factors else given.run.labels.nouns.get(OBSERVATIONS)
    return OBSERVATIONS if declared is None else safe(declared[1])
