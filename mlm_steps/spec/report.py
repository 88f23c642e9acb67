"""The key ``report``: what is written at the end."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import OptionalText, Text, each_differs, objection, read_texts

__all__ = ["ReportSpec"]

Format = Literal["html", "md"]


def _not_empty(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    if not formats:
        raise objection("names no format", "html, md, or both")
    return formats


class ReportSpec(SpecBlock):
    """What is written at the end."""

    formats: Annotated[
        tuple[Format, ...],
        BeforeValidator(read_texts),
        AfterValidator(_not_empty),
        AfterValidator(each_differs),
    ] = ("html", "md")
    """``html`` (one file, opens anywhere) and ``md`` (Markdown with the same numbers)."""
    headline: Text = "auto"
    """The rung whose results the report presents first and in full: a name, ``headline: slope``.

    ``auto``: the rung of the first entry of ``hypotheses``; without hypotheses the last rung whose search
    converged. A rung that could not be fitted is never chosen; the report then says which rung replaces it.
    """
    compare_with: OptionalText = None
    """The output folder of an earlier run, relative to the spec, ``compare_with: results/before``: a section
    of the report says what has changed since. Where the folder holds no run, the section says so."""
