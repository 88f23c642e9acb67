"""The paths of the files of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlm_steps.steps import STEPS

__all__ = ["Layout"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The output folder of one run.

    Attributes
    ----------
    out : Path
        The folder itself, ``results/<name>`` by default.
    alone : bool
        Whether the run has planned studies alone.
    """

    out: Path
    alone: bool = False

    @property
    def analysis(self) -> Path:
        """The common sample with all columns."""
        return self.out / "data" / "analysis.parquet"

    @property
    def row_numbers(self) -> Path:
        """The row of the data file for each row of the common sample, if rows are saved."""
        return self.out / "data" / "row_numbers.parquet"

    def saved_rows(self, model: str) -> Path:
        """Return the file of fitted values and residuals that the spec asks for."""
        return self.out / "rows" / f"{model}.csv"

    @property
    def provenance(self) -> Path:
        """The file of versions, hashes and times; no other file differs between two equal runs."""
        return self.out / "provenance.json"

    @property
    def shared_lock(self) -> Path:
        """The file that steps on several machines lock to change the ledger; it exists during such a run."""
        return self.out / "logs" / ".ledger"

    @property
    def tables(self) -> Path:
        """The folder of the CSV tables."""
        return self.out / "tables"

    def output(self, step: str, *, form: str = "") -> Path:
        """Return the file that marks a step such as ``fit/slope`` as done.

        ``form`` is the format of the report.
        """
        kind, _, of = step.partition("/")
        table = "power" if self.alone else "fit"
        return self.out / STEPS[kind].output.format(of=of, format=form, table=table)

    def figure(self, name: str, suffix: str) -> Path:
        """Return the file of a figure with a suffix: ``svg`` for the drawing, ``csv`` for its data."""
        return self.out / "figures" / f"{name}.{suffix}"

    def optima(self, model: str) -> Path:
        """Return the record of the optima of a rung, which is kept if only its tests are made again."""
        return self.out / "fits" / f"{model}.optima.json"

    def modes(self, model: str) -> Path:
        """Return the conditional modes of a rung."""
        return self.out / "fits" / f"{model}.modes.parquet"

    def mode_covariances(self, model: str) -> Path:
        """Return the covariances of the conditional modes of a rung."""
        return self.out / "fits" / f"{model}.covariances.parquet"

    def rows(self, model: str) -> Path:
        """Return the fitted values and residuals of a rung."""
        return self.out / "fits" / f"{model}.rows.parquet"

    def report(self, form: str) -> Path:
        """Return the report in one format."""
        return self.out / f"report.{form}"

    def log(self, step: str) -> Path:
        """Return the log of a step."""
        return self.out / "logs" / f"{step}.log"
