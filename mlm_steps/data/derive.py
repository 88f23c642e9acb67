"""Derive columns: centring, group means, standardising (statistics, section 4).

A derived column is missing where its source column or its group is missing. The analysis sample therefore
depends on the file alone. The means are computed afterwards, on that sample or, with ``means_from: all``, on
all rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.places import Places, nearest
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import DataError, Fault
from mlm_steps.records.base import Notice
from mlm_steps.spec import DeriveSpec

__all__ = ["Derivation", "derive", "group_codes", "plan_derivations", "standing_columns"]


MOST_FAULTS = 40
"""After this many faults no further derived column is checked: each check searches all names."""


_NO_SPREAD = 1e-12
"""A standard deviation below this multiple of the mean is rounding error of float64, not variation."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """One derived column.

    Attributes
    ----------
    name, source : str
    kind : str
        ``center``, ``mean`` or ``standardize``.
    within : tuple of str
        Columns of the grouping factor; empty if the mean is that of the whole sample.
    sources : frozenset of str
        Columns of the file on which it depends, directly or through other derived columns.
    """

    name: str
    kind: str
    source: str
    within: tuple[str, ...]
    sources: frozenset[str]

    @property
    def words(self) -> str:
        """How it was made, for example ``ses centred within school``."""
        made = {"center": "centred", "standardize": "standardised"}
        group = ":".join(self.within)
        if self.kind == "mean":
            return f"mean of {self.source}" + (f" within {group}" if group else "")
        return f"{self.source} {made[self.kind]}" + (f" within {group}" if group else "")


def plan_derivations(
    derive: Mapping[str, DeriveSpec], columns: Mapping[str, TypedColumn], places: Places
) -> tuple[tuple[Derivation, ...], tuple[Fault, ...]]:
    """Return the derivations in order, and their faults."""
    planned: dict[str, Derivation] = {}
    faults: list[Fault] = []
    for name, spec in derive.items():
        if len(faults) >= MOST_FAULTS:
            break
        kind = next(key for key in ("center", "mean", "standardize") if getattr(spec, key) is not None)
        within = _factor(spec.within, columns)
        found = _faults(name, kind, spec.source, within, columns, planned, set(derive), places)
        faults += found
        bases = [
            planned[part].sources if part in planned else frozenset({part}) for part in (spec.source, *within)
        ]
        if name not in columns:
            planned[name] = Derivation(name, kind, spec.source, within, frozenset().union(*bases))
    return tuple(planned.values()), tuple(faults)


def _factor(within: str | None, columns: Mapping[str, TypedColumn]) -> tuple[str, ...]:
    """Return the columns of a grouping factor; ``class:school`` has two, unless a column has that name."""
    if within is None:
        return ()
    return (within,) if within in columns else tuple(part.strip() for part in within.split(":"))


def _faults(
    name: str,
    kind: str,
    source: str,
    within: tuple[str, ...],
    columns: Mapping[str, TypedColumn],
    planned: Mapping[str, Derivation],
    asked: set[str],
    places: Places,
) -> list[Fault]:
    """Return the faults of one derived column."""
    faults = []
    at = places.data("derive", name, kind)
    known = [*columns, *planned]
    if name in columns:
        what = f"the file has a column '{name}' already"
        faults.append(Fault(places.data("derive", name), what, "give the derived column another name"))
    if source not in known:
        faults.append(Fault(at, f"there is no column '{source}'", _unknown(source, name, known, asked)))
    elif source in columns and columns[source].kind != "number":
        column = columns[source]
        kinds = {"text": "text", "group": "a group"}
        what = f"'{source}' is {kinds.get(column.kind, 'a category')}, not a number"
        detail = f": it holds {column.strays}" if column.strays else ""
        hint = column.strays.hint if column.strays else "declare type: number if its values are numbers"
        faults.append(Fault(at, what + detail, hint))
    for part in within:
        if part not in known:
            there = places.data("derive", name, "within")
            faults.append(Fault(there, f"there is no column '{part}'", _unknown(part, name, known, asked)))
    return faults


def _unknown(source: str, name: str, known: list[str], asked: set[str]) -> str | None:
    if source == name:
        return "a column cannot be derived from itself"
    if source in asked:
        return f"'{source}' is derived below: move it above '{name}'"
    return nearest(source, known)


def derive(
    planned: tuple[Derivation, ...],
    columns: Mapping[str, TypedColumn],
    basis: NDArray[np.bool_],
    places: Places,
) -> tuple[dict[str, NDArray[np.float64]], tuple[Notice, ...]]:
    """Return the derived columns over all rows of the file, and notices.

    Parameters
    ----------
    planned : tuple of Derivation
    columns : mapping of str to TypedColumn
    basis : ndarray of bool, shape (n,)
        Rows from which means and standard deviations are computed.
    places : Places

    Raises
    ------
    DataError
        A column to be standardised is constant.
    """
    made: dict[str, NDArray[np.float64]] = {}
    notices: list[Notice] = []
    faults: list[Fault] = []
    for step in planned:
        x = made[step.source] if step.source in made else columns[step.source].numbers
        codes = group_codes([made.get(part, columns.get(part)) for part in step.within], len(x))
        values, flat = _derived(step.kind, x, codes, basis)
        made[step.name] = values
        if flat and not step.within:
            what = f"'{step.source}' does not vary in the sample, so it has no standard scores"
            faults.append(Fault(places.data("derive", step.name), what))
        elif flat:
            notices.append(_no_spread(step, flat))
    if faults:
        raise DataError(*faults)
    return made, tuple(notices)


def _no_spread(step: Derivation, flat: int) -> Notice:
    text = (
        f"{step.source} has no spread inside {flat} level{'s' * (flat > 1)} of {':'.join(step.within)} (one "
        f"row, or one value); {step.name} is 0 there, since each of these rows lies at its group's mean."
    )
    return Notice(code="zero_within_variance", severity="warning", text=text, subject=step.name)


def group_codes(parts: list[TypedColumn | NDArray[np.float64] | None], n: int) -> NDArray[np.intp]:
    """Return the group number of each row, -1 where a part is missing; 0 for all rows without parts."""
    codes = np.zeros(n, dtype=np.intp)
    for part in parts:
        values = part.values if isinstance(part, TypedColumn) else part
        if isinstance(values, pd.Categorical):
            found = np.asarray(values.codes).astype(np.intp)
        else:
            found = np.asarray(pd.factorize(np.asarray(values))[0], dtype=np.intp)
        size = int(found.max(initial=-1)) + 1
        joined = codes * max(size, 1) + found
        missing = (found < 0) | (codes < 0)
        codes = np.asarray(pd.factorize(joined)[0], dtype=np.intp)
        codes[missing] = -1
    return codes


def _derived(
    kind: str, x: NDArray[np.float64], codes: NDArray[np.intp], basis: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], int]:
    """Return one derived column, and the number of groups that have no variance to standardise by."""
    present = ~np.isnan(x) & (codes >= 0)
    counted = present & basis
    groups = int(codes.max(initial=-1)) + 1
    size = np.bincount(codes[counted], minlength=groups).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(codes[counted], x[counted], groups) / size
        # The second pass corrects the rounding error of the first sum.
        mean += np.bincount(codes[counted], x[counted] - mean[codes[counted]], groups) / size
        if kind == "mean":
            return np.where(present, mean[codes], np.nan), 0
        deviation = np.where(present, x - mean[codes], np.nan)
        if kind == "center":
            return deviation, 0
        squares = np.bincount(codes[counted], deviation[counted] ** 2, groups)
        sd = np.sqrt(squares / (size - 1))
        scale = np.abs(mean)
        flat = (size <= 1) | ~(sd > _NO_SPREAD * np.where(np.isnan(scale), 0.0, scale))
        scores = np.where(present, np.where(flat[codes], 0.0, deviation / sd[codes]), np.nan)
    return scores, int((flat & (size > 0)).sum())


def standing_columns(planned: tuple[Derivation, ...], names: list[str]) -> dict[str, frozenset[str]]:
    """Return, for each name, the columns of the file that must be present for it to have a value."""
    sources = {step.name: step.sources for step in planned}
    return {name: sources.get(name, frozenset({name})) for name in names}
