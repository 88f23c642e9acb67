"""The folders of the workflow and the templates, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

__all__ = ["share"]


def share(name: str) -> Path:
    """Return the folder ``workflow`` or ``reports``."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_share" / name
    return installed if installed.is_dir() else package.parent / name
