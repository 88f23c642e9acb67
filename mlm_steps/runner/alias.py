"""A plain name for an output folder whose own name Snakemake, YAML or a shell would misread.

Snakemake takes braces for wildcards, angle brackets for path variables, a leading ``~`` for the home folder,
and drops white space around names and the quotes in them. In such cases it gets a symbolic link.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

__all__ = ["is_number", "plain_name"]

PLAIN = re.compile(r"[\w/.](?:[\w/. +=@:,-]*[\w/.+=@:,-])?")


def plain_name(out: Path, root: Path = Path(".snakemake")) -> Path:
    """Return an output folder, or a symbolic link to it if its name has characters that are not plain."""
    if PLAIN.fullmatch(str(out)) and not is_number(str(out)):
        return out
    target = Path(os.path.abspath(out))  # noqa: PTH100 - the link is in another folder; keep other links
    link = root / "mlm" / f"out-{hashlib.sha256(os.fsencode(target)).hexdigest()[:16]}"
    if not link.is_symlink() or link.readlink() != target:
        link.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            link.unlink()
        link.symlink_to(target)
    return link


def is_number(name: str) -> bool:
    """Return whether Snakemake reads a value of ``--config`` as a number, quoted or not."""
    try:
        float(name)
    except ValueError:
        return False
    return True
