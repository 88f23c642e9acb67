"""The inputs of the report: versions, hashes and platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.text import Code
from mlm_steps.tables import TABLES

__all__ = ["context"]

VCOV = "vcov"
COVARIANCES = "covariance matrices of the fixed effects"


def context(given: ReportInput) -> dict[str, Any]:
    """Return the provenance as a table of keys and values."""
    profile = given.run.data_profile
    own = {
        "data file": profile.file,
        "hash of the data file": profile.file_hash,
        "hash of the common sample": profile.sample_hash,
        "rungs": len(given.run.fits) + len(given.run.failed) + len(given.run.unreliable),
        "single-level models": len(given.run.prelude),
        "date and time of the run": "provenance.json, beside this report",
        "all tables, with all digits": "tables/*.csv, beside this report",
        **({COVARIANCES: f"tables/{VCOV}.csv, beside this report"} if VCOV in TABLES else {}),
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
