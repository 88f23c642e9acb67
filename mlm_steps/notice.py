"""Notices: plain data that the core returns and that records on disk embed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

__all__ = ["Notice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a reader should know that did not stop the run.

    Attributes
    ----------
    code : str
        A short slug, for example ``singular`` or ``level_conflict``.
    severity : {"info", "warning"}
    text : str
        One or two sentences in words.
    model : str or None
        The rung it concerns, if it concerns one.
    subject : str or None
        The variable, factor or term it concerns.
    """

    # Records embed notices. A record with an unknown key is refused as damaged.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    code: str
    severity: Literal["info", "warning"]
    text: str
    model: str | None = None
    subject: str | None = None
