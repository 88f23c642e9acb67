"""All records of a run, as the tables, the figures and the report read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from mlm_steps.records.base import Record, RecordT
from mlm_steps.records.comparison import ComparisonRecord
from mlm_steps.records.data_profile import DataProfile
from mlm_steps.records.diagnostics import AssumptionsRecord, DiagnosticsRecord
from mlm_steps.records.failure import Absence
from mlm_steps.records.figure import FigureRecord
from mlm_steps.records.fit import FitRecord
from mlm_steps.records.hypotheses import DeclaredHypothesis, headline_of
from mlm_steps.records.intervals import Interval, IntervalKind, RunIntervals, fixed_row
from mlm_steps.records.ols import OlsRecord
from mlm_steps.records.spelling import quote_name, split_group, unquote_name
from mlm_steps.records.variance import VarianceRecord

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Labels", "RunRecords"]

CATEGORICAL = ("category", "ordered", "group", "text")
"""Kinds of columns for which a design has columns named by the column and a level."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels for names; a name without a label is its own label.

    Labels come from the spec and are used by figures and report only: no fit depends on them.

    Attributes
    ----------
    models : mapping of str to str
        Label per rung or prelude model.
    columns : mapping of str to str
        Label per data column.
    units : mapping of str to str
        Unit per data column.
    nouns : mapping of str to tuple
        Per grouping factor the word for one of its units, or None, and the word for several.
    """

    models: Mapping[str, str]
    columns: Mapping[str, str]
    units: Mapping[str, str]
    nouns: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)

    def model(self, name: str) -> str:
        """Return the label of a model, or its name."""
        return self.models.get(name, name)

    def column(self, name: str) -> str:
        """Return the label of a column, or its name."""
        return self.columns.get(name, name)


@dataclass(frozen=True)
class RunRecords:
    """All results of a finished run.

    Attributes
    ----------
    name, title : str
        Of the spec.
    labels : Labels
    data_profile : DataProfile
    prelude : tuple of OlsRecord
    fits : tuple of FitRecord
        In the order of the ladder; a rung that failed is absent here and in ``failed``, one whose search did
        not converge stands in ``unreliable``.
    failed : mapping of str to str
        Reason per rung that could not be fitted.
    comparisons : tuple of ComparisonRecord
    variance : tuple of VarianceRecord
        In the order of the ladder.
    modes : mapping of str to DataFrame
        Per rung its rows of the ``ranef`` table (statistics, section 20) without ``model``.
    mode_covariances : mapping of str to DataFrame
        Per rung its rows of the ``ranef_cov`` table without ``model``.
    figures : tuple of FigureRecord
    results : mapping of str to Record
        By the name of a job, such as ``effects``, the records of the steps whose declarations name a class
        of record; an Absence for a job that has no result. ``result`` and ``results_of`` return them.
    intervals : RunIntervals
        Intervals computed by separate steps. The rows of fits and variance contain them already.
    adjustment : {"none", "holm"}
        The adjustment for the number of comparisons that the spec requests.
    unreliable : tuple of FitRecord
        Rungs whose search did not converge: no finding, test or comparison rests on their numbers.
    alone : bool
        Whether there are planned studies alone, without data and ladder.
    chosen : str or None
        The name of the rung that the spec makes the headline.
    hypotheses : tuple of DeclaredHypothesis
    statements : mapping of str to str
        What the spec states on items of the reporting standard, by the identifier of the item.
    experimental : bool
        Whether the groups that are compared were assigned at random.
    """

    name: str
    title: str
    labels: Labels
    data_profile: DataProfile
    prelude: tuple[OlsRecord, ...]
    fits: tuple[FitRecord, ...]
    failed: Mapping[str, str]
    comparisons: tuple[ComparisonRecord, ...]
    variance: tuple[VarianceRecord, ...]
    modes: Mapping[str, pd.DataFrame]
    mode_covariances: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: tuple[FigureRecord, ...] = ()
    results: Mapping[str, Record] = field(default_factory=dict)
    intervals: RunIntervals = field(default_factory=lambda: RunIntervals({}))
    adjustment: Literal["none", "holm"] = "none"
    unreliable: tuple[FitRecord, ...] = ()
    alone: bool = False
    chosen: str | None = None
    hypotheses: tuple[DeclaredHypothesis, ...] = ()
    statements: Mapping[str, str] = field(default_factory=dict)
    experimental: bool = False

    @property
    def headline(self) -> FitRecord | None:
        """The rung that the report presents first and in full.

        It is the chosen one if its numbers are reliable, else that of the first hypothesis, else the last
        rung that is reliable. None if there is none.
        """
        return headline_of(self.fits, self.chosen, self.hypotheses)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the rungs with reliable numbers, in the order of the ladder."""
        return tuple(fit.model for fit in self.fits)

    def assumptions_of(self, model: str) -> DiagnosticsRecord | None:
        """Return the checks of the assumptions of one model; None if there are none."""
        found = self.result(AssumptionsRecord, "assumptions")
        return found.of(model) if isinstance(found, AssumptionsRecord) else None

    def noun_of(self, factor: str) -> tuple[str | None, str] | None:
        """Return the declared words for one unit of a grouping factor and for several; None without any.

        The units of ``class:school`` are those that are declared for it, else those of a nested ``class``.
        """
        nouns = self.labels.nouns
        parts, word = self.reading(factor)
        keys = [factor, *(key for key in nouns if {*split_group(key)} == {*parts})]
        keys += [parts[0]] if word == "within" else []
        return next((nouns[key] for key in keys if key in nouns), None)

    def result(self, kind: type[RecordT], job: str) -> RecordT | Absence | None:
        """Return the record of a job, such as ``effects``, or the record of its failure.

        None if the spec does not ask for the job. Raise TypeError if the record is of another class.
        """
        found = self.results.get(job)
        if found is None or isinstance(found, kind | Absence):
            return found
        raise TypeError(f"the record of {job!r} is of class {type(found).__name__}")

    def results_of(self, kind: type[RecordT], step: str) -> tuple[RecordT, ...]:
        """Return the records of all jobs of a step, in their order; jobs without a result are left out."""
        jobs = (job for job in self.results if job.partition("/")[0] == step)
        found = (self.result(kind, job) for job in jobs)
        return tuple(record for record in found if record is not None and not isinstance(record, Absence))

    def interval(self, model: str, kind: IntervalKind, what: str) -> Interval:
        """Return the interval of one row of a table, whatever its source (``records.intervals``)."""
        if kind == "fixed" and self.intervals.words.get("fixed", "wald") == "wald":
            row = next(c for c in self.fit(model).coefficients if fixed_row(c) == what)
            return Interval(kind=kind, what=what, low=row.ci_low, high=row.ci_high, method=row.ci_method)
        return self.intervals.find(model, kind, what)

    def reading(self, group: str) -> tuple[tuple[str, ...], str]:
        """Return the columns of a grouping factor in reading order, and the word to put between them.

        The word is ``within``, with the innermost column first, if one column is nested in the other or if
        the outer one is also a grouping factor alone; else it is ``×``.
        """
        parts = tuple(part for part in re.split("[:()]", group) if part)
        if len(parts) < 2 or group in {column.name for column in self.data_profile.columns}:
            return (group,), "within"
        if len(parts) > 2:
            return parts, "within"
        nested = {
            (r.inner, r.outer) for r in self.data_profile.nesting if r.relation == "nested" or r.implicit
        }
        alone = {factor.name for factor in self.data_profile.factors}
        for outer, inner in (parts, parts[::-1]):
            if (inner, outer) in nested or (outer in alone and inner not in alone):
                return (inner, outer), "within"
        return parts, "×"

    @cached_property
    def shared_names(self) -> dict[str, str]:
        """R's name for each column that has another name here, because R gives it to several columns."""
        found: dict[str, str] = {}
        for names in (*(m.shared_names for m in self.prelude), *(m.shared_names for m in self.fits)):
            found.update(names)
        return found

    def name_of_r(self, column: str) -> str:
        """Return R's name for a column of fixed or random effects; several columns may share it."""
        return self.shared_names.get(column, column)

    def factor_of(self, column: str, model: str | None = None) -> str:
        """Return the categorical data column that a design column codes, or the column's own name.

        Names are written as in formulas, with backticks where necessary. Columns of different terms may have
        the same name in different rungs; the name of the rung then decides.
        """
        columns = {quote_name(found.name): found for found in self.data_profile.columns}
        if column in columns:
            return column
        told = {
            term
            for rung, name, term in self._told
            if name == column and term in columns and model in (None, rung)
        }
        if len(told) == 1:
            return told.pop()
        stems = [name for name, c in columns.items() if c.kind in CATEGORICAL and column.startswith(name)]
        return max(stems, key=len, default=column)

    def is_ambiguous(self, column: str) -> bool:
        """Return whether columns of different terms have this name in different rungs."""
        return len({term for _, name, term in self._told if name == column}) > 1

    @cached_property
    def _told(self) -> frozenset[tuple[str, str, str]]:
        """The columns of all fits: rung, name and term."""
        fixed = {(fit.model, c.column, c.term) for fit in self.fits for c in fit.coefficients}
        random = {
            (fit.model, name, label)
            for fit in self.fits
            for term in fit.terms
            for name, label in zip(term.names, term.labels, strict=False)
        }
        return frozenset(fixed | random)

    def effect_label(self, name: str, model: str | None = None) -> str:
        """Return the label of a design column; for a factor with the level, as ``Sector [Catholic]``."""
        stem = self.factor_of(name, model)
        label = self.labels.column(unquote_name(stem))
        contrast = self.name_of_r(name).removeprefix(stem)
        return f"{label} [{contrast}]" if contrast else label

    def fit(self, model: str) -> FitRecord:
        """Return the fit of one rung; KeyError if there is none."""
        for record in self.fits:
            if record.model == model:
                return record
        raise KeyError(model)
