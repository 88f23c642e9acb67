"""The record of the checks of one generalized rung against its own distribution."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Part, Record

__all__ = ["Curve", "DiagnosticCheck", "DiagnosticsRecord", "Flag"]

Flag = Literal["ok", "look", "concern"]


class DiagnosticCheck(Part):
    """One row of the ``diagnostics`` table."""

    check: str
    """A key of ``mlm_steps.diagnose.CHECKS``."""
    of: str | None = None
    """Grouping factor whose sums are checked; None for the rows."""
    statistic: float | None
    low: float | None = None
    """Range of 95 % of the statistic under the model."""
    high: float | None = None
    df: float | None = None
    p: float | None = None
    replicates: int | None = None
    """Simulated data sets; None without simulation."""
    flag: Flag | None
    sentence: str
    code: str | None = None
    """Why there is no statistic."""


class Curve(Part):
    """Points of a figure."""

    name: Literal["binned_residuals", "quantiles", "against_fitted"]
    of: str | None = None
    """Grouping factor whose sums are drawn; None for the rows."""
    columns: tuple[str, ...]
    points: tuple[tuple[float, ...], ...]


class DiagnosticsRecord(Record):
    """The checks of one rung and the points of their figures."""

    model: str
    checks: tuple[DiagnosticCheck, ...]
    curves: tuple[Curve, ...]

    @property
    def dispersed(self) -> bool:
        """Whether the outcomes vary more than their distribution."""
        return any(each.check == "dispersion" and each.flag not in (None, "ok") for each in self.checks)

    def curve(self, name: str, of: str | None = None) -> Curve | None:
        """Return a curve by its name and grouping factor; None if there is none."""
        return next((each for each in self.curves if (each.name, each.of) == (name, of)), None)
