"""The arguments of ``mlm run``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["RunRequest"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The arguments of ``mlm run``.

    Attributes
    ----------
    spec : Path
        The spec.
    out : Path or None
        The output folder; by default ``results/<name of the spec>``.
    cores : int or None
        Number of parallel processes; by default the number of cores.
    dry_run, force : bool
        Print the steps that would run without running them; make every step again.
    profile : str or None
        A Snakemake profile.
    allow_outside : bool
        Whether the spec may read data from any folder.
    explain : bool
        Say in detail why each step is made.
    planned : bool
        Whether the spec must have planned studies.
    summary : Path or None
        The file for a summary of the run as Markdown.
    """

    spec: Path
    out: Path | None = None
    cores: int | None = None
    dry_run: bool = False
    force: bool = False
    profile: str | None = None
    allow_outside: bool = False
    explain: bool = False
    planned: bool = False
    summary: Path | None = None
