"""The record of one figure: what it shows, in words."""

from __future__ import annotations

from mlm_steps.records.base import Record

__all__ = ["FigureRecord"]


class FigureRecord(Record):
    """One figure; its SVG and the CSV of its data lie beside it under the same name."""

    name: str
    title: str
    reading: str
    """What it shows, in one sentence with numbers."""
    alt: str
    """Type, axes and finding, for those who do not see it."""
