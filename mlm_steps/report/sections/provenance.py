"""The inputs of the report: versions, hashes and platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.text import Code, Phrase, join, say

__all__ = ["context"]

VCOV = "vcov"
TOLD = ("mlm-steps", "python", "numpy", "scipy")
"""The software that the first sentence names; the table has all of it."""


def context(given: ReportInput) -> dict[str, Any]:
    """Return the software in a sentence, and everything that the report depends on as a table."""
    return {
        "software": _software(given),
        "table": Grid(
            caption=("Provenance",),
            columns=columns("Item", "Value", align=("text", "text")),
            rows=tuple(_all_rows(given)),
        ),
        "covariances": None if given.run.alone else VCOV,
    }


def _software(given: ReportInput) -> Phrase | None:
    """Return the versions, the platform and the seed; None if the versions are not known."""
    versions = given.provenance.get("versions")
    if not isinstance(versions, Mapping):
        return None
    named: list[Phrase] = [(f"{name} {versions[name]}",) for name in TOLD if name in versions]
    platform, seed = given.provenance.get("platform"), given.provenance.get("seed")
    return say(
        "The run used {software}{where}{seed}.",
        software=join(named, last=" and "),
        where=() if platform is None else f" on {platform}",
        seed=() if seed is None else f"; the seed of its random numbers was {seed}",
    )


def _all_rows(given: ReportInput) -> Iterator[Row]:
    yield heading("Analysis")
    yield from _rows(_analysis(given))
    scalars = {key: value for key, value in given.provenance.items() if not isinstance(value, Mapping)}
    if scalars:
        yield heading("Run")
        yield from _rows(scalars)
    for key, value in given.provenance.items():
        if isinstance(value, Mapping):
            yield heading(_words(key))
            yield from _rows(value)


def _analysis(given: ReportInput) -> dict[str, object]:
    """Return the numbers of models; the data are among the provenance of a run that knows it."""
    run, profile = given.run, given.run.data_profile
    data = {
        "data file": profile.file,
        "hash of the data file": profile.file_hash,
        "hash of the common sample": profile.sample_hash,
    }
    models = {
        "rungs": len(run.fits) + len(run.failed) + len(run.unreliable),
        "single-level models": len(run.prelude),
    }
    return {
        **({} if run.alone or "data" in given.provenance else data),
        **({} if run.alone else models),
        "date and time of the run": "provenance.json, beside this report",
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
