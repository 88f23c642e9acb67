"""Parse YAML text to a tree of nodes with line and column; scalars are not interpreted.

PyYAML's loaders silently keep the last of repeated keys, read ``no`` as false and follow tags. Therefore only
its parser is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import yaml
from yaml import Mark, events

from mlm_steps.spec.syntax import UnreadableSpec, syntax_fault
from mlm_steps.spec.written import Block, Items, Path, SpecFault, Written, quoted

__all__ = ["ListNode", "MappingNode", "Node", "ScalarNode", "read_tree", "value_of"]

_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 40
"""Deepest nesting of blocks; a spec needs six levels, and a deeper text could exhaust the stack."""
_LARGEST = 20_000
"""Most nodes of a spec with aliases expanded; aliases of aliases could otherwise exhaust the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class ScalarNode:
    """Text: ``style`` is None without quotes, else one of ``' " | >``; start and end count characters."""

    line: int
    column: int
    start: int
    end: int
    text: str
    style: str | None

    @property
    def size(self) -> int:
        """One for short text, more for long: aliases repeat the text too."""
        return 1 + len(self.text) // 64


@dataclass(slots=True, eq=False)
class ListNode:
    """A list; ``size`` counts the nodes in it, what aliases stand for included."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)
    size: int = 1


@dataclass(slots=True, eq=False)
class MappingNode:
    """A mapping: for each key the node of the key and that of the value; of duplicates the first.

    ``bare`` holds the keys that stand between braces without a colon.
    """

    line: int
    column: int
    entries: dict[str, tuple[ScalarNode, Node]] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)
    size: int = 1


Node = ScalarNode | ListNode | MappingNode


def read_tree(text: str) -> tuple[Node | None, list[SpecFault]]:
    """Return the tree of a YAML text and its faults; the tree is None if the text cannot be parsed."""
    reader = _Reader(text)
    try:
        return reader.document(), reader.found
    except UnreadableSpec as error:
        return None, [*reader.found, error.found]
    except yaml.YAMLError as error:
        return None, [*reader.found, syntax_fault(text, error)]


class _Reader:
    """Builds the nodes of one document from the parser's events."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.events: Iterator[events.Event] = yaml.parse(text, Loader=_Parser)
        self.found: list[SpecFault] = []
        self.anchors: dict[str, Node | None] = {}

    def document(self) -> Node:
        node: Node | None = None
        for event in self.events:
            if isinstance(event, events.DocumentStartEvent) and node is not None:
                raise _stop(event, (), "a second document starts here", "one file holds one spec")
            if isinstance(event, events.NodeEvent):
                node = self.node(event, ())
        if node is None or (isinstance(node, ScalarNode) and not node.text and node.style is None):
            raise UnreadableSpec(
                SpecFault((), "the file is empty", "mlm init writes a first spec", place=(1, 1))
            )
        return node

    def node(self, event: events.Event, at: Path) -> Node:
        """Return the node that starts with an event, its end event consumed."""
        if isinstance(event, events.AliasEvent):
            return self._aliased(event, at)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self.anchors[anchor] = None
        tag = getattr(event, "tag", None)
        if tag is not None:
            shown = quoted(tag.replace("tag:yaml.org,2002:", "!!"))
            self.found.append(
                SpecFault(
                    at,
                    f"the tag {shown} is not supported",
                    f'put the text in quotes: "{tag}"' if "(" in tag else "remove it; quotes make text",
                    place=_place(event),
                )
            )
        if len(at) > _DEEPEST:
            raise _stop(event, (), "blocks are nested too deeply")
        node = self._of_kind(event, at)
        if anchor is not None:
            self.anchors[anchor] = node
        return node

    def _of_kind(self, event: events.Event, at: Path) -> Node:
        if isinstance(event, events.ScalarEvent):
            return _scalar(event)
        line, column = _place(event)
        if isinstance(event, events.SequenceStartEvent):
            return self._items(ListNode(line, column), at)
        return self._entries(MappingNode(line, column), at)

    def _items(self, node: ListNode, at: Path) -> ListNode:
        for event in self.events:
            if isinstance(event, events.SequenceEndEvent):
                break
            node.items.append(self._grown(node, event, (*at, len(node.items))))
        return node

    def _entries(self, node: MappingNode, at: Path) -> MappingNode:
        for event in self.events:
            if isinstance(event, events.MappingEndEvent):
                break
            key = self._key(event, at)
            value = self._grown(node, next(self.events), (*at, key.text))
            self._enter(node, key, value, at)
        return node

    def _key(self, event: events.Event, at: Path) -> ScalarNode:
        key = self.node(event, at) if isinstance(event, events.ScalarEvent | events.AliasEvent) else None
        if not isinstance(key, ScalarNode):
            hint = "text that begins with { or [ needs quotes"
            raise _stop(event, at, "a key must be text, not a list or a block", hint)
        return key

    def _enter(self, node: MappingNode, key: ScalarNode, value: Node, at: Path) -> None:
        if key.text in node.entries:
            first = node.entries[key.text][0]
            what = f"the key {quoted(key.text)} occurs twice"
            hint = f"first in line {first.line}, again in line {key.line}: keep one"
            self.found.append(SpecFault((*at, key.text), what, hint, place=(key.line, key.column)))
        else:
            node.entries[key.text] = (key, value)
            if isinstance(value, ScalarNode) and value.start == value.end:
                node.bare |= set() if ":" in self.text[key.end : value.start] else {key.text}

    def _grown(self, parent: ListNode | MappingNode, event: events.Event, at: Path) -> Node:
        node = self.node(event, at)
        parent.size += node.size
        if parent.size > _LARGEST:
            raise _stop(event, (), "aliases make this spec too large", "write the values out")
        return node

    def _aliased(self, event: events.AliasEvent, at: Path) -> Node:
        anchor = str(event.anchor)
        node = self.anchors.get(anchor)
        if node is None:
            if anchor in self.anchors:
                raise _stop(
                    event, at, f"the alias {quoted('*' + anchor)} is inside the value that it refers to"
                )
            hint = f"text that begins with * needs quotes: '*{anchor}'"
            raise _stop(event, at, f"no anchor {quoted('&' + anchor)} above", hint)
        return node


def _scalar(event: events.ScalarEvent) -> ScalarNode:
    line, column = _place(event)
    style = event.style if event.style in tuple("'\"|>") else None
    start, end = cast("Mark", event.start_mark).index, cast("Mark", event.end_mark).index
    return ScalarNode(line, column, start, end, event.value, style)


def _place(event: events.Event) -> tuple[int, int]:
    mark = cast("Mark", event.start_mark)
    return mark.line + 1, mark.column + 1


def _stop(event: events.Event, at: Path, what: str, hint: str | None = None) -> UnreadableSpec:
    return UnreadableSpec(SpecFault(at, what, hint, place=_place(event)))


def value_of(node: Node, at: Path = ()) -> object:
    """Return a node as the models take it: texts with their place, and lists and blocks of them."""
    if isinstance(node, ScalarNode):
        return Written(node.text, at, plain=node.style is None)
    if isinstance(node, ListNode):
        return Items((value_of(item, (*at, i)) for i, item in enumerate(node.items)), at)
    entries: dict[str, object] = {
        Written(name, (*at, name), is_key=True, bare=name in node.bare): value_of(value, (*at, name))
        for name, (_, value) in node.entries.items()
    }
    return Block(entries, at)
