"""Expectations about the data."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.expectations.base import Checked, Kind, Known, NameFault, bounded, near, stated
from mlm_steps.records.checks import Finding
from mlm_steps.records.data_profile import DataProfile
from mlm_steps.records.spelling import split_group
from mlm_steps.spec.bounds import BoundsSpec
from mlm_steps.spec.expect import ExpectationSpec

__all__ = ["DATA"]

SHOWN = 12
"""Digits of a hash that a message shows; they tell files apart and can be read."""


def _subject(expected: ExpectationSpec) -> str:
    data = expected.data
    if data is None:
        return "data"
    limits = {"rows": data.rows, "sample": data.sample, **data.groups}
    parts = [f"{name} {bounds.words}" for name, bounds in limits.items() if bounds is not None]
    parts += [f"hash {data.hash[:SHOWN]}"] if data.hash else []
    parts += [f"{name} {digits[:SHOWN]}" for name, digits in data.files.items() if digits]
    return f"data: {', '.join(parts)}"


def _faults(expected: ExpectationSpec, known: Known) -> Iterator[NameFault]:
    data = expected.data
    if data is None:
        return
    parts = [{*split_group(factor)} for factor in known.factors]
    for name in data.groups:
        if {*split_group(name)} not in parts:
            what = f"no rung has a grouping factor {name}"
            yield ("data", "groups", name), what, near(name, known.factors, "the grouping factors are")
    for name in data.files:
        if name not in known.files:
            hint = near(name, known.files, "they have")
            yield ("data", "files", name), f"the data have no file {name}", hint
    if data.hash is not None and len(known.files) > 1:
        hint = f"for example files: {{{known.files[0]}: {data.hash[:8]}}}"
        yield ("data", "hash"), "the data have several files, each with a hash", hint


def _findings(expected: ExpectationSpec, checked: Checked) -> list[Finding]:
    data, profile = expected.data, checked.run.data_profile
    if data is None:
        return []
    found = []
    counts = (
        ("rows", "number of rows of the data", profile.rows_file, data.rows),
        ("sample", "number of rows of the common sample", profile.rows, data.sample),
    )
    for key, what, count, bounds in counts:
        if bounds is not None:
            found.append(bounded(what, key, float(count), bounds))
    found += [_levels(profile, name, bounds) for name, bounds in data.groups.items() if bounds is not None]
    hashes = {file.file: file.sha256 for file in profile.files} or {profile.file: profile.file_hash}
    wanted = {**({profile.file: data.hash} if data.hash else {}), **data.files}
    found += [_hash(name, hashes.get(name, ""), digits) for name, digits in wanted.items() if digits]
    return found


def _levels(profile: DataProfile, name: str, bounds: BoundsSpec) -> Finding:
    columns = {*split_group(name)}
    count = next((f.n_levels for f in profile.factors if {*split_group(f.name)} == columns), None)
    return bounded(f"number of levels of {name}", "groups", None if count is None else float(count), bounds)


def _hash(name: str, found: str, expected: str) -> Finding:
    holds = found.startswith(expected)
    message = (
        f"{name} is the file that was expected"
        if holds
        else f"{name} has changed: its SHA-256 begins with {found[:SHOWN]}; {expected[:SHOWN]} was expected"
    )
    return stated(
        f"SHA-256 of {name}", "hash", f"{found[:SHOWN]}…", f"{expected[:SHOWN]}…", message, holds=holds
    )


DATA = Kind(_subject, _findings, _faults)
