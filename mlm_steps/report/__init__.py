"""The report: records in, HTML and Markdown out."""

from __future__ import annotations

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.render import render_report

__all__ = ["ReportInput", "render_report"]
