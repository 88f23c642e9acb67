"""The coefficients that a sensitivity analysis follows."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.design.hlm import column_factors
from mlm_steps.design.matrices import Design

__all__ = ["MOST", "key_columns"]

MOST = 8
"""Largest number of coefficients that are all followed. A table of more of them is hard to read."""
INTERCEPT = "(Intercept)"


def key_columns(design: Design, named: Sequence[str] = ()) -> tuple[tuple[str, ...], bool]:
    """Return the columns whose coefficients are followed, and whether they are a selection.

    These are all columns but the intercept. If there are more than ``MOST``, they are the columns of the
    terms that no other term contains, such as an interaction, and those that are ``named``.
    """
    columns = tuple(column for column in design.columns if column != INTERCEPT)
    if len(columns) <= MOST:
        return columns, False
    parts = [frozenset(label_parts) for label_parts in _factors(design)]
    highest = {
        label
        for label, part in zip(design.term_labels, parts, strict=True)
        if not any(part < other for other in parts)
    }
    kept = [
        column
        for column, assign in zip(design.columns, design.assign, strict=True)
        if assign and (design.term_labels[assign - 1] in highest or column in named)
    ]
    return tuple(kept), len(kept) < len(columns)


def _factors(design: Design) -> list[tuple[str, ...]]:
    """Return the factors of each fixed-effects term, as written in its label."""
    return [tuple(stem for stem, _ in column_factors(label, label)) for label in design.term_labels]
