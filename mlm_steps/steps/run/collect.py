"""Gather the records of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.records import (
    ColumnProfile,
    ComparisonRecord,
    DataProfile,
    FigureRecord,
    FitRecord,
    IntervalRecord,
    Notice,
    OlsRecord,
    RunIntervals,
    VariableLevel,
    VarianceRecord,
)
from mlm_steps.records.base import Record
from mlm_steps.records.failure import Absence
from mlm_steps.records.intervals import IntervalSource
from mlm_steps.records.remedies import DerivedColumn
from mlm_steps.records.run import Labels, RunRecords
from mlm_steps.spec.units import nouns_of
from mlm_steps.steps import STEPS
from mlm_steps.steps.run.parquet import read_parquet
from mlm_steps.steps.run.session import Session

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["collect", "labels_of"]


def labels_of(session: Session) -> Labels:
    """Return the labels of models and columns: those of the spec, else those of the data file."""
    columns, models = session.spec.data.columns, session.spec.models
    labels = {column.name: column.label for column in session.profile.columns if column.label}
    labels |= {name: column.label for name, column in columns.items() if column.label not in (None, "", name)}
    return Labels(
        models={model.name: model.label for model in models if model.label},
        columns={**labels, **{c.name: _label(c, labels) for c in session.derived if c.source in labels}},
        units={name: column.unit for name, column in columns.items() if column.unit},
        nouns=nouns_of(session.spec.units),
    )


def _label(column: DerivedColumn, labels: Mapping[str, str]) -> str:
    """Return the label of a column that a remedy has derived."""
    source = labels[column.source]
    group = " within ".join(labels.get(name, name) for name in column.within)
    if column.kind == "mean":
        return f"{source}, mean of {group}"
    return f"{source} within {group}" if group else f"{source}, centred"


def _profile(session: Session) -> DataProfile:
    """Return the profile of the data with the columns that remedies have derived."""
    made = [
        ColumnProfile(name=c.name, kind="number", derived=c.words, derived_by=c.kind, used=True)
        for c in session.derived
    ]
    levels = [
        VariableLevel(
            variable=c.name, factor=":".join(c.within), level="within" if c.kind == "center" else "between"
        )
        for c in session.derived
        if c.within
    ]
    profile = session.profile
    return profile.with_values(
        columns=(*profile.columns, *made), variable_levels=(*profile.variable_levels, *levels)
    )


def collect(session: Session, *, figures: tuple[FigureRecord, ...] = ()) -> RunRecords:
    """Return all records of a run; rungs that failed are named with the reason."""
    spec, layout = session.spec, session.layout
    fits = {rung.name: session.fit_record(rung.name) for rung in spec.rungs}
    preludes = [session.outcome(OlsRecord, f"prelude/{model.name}") for model in spec.prelude]
    comparisons = [session.comparison(pair.smaller, pair.larger) for pair in spec.pairs]
    variances = [session.outcome(VarianceRecord, f"variance/{rung.name}") for rung in spec.rungs]
    everything = [*fits.values(), *preludes, *comparisons, *variances]
    fitted = [record for record in fits.values() if isinstance(record, FitRecord)]
    usable = [record for record in fitted if record.unreliable is None]
    intervals = _intervals(session, [record.model for record in usable])
    return RunRecords(
        name=spec.name,
        title=spec.title_or_name,
        labels=labels_of(session),
        data_profile=_profile(session),
        prelude=tuple(record for record in preludes if isinstance(record, OlsRecord)),
        fits=tuple(intervals.into_fit(record) for record in usable),
        unreliable=tuple(record for record in fitted if record.unreliable is not None),
        failed={
            record.step.partition("/")[2] or record.step: record.reason
            for record in reversed(everything)
            if isinstance(record, Absence) and record.absent == "failed"
        },
        comparisons=tuple(_of_fitted(comparisons, [*(fit.model for fit in fitted), *session.ungrouped])),
        variance=tuple(
            intervals.into_variance(record)
            for record in variances
            if isinstance(record, VarianceRecord) and isinstance(fits[record.model], FitRecord)
        ),
        modes=_Frames({record.model: layout.modes(record.model) for record in usable}),
        mode_covariances=_Frames({record.model: layout.mode_covariances(record.model) for record in usable}),
        figures=figures,
        results=_Results(session),
        intervals=intervals,
        adjustment=spec.tests.adjust,
        alone=spec.planned_alone,
        chosen=spec.headline,
        hypotheses=session.hypotheses,
        statements=spec.statements,
        experimental=spec.design == "experimental",
    )


def _of_fitted(
    records: Iterable[ComparisonRecord | Absence], names: Sequence[str]
) -> Iterator[ComparisonRecord]:
    """Yield the comparisons of the named models: rungs that have a record, and models without groups.

    The record of a comparison can exist without that of its rung, if the step of the rung failed later.
    """
    for record in records:
        if isinstance(record, ComparisonRecord) and {record.smaller, record.larger} <= {*names}:
            yield record


def _intervals(session: Session, fitted: Sequence[str]) -> RunIntervals:
    """Return the intervals of all rungs from separate steps, or the reason if such a step failed."""
    sources = session.plan.inputs.interval_sources
    found = tuple(_of_source(session, source, model) for source in sources for model in fitted)
    return RunIntervals(session.spec.intervals.words, found)


def _of_source(session: Session, source: IntervalSource, model: str) -> IntervalRecord:
    record = session.outcome(IntervalRecord, f"{source}/{model}")
    if isinstance(record, IntervalRecord):
        return record
    text = f"The intervals by {source} could not be computed: {record.reason}"
    notice = Notice(code="intervals_failed", severity="warning", text=text, model=model)
    confidence = session.spec.estimation.confidence
    return IntervalRecord(
        model=model, source=source, confidence=confidence, intervals=(), notices=(notice,), failed=True
    )


class _Frames(Mapping[str, "pd.DataFrame"]):
    """A frame per rung, such as its conditional modes; each is read at first use: most figures use none.

    The last one is kept, since the report reads that of the headline rung several times.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = paths
        self._last: tuple[str, pd.DataFrame] | None = None

    def __getitem__(self, model: str) -> pd.DataFrame:
        if self._last is None or self._last[0] != model:
            self._last = model, read_parquet(self._paths[model])
        return self._last[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


class _Results(Mapping[str, Record]):
    """The records of the steps whose declarations name a class, by job; each is read at its first use.

    A figure may be drawn before a step is done whose result it does not show.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kinds = {
            declared.scope.name(step, of): declared.record
            for step, declared in STEPS.items()
            if declared.record
            for of in declared.scope.jobs(session.plan.inputs)
        }
        self._read: dict[str, Record] = {}

    def __getitem__(self, job: str) -> Record:
        if job not in self._read:
            module, _, name = self._kinds[job].partition(":")
            kind: type[Record] = getattr(import_module(f"mlm_steps.records.{module}"), name)
            self._read[job] = self._session.outcome(kind, job)
        return self._read[job]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)
