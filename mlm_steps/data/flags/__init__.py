"""Checks for common faults of data files. Each returns notices with rows and values and changes nothing."""

from __future__ import annotations

from mlm_steps.data.flags import (
    group_means,
    imputed_values,
    level_2_outcome,
    missing_codes,
    numbers_as_text,
    repeated_units,
    similar_labels,
    two_valued_outcome,
)
from mlm_steps.data.flags.base import DataView, Flag
from mlm_steps.records.base import Notice

__all__ = ["FLAGS", "DataView", "find_flags"]

FLAGS: dict[str, Flag] = {
    "missing_codes": missing_codes.find,
    "imputed_values": imputed_values.find,
    "similar_labels": similar_labels.find,
    "numbers_as_text": numbers_as_text.find,
    "two_valued_outcome": two_valued_outcome.find,
    "level_2_outcome": level_2_outcome.find,
    "repeated_units": repeated_units.find,
    "group_means": group_means.find,
}


def find_flags(view: DataView) -> tuple[Notice, ...]:
    """Return the notices of all checks on a data file, in the order of ``FLAGS``."""
    return tuple(notice for find in FLAGS.values() for notice in find(view))
