"""``recode`` and ``collapse``: new values for old ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from mlm_steps.data.derive.base import Codes, Made, Need, NotDerived, Rows, Way, number
from mlm_steps.data.levels import categorical, number_label
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import did_you_mean, listing
from mlm_steps.spec import DeriveSpec

__all__ = ["LEVELS"]

T = TypeVar("T", str, str | None)

_SHOWN = 8
"""The report lists at most this many replaced values, and a message this many levels, to stay on one line."""


@dataclass(frozen=True, slots=True, eq=False)
class _Old:
    """The values of a column: for each row the position of its value, -1 where missing, and their labels."""

    codes: Codes
    labels: tuple[str, ...]
    sizes: Codes


def _old(column: TypedColumn) -> _Old:
    values = column.values
    if isinstance(values, pd.Categorical):
        codes, labels = np.asarray(values.codes).astype(np.intp), tuple(map(str, values.categories))
    else:
        found, uniques = pd.factorize(np.asarray(values), sort=column.kind == "number")
        codes = np.asarray(found, dtype=np.intp)
        labels = tuple(number_label(u) if column.kind == "number" else str(u) for u in uniques.tolist())
    return _Old(codes, labels, np.bincount(codes[codes >= 0], minlength=len(labels)))


def _recode(spec: DeriveSpec, rows: Rows) -> Made:
    table = {old: None if new in rows.na else new for old, new in (spec.map or {}).items()}
    words = [new for new in table.values() if new is not None]
    old = _old(rows.columns[spec.source])
    _refuse_unknown(spec, "map", table, old, rows)
    table = _spelled(table, rows.columns[spec.source])
    new = _replaced(spec, "map", table, old)
    order = dict.fromkeys([*words, *_kept(new, old, table)])
    numbers = _as_numbers(order)
    if numbers is not None:
        values = np.array([np.nan if word is None else numbers[word] for word in new] + [np.nan])
        return Made(number(rows.name, values[old.codes]))
    return Made(_category(rows.name, old, new, order))


def _collapse(spec: DeriveSpec, rows: Rows) -> Made:
    table = {level: new for new, levels in (spec.into or {}).items() for level in levels}
    old = _old(rows.columns[spec.source])
    _refuse_unknown(spec, "into", table, old, rows)
    table = _spelled(table, rows.columns[spec.source])
    new = _replaced(spec, "into", table, old)
    order = dict.fromkeys([*(spec.into or {}), *_kept(new, old, table)])
    return Made(_category(rows.name, old, new, order))


def _kept(new: list[str | None], old: _Old, table: Mapping[str, object]) -> Iterable[str]:
    """Yield the values that keep their names, in their old order."""
    pairs = zip(new, old.labels, strict=True)
    return (word for word, label in pairs if word is not None and label not in table)


def _spelled(table: Mapping[str, T], column: TypedColumn) -> dict[str, T]:
    """Return a table whose old values are spelled as labels: for a number, 1.0 is 1."""
    if column.kind != "number":
        return dict(table)
    return {number_label(float(old)): new for old, new in table.items()}


def _refuse_unknown(spec: DeriveSpec, key: str, table: Mapping[str, object], old: _Old, rows: Rows) -> None:
    """Refuse an old value that no row of the file has."""
    known = set(old.labels)
    if spec.source in rows.file:  # filters may have dropped all rows with a number
        known |= set(_old(rows.file[spec.source]).labels)
    digits = rows.columns[spec.source].kind == "number"
    for word in table:
        number = _as_numbers([word]) if digits else None
        if (number_label(number[word]) if number else word) not in known:
            hint = did_you_mean(word, sorted(known)) or f"its values are {listing(old.labels, _SHOWN)}"
            keys = (key, word) if key == "map" else (key, _home(spec, word))
            raise NotDerived(f"'{spec.source}' has no value '{word}'", hint, keys=keys)


def _replaced(spec: DeriveSpec, key: str, table: Mapping[str, str | None], old: _Old) -> list[str | None]:
    """Return the new value of each old one; None where it becomes missing."""
    beyond = [i for i, label in enumerate(old.labels) if label not in table and old.sizes[i]]
    if beyond and spec.other in (None, "error"):
        listed = ", ".join(f"'{old.labels[i]}' ({old.sizes[i]} rows)" for i in beyond[:_SHOWN])
        more = f" and {len(beyond) - _SHOWN} more" if len(beyond) > _SHOWN else ""
        what = f"'{spec.source}' holds {listed}{more}, which {key} does not name"
        raise NotDerived(what, "name them, or give other: keep or other: missing", keys=(key,))
    keep = spec.other == "keep"
    return [
        table[label] if label in table else label if keep and old.sizes[i] else None
        for i, label in enumerate(old.labels)
    ]


def _home(spec: DeriveSpec, level: str) -> str:
    """Return the new level under which ``into`` lists an old one."""
    return next(new for new, levels in (spec.into or {}).items() if level in levels)


def _as_numbers(words: Iterable[str]) -> dict[str, float] | None:
    """Return the number that each word spells; None if one is no finite number, or if there is none."""
    found: dict[str, float] = {}
    for word in words:
        try:
            found[word] = float(word)
        except ValueError:
            return None
    return found if found and all(np.isfinite(value) for value in found.values()) else None


def _category(name: str, old: _Old, new: list[str | None], order: Iterable[str]) -> TypedColumn:
    """Return the new category, with the levels in the order given."""
    levels = tuple(order)
    position = {level: code for code, level in enumerate(levels)}
    codes = np.array([-1 if word is None else position[word] for word in new] + [-1], dtype=np.intp)
    values = categorical(codes[old.codes], levels, ordered=False)
    return TypedColumn(name, "category", values, "treatment")


def _pairs(pairs: list[str]) -> str:
    more = f"; {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    return "; ".join(pairs[:_SHOWN]) + more


def _others(spec: DeriveSpec) -> str:
    return {"keep": "; others kept", "missing": "; others missing"}.get(spec.other or "", "")


def _recode_words(spec: DeriveSpec) -> str:
    by_new: dict[str, list[str]] = {}
    for old, new in (spec.map or {}).items():
        by_new.setdefault(new or "missing", []).append(old)
    pairs = [f"{', '.join(olds)} to {new}" for new, olds in by_new.items()]
    return f"{spec.source} recoded ({_pairs(pairs)}{_others(spec)})"


def _collapse_words(spec: DeriveSpec) -> str:
    pairs = [f"{new}: {', '.join(levels)}" for new, levels in (spec.into or {}).items()]
    return f"{spec.source} with levels joined ({_pairs(pairs)}{_others(spec)})"


LEVELS: Mapping[str, Way] = {
    "recode": Way(_recode_words, lambda spec: (Need("recode", spec.source),), _recode),
    "collapse": Way(_collapse_words, lambda spec: (Need("collapse", spec.source),), _collapse),
}
