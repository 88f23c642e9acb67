"""Remove invalid parts of a spec so that the rest can be validated."""

from __future__ import annotations

from collections.abc import Iterable

from mlm_steps.spec.written import Block, Items, Path

__all__ = ["derived_at", "without"]

_ALONE = ("name", "title", "prelude", "compare", "contrasts", "slopes", "means", "report", "power", "vary")
"""Keys that can be removed alone, since no other key depends on them."""
_SOURCES = ("file", "stack", "source_as", "join", "reshape")
"""Keys of ``data`` without which it is not known which columns there are."""
_ASIDE = ("weights", "label", "link", "agq")
"""Keys of a rung without which its formula can still be checked."""
_OF_OUTCOME = ("family", "trials", "exposure")
"""Keys of ``estimation`` without which the outcome would be that of another model."""


def without(values: Block, faults: Iterable[Path]) -> Block | None:
    """Return a spec without the parts that have faults; None if no part can be removed.

    The smallest part is removed whose absence does not change the meaning of the rest: one key of a column,
    but the whole of a derived column.
    """
    ways = {_droppable(at) for at in faults}
    if "data" not in values and "ladder" not in values:
        ways -= {("power",)}  # nothing would be left
    known = [way for way in ways if way is not None]
    if not known:
        return None
    left: object = values
    for way in known:
        left = _drop(left, way)
    return left if isinstance(left, Block) else None


def derived_at(values: Block, faults: Iterable[Path]) -> frozenset[str]:
    """Return the names of the derived columns that ``without`` leaves out."""
    data = values.get("data")
    derive = data.get("derive") if isinstance(data, Block) else None
    names: set[str] = set()
    for at in faults:
        if at[:2] == ("data", "derive"):
            names |= {str(at[2])} if len(at) > 2 else set(derive if isinstance(derive, Block) else ())
    return frozenset(names)


def _droppable(at: Path) -> Path | None:
    """Return the way to what is left out for a fault at one place."""
    if at[:1] and at[0] in _ALONE:
        return at[:1]
    if len(at) > 1 and at[0] == "estimation":
        return None if at[1] in _OF_OUTCOME else at[:2]
    if len(at) > 1 and at[0] == "data" and at[1] not in _SOURCES:
        return at[: {"derive": 3, "columns": 4}.get(str(at[1]), 2)]
    if len(at) > 2 and at[0] == "ladder" and at[2] in _ASIDE:
        return at[:3]
    return None


def _drop(value: object, way: Path) -> object:
    step, rest = way[0], way[1:]
    if isinstance(value, Block) and step in value:
        kept = {key: inner for key, inner in value.items() if rest or key != step}
        if rest:
            kept[str(step)] = _drop(value[str(step)], rest)
        return Block(kept, value.at)
    if isinstance(value, Items) and isinstance(step, int) and rest:
        return Items((_drop(item, rest) if i == step else item for i, item in enumerate(value)), value.at)
    return value
