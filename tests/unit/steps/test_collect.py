"""Gathering the records of a run: words for columns, and comparisons of rungs that have records."""

from __future__ import annotations

from types import SimpleNamespace

from mlm_steps.records import ColumnProfile, ComparisonRecord, FitRecord
from mlm_steps.records.failure import Absence
from mlm_steps.spec import ColumnSpec
from mlm_steps.steps.run.collect import _of_fitted, labels_of


def test_the_spec_goes_before_the_file_and_a_mere_name_is_no_label() -> None:
    file = {"score": "Mathematics score", "ses": "Socioeconomic status", "sec": "Sector", "x": None}
    spec = {
        "score": ColumnSpec(label="score"),
        "ses": ColumnSpec(label="SES"),
        "x": ColumnSpec(label="Hours", unit="h"),
    }
    session = SimpleNamespace(
        spec=SimpleNamespace(
            data=SimpleNamespace(columns=spec), prelude=(), rungs=(), models=(), units={"school": "schools"}
        ),
        profile=SimpleNamespace(
            columns=[ColumnProfile(name=name, kind="number", label=label) for name, label in file.items()]
        ),
        derived=(),
    )
    labels = labels_of(session)
    assert labels.columns == {"score": "Mathematics score", "ses": "SES", "sec": "Sector", "x": "Hours"}
    assert labels.units == {"x": "h"}
    assert labels.nouns == {"school": (None, "schools")}


def test_a_comparison_is_left_out_where_the_record_of_a_rung_is_gone() -> None:
    fits = [FitRecord.model_construct(model=name) for name in ("null", "slope")]
    kept = ComparisonRecord.model_construct(smaller="null", larger="slope")
    stale = ComparisonRecord.model_construct(smaller="slope", larger="cross")
    failed = Absence(absent="failed", step="compare/cross--more", reason="no disk")
    assert list(_of_fitted([kept, stale, failed], [fit.model for fit in fits])) == [kept]
