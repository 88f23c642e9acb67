"""Checks of the assumptions of a fit, as the report's: a result that prints, draws and is a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import LARGEST_SEED, checked, kind_of, whole
from mlm_steps.api.shown import Tabular
from mlm_steps.api.state import FitState
from mlm_steps.design.matrices import Design
from mlm_steps.diagnose import Subject, diagnose
from mlm_steps.diagnose.assumptions import check_assumptions
from mlm_steps.diagnose.parts.subject import Model, any_fit
from mlm_steps.diagnose.parts.variables import variables_of
from mlm_steps.engine.fit.ols import OlsFit
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import Fault, UsageError, did_you_mean
from mlm_steps.figures.assumptions import Words, panel
from mlm_steps.records.diagnostics import DiagnosticCheck, DiagnosticsRecord

__all__ = ["ModelChecks", "Plot", "check", "checks_of"]

COLUMNS = ("check", "of", "effect", "statistic", "low", "high", "df", "p", "flag")


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing; a notebook shows it, ``save`` writes it.

    Attributes
    ----------
    svg : str
        The SVG document.
    alt : str
        What it shows, for screen readers.
    """

    svg: str
    alt: str

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the SVG document to a file and return its path."""
        target = Path(path)
        target.write_text(self.svg, encoding="utf-8")
        return target

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"{self.alt} Write it by .save('checks.svg')."


@dataclass(frozen=True, eq=False, repr=False)
class ModelChecks(Tabular):
    """The checks of a model; ``print`` shows the flagged results first, in words.

    Attributes
    ----------
    formula : str
    record : DiagnosticsRecord
        All results, with a sentence each, and the points of the plots.
    """

    formula: str
    record: DiagnosticsRecord

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per result: what it is about, its statistic, p value and flag."""
        rows = [[getattr(check, name) for name in COLUMNS] for check in self.record.checks]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    @property
    def flagged(self) -> pd.DataFrame:
        """The results that depart from the model, strongest first, with their sentences."""
        rows = [(check.check, check.flag, check.p, check.text) for check in self._flagged]
        return pd.DataFrame(rows, columns=["check", "flag", "p", "sentence"])

    def plot(self) -> Plot:
        """Return the panel of all plots."""
        words = Words(str, str, str)
        figure = panel(self.record, words, "assumptions", f"Checks of {self.formula}")
        return Plot(figure.svg.decode(), figure.alt)

    @property
    def _flagged(self) -> list[DiagnosticCheck]:
        found = [check for check in self.record.checks if check.flagged]
        return sorted(found, key=lambda check: check.strength, reverse=True)

    def _title(self) -> str:
        return f"Checks of {self.formula}"

    def __repr__(self) -> str:
        fine = [check for check in self.record.checks if check.flag == "ok"]
        others = [check for check in self.record.checks if check.flag is None]
        lines = [f"{check.flag}: {check.text}" for check in [*self._flagged, *fine]]
        return "\n".join([self._title(), *lines, *(f"{check.code}: {check.text}" for check in others)])


@checked(seed=whole(0, LARGEST_SEED))
def check(
    state: FitState,
    data: pd.DataFrame | None = None,
    *,
    time: str | None = None,
    seed: int = 1,
) -> ModelChecks:
    """Return the checks of the assumptions of a fit: at both levels, with flags and sentences.

    Predictive checks, linearity, homogeneity over fitted values and between groups, collinearity, normality
    of residuals and random effects, random effects against predictors of groups, autocorrelation, outliers;
    for a model with a family also its distribution. ``look`` marks a small departure beyond chance,
    ``concern`` a large one.

    Parameters
    ----------
    data : DataFrame, optional
        The frame of the fit, to compare random effects also with columns that the model leaves out.
    time : str, optional
        The column by which the rows of a group are ordered. Default: it is recognised.
    seed : int
        Seed of the simulations.
    """
    fit = state.fit
    source = state.source.data
    found = checks_of(fit, source, data, time=time, seed=seed)
    if isinstance(fit, GlmmFit):
        more = diagnose(Subject(fit.design.formula, fit, seed, thorough=True))
        found = found.with_values(checks=(*found.checks, *more.checks), curves=(*found.curves, *more.curves))
    return ModelChecks(fit.design.formula, found)


def checks_of(
    fit: MixedFit | OlsFit, source: pd.DataFrame, data: object, *, time: str | None, seed: int
) -> DiagnosticsRecord:
    """Return the record of the checks of a fit; UsageError for a frame or a column that cannot be used."""
    design = fit.design
    frame = source if data is None else _same_rows(source, data)
    predictors = _predictors(design, source)
    groups = {part for term in design.random for part in term.group.replace("(", ":").split(":")}
    own = {*predictors, *groups, design.outcome}
    others = [] if data is None else [str(name) for name in frame.columns if str(name) not in own]
    if time is not None and time not in {*predictors, *others}:
        hint = did_you_mean(str(time), [*predictors, *others]) or "give the frame with this column as data"
        raise UsageError(Fault("time", f"no column {time} among the predictors", hint))
    model = Model(
        design.formula,
        any_fit(fit),
        variables_of(frame, design.rows, predictors),
        variables_of(frame, design.rows, others),
        seed=seed,
        time=time,
    )
    return check_assumptions(model)


def _predictors(design: Design, source: pd.DataFrame) -> list[str]:
    names = dict.fromkeys(name for columns in design.term_variables for name in columns)
    return [name for name in names if name in source]


def _same_rows(source: pd.DataFrame, data: object) -> pd.DataFrame:
    if not isinstance(data, pd.DataFrame):
        raise UsageError(Fault("data", f"must be a DataFrame; this is {kind_of(data)}"))
    if len(data) != len(source) or not np.array_equal(data.index, source.index):
        what = f"has other rows than the frame of the fit ({len(data)}, not {len(source)})"
        raise UsageError(Fault("data", what, "give the frame that was fitted"))
    return data
