"""Which differences between two specs change the key of a step: each is undone, and the keys are compared.

The keys themselves decide, so the words cannot contradict what is made again, and a new step needs no
declaration of the keys of the spec on which it depends.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from mlm_steps.errors import MlmError, SpecError
from mlm_steps.records import DataProfile
from mlm_steps.spec.load import LoadedSpec, spec_in
from mlm_steps.spec.pipeline import PipelineSpec
from mlm_steps.spec.tree import read_tree, value_of
from mlm_steps.spec.written import Block
from mlm_steps.steps.explain.changes import Change, changes, undone
from mlm_steps.steps.run.plan import Plan

__all__ = ["Cause", "data_causes", "spec_causes"]

Cause = tuple[Change | str, frozenset[str]]
"""A change, as a Change of the spec or in words, with the steps whose keys it changes."""
NOTHING = Path(os.devnull)
"""The content of data files that the former spec names and the present one does not."""
MOST_NAMED = 12
"""Largest number of columns that are tried one by one; each takes the time of a plan."""


def spec_causes(plan: Plan, text: str) -> list[Cause]:
    """Return the differences of the spec from a former text, each with the steps that depend on it.

    Differences that cannot be undone alone, such as a new rung that a comparison names, are undone together.
    """
    former, _ = read_tree(text)
    if former is None:
        return []
    present = value_of(plan.loaded.source.root)
    found = list(changes(value_of(former), present))
    now = plan.keys
    causes: list[Cause] = []
    together: list[Change] = []
    for change in found:
        keys = _keys_without(plan, present, [change])
        if keys is None:
            together.append(change)
        else:
            causes.append((change, _differing(now, keys)))
    if together:
        keys = _keys_without(plan, present, together) or _keys_without(plan, present, found)
        steps = frozenset(now) if keys is None else _differing(now, keys)
        causes += [(change, steps) for change in together]
    return causes


def data_causes(plan: Plan, before: Mapping[str, object]) -> list[Cause]:
    """Return the differences of the sample from former facts, each with the steps that depend on it."""
    profile, now = plan.profile, plan.keys
    columns = before.get("columns")
    if profile is None or not isinstance(columns, dict):
        return []
    former = {each.name: str(columns[each.name]) for each in profile.columns if each.name in columns}
    changed = [c.name for c in profile.columns if former.get(c.name, c.content_hash) != c.content_hash]
    if profile.sample_hash != before.get("sample"):
        words = (
            f"the sample has other rows ({_rows(before)} before, now {profile.rows} of {profile.rows_file})"
        )
        other = {"sample_hash": before.get("sample"), "columns": _with_hashes(profile, former)}
        return [(words, _differing(now, _with_profile(plan, profile.model_copy(update=other)).keys))]
    groups = [[name] for name in changed] if len(changed) <= MOST_NAMED else [changed]
    causes: list[Cause] = []
    for names in groups:
        hashes = _with_hashes(profile, {name: former[name] for name in names})
        other_plan = _with_profile(plan, profile.model_copy(update={"columns": hashes}))
        words = (
            f"the values of {names[0]} have changed" if len(names) == 1 else f"{len(names)} columns changed"
        )
        causes.append((words, _differing(now, other_plan.keys)))
    return causes


def _rows(before: Mapping[str, object]) -> str:
    return f"{before.get('rows')} of {before.get('rows_in_file')}"


def _with_hashes(profile: DataProfile, hashes: Mapping[str, str]) -> tuple[object, ...]:
    return tuple(
        column.model_copy(update={"content_hash": hashes.get(column.name, column.content_hash)})
        for column in profile.columns
    )


def _with_profile(plan: Plan, profile: DataProfile | None, loaded: LoadedSpec | None = None) -> Plan:
    return Plan(loaded or plan.loaded, plan.layout.out, profile=profile, ledger=plan.ledger)


def _keys_without(plan: Plan, present: object, undo: Iterable[Change]) -> Mapping[str, str | None] | None:
    """Return the keys of the steps with changes undone; None if the result is not a valid spec."""
    values = present
    for change in undo:
        values = undone(values, change)
    if not isinstance(values, Block):
        return None
    try:
        spec = spec_in(values, plan.loaded.path)
    except SpecError:
        return None
    files = {*spec.data.files, *plan.loaded.paths}
    paths = {file: plan.loaded.paths.get(file, NOTHING) for file in files}
    loaded = replace(plan.loaded, spec=spec, paths=paths, beside=_known(plan.loaded.beside, _beside(spec)))
    loaded = replace(loaded, varied=_known(plan.loaded.varied, _varied(spec)))
    try:
        return _with_profile(plan, plan.profile, loaded).keys
    except (MlmError, LookupError):  # a former formula that this version refuses, or a column of other data
        return None


def _known(places: Mapping[str, Path], former: Iterable[str]) -> Mapping[str, Path]:
    return {**dict.fromkeys(former, NOTHING), **places}


def _beside(spec: PipelineSpec) -> list[str]:
    """Return the baselines that a spec expects."""
    return [each.baseline for each in spec.expect if each.baseline is not None]


def _varied(spec: PipelineSpec) -> list[str]:
    """Return the data files of the variants of a spec."""
    return [] if spec.vary is None else [value.file for value in spec.vary.files]


def _differing(now: Mapping[str, str | None], then: Mapping[str, str | None]) -> frozenset[str]:
    """Return the steps whose key differs or which exist in the present plan alone."""
    return frozenset(name for name, key in now.items() if name not in then or then[name] != key)
