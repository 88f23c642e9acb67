"""The inputs of the report: versions, hashes and platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.text import Code

__all__ = ["context"]

VCOV = "vcov"
COVARIANCES = "covariance matrices of the fixed effects"


def context(given: ReportInput) -> dict[str, Any]:
    """Return the provenance as a table of keys and values."""
    profile = given.run.data_profile
    run = given.run
    of_data = {
        "data file": profile.file,
        "hash of the data file": profile.file_hash,
        "hash of the common sample": profile.sample_hash,
        "rungs": len(run.fits) + len(run.failed) + len(run.unreliable),
        "single-level models": len(run.prelude),
    }
    own = {
        **({} if run.alone else of_data),
        "date and time of the run": "provenance.json, beside this report",
        "all tables, with all digits": "tables/*.csv, beside this report",
        **({} if run.alone else {COVARIANCES: f"tables/{VCOV}.csv, beside this report"}),
    }
    rows = [heading("Analysis"), *_rows(own)]
    scalars = {key: value for key, value in given.provenance.items() if not isinstance(value, Mapping)}
    if scalars:
        rows += [heading("Run"), *_rows(scalars)]
    for key, value in given.provenance.items():
        if isinstance(value, Mapping):
            rows += [heading(_words(key)), *_rows(value)]
    return {
        "table": Grid(
            caption=("Provenance",),
            columns=columns("Item", "Value", align=("text", "text")),
            rows=tuple(rows),
        )
    }


def _rows(values: Mapping[str, object]) -> list[Row]:
    return [row(key, [(Code(text),)]) for key, text in _flat(values)]


def _words(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name} / ")
        elif isinstance(value, list | tuple):
            yield name, ", ".join(str(item) for item in value)
        elif value is not None:
            yield name, str(value)
