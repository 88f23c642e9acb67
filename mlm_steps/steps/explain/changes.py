"""The differences between two specs, each with its words and a way to undo it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlm_steps.errors import printable
from mlm_steps.spec.written import Block, Items, Written, quoted

__all__ = ["Change", "changes", "undone"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list, recognised by its name wherever it stands."""

    name: str


SHOWN = 4
"""Longest list whose entries are shown; a line has room for about so many names."""
Part = str | int | Entry
Way = tuple[Part, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One value of the spec that differs from a former spec.

    Attributes
    ----------
    way : tuple
        The keys, the positions in lists and the names of entries that lead to it.
    before, after : object
        The values; None if the key or the entry does not exist.
    position : int
        In a list, the position in the former spec.
    """

    way: Way
    before: object
    after: object
    position: int = 0

    def words(self, step: str) -> str:
        """Return the change in words; for a step of one rung, the way to the rung is left out."""
        key = _key(self.way, step.partition("/")[2])
        if self.after is None:
            return f"{key} was removed" + (
                "" if isinstance(self.way[-1], Entry) else _shown(self.before, ": it was ")
            )
        if self.before is None:
            return f"{key} was added" + ("" if isinstance(self.way[-1], Entry) else _shown(self.after, ": "))
        if _same(self.before, self.after):
            return f"the order of {key} has changed"
        quote = any(" " in str(value) for value in (self.before, self.after))
        before, after = (
            _shown(value, f" {to} ", quote=quote) for to, value in (("from", self.before), ("to", self.after))
        )
        return f"{key} changed{before}{after}" if before and after else f"{key} has changed"


def changes(before: object, after: object, way: Way = ()) -> Iterator[Change]:
    """Yield the differences between two values of a spec, from the first key to the last."""
    if isinstance(before, Block) and isinstance(after, Block):
        for key in dict.fromkeys([*after, *before]):
            yield from _compared(before.get(key), after.get(key), (*way, str(key)))
    elif isinstance(before, Items) and isinstance(after, Items):
        yield from _of_lists(before, after, way)
    else:
        yield from _compared(before, after, way)


def undone(tree: object, change: Change) -> object:
    """Return a spec in which the value of a change is as it was before."""
    return _replaced(tree, change.way, change)


def _compared(before: object, after: object, way: Way, position: int = 0) -> Iterator[Change]:
    if type(before) is type(after) and isinstance(after, Block | Items):
        yield from changes(before, after, way)
    elif before != after or getattr(before, "plain", None) != getattr(after, "plain", None):
        yield Change(way, before, after, position)


def _of_lists(before: Items, after: Items, way: Way) -> Iterator[Change]:
    former, present = _named(before), _named(after)
    if former is None or present is None:
        if len(before) == len(after):
            for k, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from _compared(old, new, (*way, k))
        else:
            yield Change(way, before, after)
        return
    for name in dict.fromkeys([*present, *former]):
        position = list(former).index(name) if name in former else 0
        yield from _compared(former.get(name), present.get(name), (*way, Entry(name)), position)
    common = [[name for name in names if name in former and name in present] for names in (former, present)]
    if common[0] != common[1]:
        yield Change(way, before, after)


def _named(items: Sequence[object]) -> dict[str, object] | None:
    """Return the entries of a list by name; None if an entry has no name of its own."""
    found = {_name(item): item for item in items}
    return None if "" in found or len(found) != len(items) else found


def _name(item: object) -> str:
    if isinstance(item, Written):
        return str(item)
    if not isinstance(item, Block):
        return ""
    names = [item.get(key) for key in ("name", "file", "smaller", "larger", "rung", "term")]
    return ", ".join(str(name) for name in names if isinstance(name, Written))


def _replaced(tree: object, way: Way, change: Change) -> object:
    if not way:
        return change.before
    part, rest = way[0], way[1:]
    if isinstance(tree, Block) and isinstance(part, str):
        value = _replaced(tree.get(part), rest, change)
        return Block({**{k: v for k, v in tree.items() if k != part}, **_unless_none(part, value)}, tree.at)
    if not isinstance(tree, Items):
        return tree
    listed = list(tree)
    k = part if isinstance(part, int) else [*map(_name, listed), part.name].index(part.name)  # type: ignore[union-attr]  # a list has no keys
    if k < len(listed):
        value = _replaced(listed[k], rest, change)
        listed[k : k + 1] = [] if value is None else [value]
    elif change.before is not None and not rest:
        listed.insert(change.position, change.before)
    return Items(listed, tree.at)


def _unless_none(key: str, value: object) -> dict[str, object]:
    return {} if value is None else {key: value}


def _same(before: object, after: object) -> bool:
    """Return whether two lists have the same entries in another order."""
    if not (isinstance(before, Items) and isinstance(after, Items)):
        return False
    former, present = _named(before), _named(after)
    return former is not None and present is not None and {*former} == {*present}


def _key(way: Way, of: str) -> str:
    """Return the keys of a way as words, such as ``ladder: l1: formula``."""
    if len(way) > 2 and isinstance(way[1], Entry) and way[1].name == of:
        way = way[2:]
    words = ""
    for part in way:
        if isinstance(part, int):
            words += f"[{part}]"
        else:
            words += (": " if words else "") + (part.name if isinstance(part, Entry) else part)
    return words or "the spec"


def _shown(value: object, before: str, *, quote: bool = True) -> str:
    """Return a value with words before it; nothing for a long list or a block with further blocks."""
    if isinstance(value, Written):
        return f"{before}{quoted(value) if quote and not _number(value) else printable(value)}"
    if isinstance(value, Items) and len(value) <= SHOWN and all(isinstance(item, Written) for item in value):
        return printable(f"{before}[{', '.join(str(item) for item in value)}]")
    if (
        isinstance(value, Block)
        and len(value) <= SHOWN
        and all(isinstance(v, Written) for v in value.values())
    ):
        return printable(f"{before}{{{', '.join(f'{key}: {text}' for key, text in value.items())}}}")
    return ""


def _number(text: str) -> bool:
    return text.replace(".", "").replace("-", "").isdigit()
