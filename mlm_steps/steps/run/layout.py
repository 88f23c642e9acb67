"""Where a run keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Layout"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The output folder of one run.

    Attributes
    ----------
    out : Path
        The folder itself, ``results/<name>`` by default.
    """

    out: Path

    @property
    def analysis(self) -> Path:
        """The common sample with all columns."""
        return self.out / "data" / "analysis.parquet"

    @property
    def profile(self) -> Path:
        """The record of the data."""
        return self.out / "data" / "profile.json"

    @property
    def provenance(self) -> Path:
        """Versions, hashes, times: the one file that differs between two equal runs."""
        return self.out / "provenance.json"

    @property
    def tables(self) -> Path:
        """The folder of the CSV tables."""
        return self.out / "tables"

    @property
    def allfit(self) -> Path:
        """The record of the rungs that were refitted by every optimiser."""
        return self.out / "allfit" / "ladder.json"

    @property
    def remedies(self) -> Path:
        """The record of the rungs that needed advice."""
        return self.out / "remedies" / "ladder.json"

    @property
    def effort(self) -> Path:
        """The record of the optional work: what is done and what is left out."""
        return self.out / "effort" / "ladder.json"

    @property
    def effects(self) -> Path:
        """The record of contrasts, slopes and means of all rungs."""
        return self.out / "effects" / "ladder.json"

    @property
    def deletions(self) -> Path:
        """The record of the tests of single random effects."""
        return self.out / "deletions" / "ladder.json"

    def prelude(self, model: str) -> Path:
        """Return the record of a single-level model."""
        return self.out / "prelude" / f"{model}.json"

    def fit(self, model: str) -> Path:
        """Return the record of a rung."""
        return self.out / "fits" / f"{model}.json"

    def optima(self, model: str) -> Path:
        """Return the record of the optima of a rung, which stays where only its tests are made again."""
        return self.out / "fits" / f"{model}.optima.json"

    def modes(self, model: str) -> Path:
        """Return the conditional modes of a rung."""
        return self.out / "fits" / f"{model}.modes.parquet"

    def rows(self, model: str) -> Path:
        """Return the fitted values and residuals of a rung."""
        return self.out / "fits" / f"{model}.rows.parquet"

    def comparison(self, smaller: str, larger: str) -> Path:
        """Return the record of a comparison."""
        return self.out / "comparisons" / f"{smaller}--{larger}.json"

    def simulated(self, smaller: str, larger: str, numbers: str) -> Path:
        """Return some replicates of a comparison; ``numbers`` such as ``0-500``, the end excluded."""
        return self.out / "simulations" / f"{smaller}--{larger}" / f"{numbers}.json"

    def variance(self, model: str) -> Path:
        """Return the record of the variance that a rung explains."""
        return self.out / "variance" / f"{model}.json"

    def intervals(self, source: str, model: str) -> Path:
        """Return the record of a rung's intervals that come from one source, ``profile`` or ``bootstrap``."""
        return self.out / source / f"{model}.json"

    def resampled(self, model: str, numbers: str) -> Path:
        """Return some bootstrap replicates of a rung; ``numbers`` such as ``0-500``, the end excluded."""
        return self.out / "bootstrap" / model / f"{numbers}.parquet"

    def figure(self, name: str, suffix: str = "json") -> Path:
        """Return a figure's record, or with ``suffix`` its SVG or CSV."""
        return self.out / "figures" / f"{name}.{suffix}"

    def report(self, form: str) -> Path:
        """Return the report in one format."""
        return self.out / f"report.{form}"

    def log(self, step: str) -> Path:
        """Return the log of a step."""
        return self.out / "logs" / f"{step}.log"
