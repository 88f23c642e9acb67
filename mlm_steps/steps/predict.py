"""Predict a rung's outcome for the rows of a new file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from mlm_steps.api.asked import NewLevels, Scale
from mlm_steps.api.prediction import predict as predict_state
from mlm_steps.api.rows import Prediction
from mlm_steps.api.state import FitState
from mlm_steps.data.new_rows import NewRows, line_of, new_rows
from mlm_steps.errors import DataError, Fault, UsageError, did_you_mean, listing
from mlm_steps.records import FitRecord, write_whole
from mlm_steps.records.csv_text import WRITTEN_END, CsvText
from mlm_steps.records.failure import Absence
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.parts.uses import model_uses
from mlm_steps.steps.run.session import Session

__all__ = ["Wanted", "predict"]

MOST_LISTED = 20
"""Largest number of rows with an unknown level that are listed; the rest are counted."""
LIMITS = {"low": "low", "high": "high"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is predicted, and where it is written.

    Attributes
    ----------
    model : str
    new : Path
        The file with the rows.
    save : Path or None
        The file to write; by default in the folder ``predictions`` of the results.
    new_levels : {"population", "missing", "error"}
    scale : {"population", "typical", "link"} or None
    """

    model: str
    new: Path
    save: Path | None
    new_levels: NewLevels
    scale: Scale | None


def predict(session: Session, wanted: Wanted) -> tuple[str, ...]:
    """Write predictions for the rows of a new file as CSV; return what was done, a line each.

    Raises
    ------
    MlmError
        With all faults of the options, or of the new file; nothing is written then.
    """
    record = _record(session, wanted.model)
    rows = new_rows(session.loaded, model_uses(session.spec), wanted.new, _columns(session, record))
    estimates = estimates_at_record(session, record, methods=(record.method,))
    settings = session.spec.settings[wanted.model]
    state = FitState(
        estimates, record.method, pd.RangeIndex(record.n), settings.df, record.confidence, record.weights
    )
    _check_levels(session, wanted, rows)
    found = _predictions(state, rows.frame, wanted)
    path = wanted.save or session.layout.out / "predictions" / f"{wanted.model}--{wanted.new.stem}.csv"
    _write(_table(rows, found), path)
    lines = [f"wrote {path}: {len(rows.frame)} rows predicted by {wanted.model}, {record.formula}"]
    if rows.with_own_means:
        lines.append(
            f"{rows.with_own_means} of {len(rows.frame)} rows are in groups that the data of the fit do not "
            "have: columns derived from means of groups use the rows of the new file there"
        )
    notices = dict.fromkeys(notice.text for each in found.values() for notice in each.notices)
    return (*lines, *notices)


def _record(session: Session, model: str) -> FitRecord:
    """Return the current record of a rung; UsageError if there is none."""
    rungs = [rung.name for rung in session.spec.rungs]
    if model not in rungs:
        hint = did_you_mean(model, rungs) or f"the rungs are {listing(rungs)}"
        raise UsageError(Fault("--model", f"there is no rung '{model}' in the spec", hint))
    step, where = f"fit/{model}", str(session.loaded.path)
    session.key(step)
    if not session.plan.step(step).current:
        raise UsageError(
            Fault(where, f"rung '{model}' is not fitted yet, or has changed", "run 'mlm run' first")
        )
    found = session.usable(model)
    if isinstance(found, Absence):
        raise UsageError(Fault(where, f"rung '{model}' has no usable fit: {found.reason}"))
    if found.derived:
        what = f"rung '{model}' was changed by a remedy that derives columns, which a new file does not have"
        raise UsageError(Fault(where, what, "declare these columns and the changed formula in the spec"))
    return found


def _columns(session: Session, record: FitRecord) -> list[str]:
    """Return the columns that predictions need: all of the formula but the outcome, weights, exposure."""
    formula = session.plan.read(record.formula)
    outcome = set(formula.outcomes) - set().union(*map(set, formula.groups))
    right = [name for name in formula.variables if name not in outcome]
    beside = [record.weights, record.exposure]
    return list(dict.fromkeys([*right, *(name for name in beside if name is not None)]))


def _check_levels(session: Session, wanted: Wanted, rows: NewRows) -> None:
    """Raise DataError for levels that the fit does not know: of factors, and of groups with ``error``."""
    faults = [*_unknown_levels(session, wanted, rows)]
    if faults:
        shown, rest = faults[:MOST_LISTED], len(faults) - MOST_LISTED
        more = [Fault(str(wanted.new), f"{rest} more rows have levels that the fit does not know")]
        raise DataError(*shown, *(more if rest > 0 else []))


def _unknown_levels(session: Session, wanted: Wanted, rows: NewRows) -> Iterator[Fault]:
    sample = session.sample()
    groups = {part for parts in session.formulas[wanted.model].groups for part in parts}
    for name in rows.frame.columns:
        values = rows.frame[name]
        if not isinstance(values.dtype, pd.CategoricalDtype) or name not in sample:
            continue
        if name in groups and wanted.new_levels != "error":
            continue
        known = [str(level) for level in pd.Categorical(sample[name]).categories]
        unknown = ~values.isin(known) & values.notna()
        for row in np.flatnonzero(unknown.to_numpy()):
            what = f"'{values.iloc[row]}' is no level of {name} in the data of the fit"
            hint = did_you_mean(str(values.iloc[row]), known) or f"its levels are {listing(known)}"
            yield Fault(line_of(session.loaded, wanted.new, int(row)), what, hint)


def _predictions(state: FitState, frame: pd.DataFrame, wanted: Wanted) -> dict[str, Prediction]:
    """Return the predictions by the beginning of their columns' names."""
    linear = state.fit.design.response.linear
    scale: Scale | None = None if linear else wanted.scale or "population"
    common = partial(predict_state, state, frame, scale=scale, new_levels=wanted.new_levels)
    population = common(se=True, interval="confidence")
    group = common(random=True, se=True, interval="confidence")
    if not linear:
        return {"population": population, "group": group}
    return {
        "population": population,
        "population_outcome": common(interval="prediction"),
        "group": group,
        "group_outcome": common(random=True, interval="prediction"),
    }


def _table(rows: NewRows, found: dict[str, Prediction]) -> pd.DataFrame:
    """Return the columns of the new file and the predictions, one row per row of the file."""
    columns: dict[str, object] = {"row": np.arange(1, len(rows.frame) + 1)}
    columns |= {name: rows.frame[name] for name in rows.given}
    for name, prediction in found.items():
        own = prediction.frame
        if not name.endswith("_outcome"):
            columns[f"{name}_mean"] = own["estimate"]
            columns |= {f"{name}_{field}": own[field] for field in ("se", "df") if field in own}
        columns |= {f"{name}_{end}": own[end] for end in LIMITS if end in own}
    return pd.DataFrame(columns)


def _write(table: pd.DataFrame, path: Path) -> None:
    stream = CsvText()
    table.to_csv(stream, index=False, na_rep="NA", lineterminator=WRITTEN_END)
    write_whole(path, stream.getvalue().encode())
