"""What a report is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlm_steps.design import Formula
from mlm_steps.records import FitRecord, Notice, VarianceRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.report.text.names import Names

__all__ = ["ReportInput"]


@dataclass(frozen=True, slots=True)
class ReportInput:
    """Everything that the sections read.

    Attributes
    ----------
    run : RunRecords
    formulas : mapping of str to Formula
        Parsed formula per model.
    svgs : mapping of str to str
        SVG document per figure.
    provenance : mapping
        Versions, hashes, platform; no times. Values are text, numbers, sequences or mappings of such.
    formats : tuple of str
        Formats that are written.
    """

    run: RunRecords
    formulas: Mapping[str, Formula]
    svgs: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, object] = field(default_factory=dict)
    formats: tuple[str, ...] = ("html", "md")

    @property
    def names(self) -> Names:
        """Words for names."""
        return Names(self.run)

    @property
    def final(self) -> FitRecord | None:
        """The last rung that was fitted."""
        return self.run.fits[-1] if self.run.fits else None

    @property
    def null(self) -> FitRecord | None:
        """The first rung without predictors."""
        return next((fit for fit in self.run.fits if fit.columns == ("(Intercept)",)), None)

    @property
    def alpha(self) -> float:
        """The level of the tests, one for the whole run."""
        return self.run.fits[0].alpha if self.run.fits else 0.05

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices of data, models, comparisons and variance, each text once per model."""
        run = self.run
        found = [
            *run.profile.notices,
            *(notice for record in run.prelude for notice in record.notices),
            *(notice for fit in run.fits for notice in fit.notices),
            *(notice for record in run.comparisons for notice in record.notices),
            *(notice for record in run.variance for notice in record.notices),
            *(notice for record in run.intervals.records for notice in record.notices),
        ]
        return tuple({(n.code, n.text, n.model): n for n in found}.values())

    def variance(self, model: str) -> VarianceRecord | None:
        """Return the variance that a rung explains, if it was computed."""
        return next((record for record in self.run.variance if record.model == model), None)
