"""The records of the figures: what each shows, in words."""

from __future__ import annotations

from mlm_steps.records.base import Part, Record

__all__ = ["FigureRecord", "FiguresRecord"]


class FigureRecord(Part):
    """One figure; its SVG and the CSV of its data lie beside it under the same name."""

    name: str
    title: str
    reading: str
    """What it shows, in one sentence with numbers."""
    alt: str
    """Type, axes and finding, for those who do not see it."""


class FiguresRecord(Record):
    """The figures of a run that apply to its models, in the order of the report."""

    figures: tuple[FigureRecord, ...]
