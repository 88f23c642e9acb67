"""A figure of the run as the templates place it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from mlm_steps.report.inputs import ReportInput

__all__ = ["drawing"]


def drawing(given: ReportInput, name: str) -> dict[str, Any] | None:
    """Return title, reading, alt text and inline SVG of a figure; None if the run has none of that name."""
    record = next((figure for figure in given.run.figures if figure.name == name), None)
    document = given.svgs.get(name)
    if record is None or document is None:
        return None
    return {
        "name": name,
        "title": record.title,
        "reading": record.reading,
        "alt": record.alt,
        "svg": Markup(document[document.index("<svg") :]),  # noqa: S704 (drawn by mlm_steps.figures, escaped there)
    }
