"""The analyses whose whole runs are timed: their files, and the edits of a user."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ANALYSES", "EDITS", "Analysis"]

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "config" / "examples"
LADDERS = ROOT / "benchmarks" / "ladders"


@dataclass(frozen=True, slots=True)
class Analysis:
    """A spec with its data, edits of it, and the R Markdown of the same ladder.

    Attributes
    ----------
    spec, data : Path
    formula, label : tuple of str
        A text of the spec, and what takes its place.
    by_hand : str
        The name of the R Markdown.
    """

    spec: Path
    data: Path
    formula: tuple[str, str]
    label: tuple[str, str]
    by_hand: str

    def lay_out(self, folder: Path) -> Path:
        """Copy spec, data and R Markdown to a folder; return the spec, ``pipeline.yaml``."""
        (folder / "data").mkdir()
        shutil.copy(self.data, folder / "data")
        for file in LADDERS.glob("*.Rmd"):
            shutil.copy(file, folder)
        return Path(shutil.copy(self.spec, folder / "pipeline.yaml"))

    def edit(self, spec: Path, what: str) -> None:
        """Make one of ``EDITS`` in a spec."""
        text = spec.read_text(encoding="utf-8")
        old, new = getattr(self, what)
        if text.count(old) != 1:
            raise ValueError(f"{self.spec}: {old!r} does not stand once in the text")
        spec.write_text(text.replace(old, new), encoding="utf-8")


EDITS = ("formula", "label")
ANALYSES = {
    "example": Analysis(
        ROOT / "pipeline.yaml",
        ROOT / "data" / "hsb.csv",
        formula=("ses_w + sector + (ses_w | school)", "ses_w + sector + sx + (ses_w | school)"),
        label=("Mathematics achievement, unit", "Achievement in mathematics, unit"),
        by_hand="hsb",
    ),
    "workshop": Analysis(
        EXAMPLES / "workshop.yaml",
        EXAMPLES / "data" / "workshop.csv",
        formula=("ses + public + (ses | schcode)", "ses + public + female + (ses | schcode)"),
        label=("Mathematics achievement, unit", "Achievement in mathematics, unit"),
        by_hand="workshop",
    ),
}
