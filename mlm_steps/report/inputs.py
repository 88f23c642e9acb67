"""The input of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlm_steps.design import Formula
from mlm_steps.records import FitRecord, Notice, VarianceRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.report.text.names import Names
from mlm_steps.report.text.running import RunningNames

__all__ = ["ReportInput"]


@dataclass(frozen=True, slots=True)
class ReportInput:
    """The records, formulas, figures and provenance that the sections read.

    Attributes
    ----------
    run : RunRecords
    formulas : mapping of str to Formula
        Parsed formula per model.
    svgs : mapping of str to str
        SVG document per figure.
    provenance : mapping
        Versions, hashes and platform, without times. Values are text, numbers, sequences or mappings.
    formats : tuple of str
        The formats to write.
    """

    run: RunRecords
    formulas: Mapping[str, Formula]
    svgs: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, object] = field(default_factory=dict)
    formats: tuple[str, ...] = ("html", "md")

    @property
    def names(self) -> Names:
        """The labels of names."""
        return Names(self.run)

    @property
    def prose(self) -> RunningNames:
        """The labels of names within sentences."""
        return RunningNames(self.run)

    @property
    def headline(self) -> FitRecord | None:
        """The rung that the report presents first and in full; None if no rung is reliable."""
        return self.run.headline

    @property
    def null(self) -> FitRecord | None:
        """The first rung without predictors."""
        return next((fit for fit in self.run.fits if fit.columns == ("(Intercept)",)), None)

    @property
    def alpha(self) -> float:
        """The level of the tests, which is the same for the whole run."""
        return self.run.fits[0].alpha if self.run.fits else 0.05

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices of data, models, comparisons and variance, each text once per model."""
        run = self.run
        found = [
            *run.data_profile.notices,
            *(notice for record in run.prelude for notice in record.notices),
            *(notice for fit in run.fits for notice in fit.notices),
            *(notice for record in run.comparisons for notice in record.notices),
            *(notice for record in run.variance for notice in record.notices),
            *(notice for record in run.intervals.records for notice in record.notices),
        ]
        return tuple({(n.code, n.text, n.model): n for n in found}.values())

    def variance(self, model: str) -> VarianceRecord | None:
        """Return the record of explained variance of a rung, if it was computed."""
        return next((record for record in self.run.variance if record.model == model), None)
