"""Where in the spec's file a key or value stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlm_steps.spec.tree import ListNode, MappingNode, Node, ScalarNode
from mlm_steps.spec.written import Path, quoted

__all__ = ["SpecSource", "key_path"]

_WORD = re.compile(r"[^\W\d]\w*|\d+")
_POSITION = re.compile(r"\[(\d+)\]")
_FOLD = r"[ \t]*(?:\r?\n[ \t]*)+"
_ESCAPE = r"\\(?:x..|u.{4}|U.{8}|\r?\n[ \t]*|.)"
_PIECES = {
    None: re.compile(rf"{_FOLD}|.", re.DOTALL),
    "'": re.compile(rf"''|{_FOLD}|.", re.DOTALL),
    '"': re.compile(rf"{_ESCAPE}|{_FOLD}|.", re.DOTALL),
}
_BLOCK_HEADER = re.compile(r"([|>][^\r\n]*)\r?\n(?:[ \t]*\r?\n)*( *)")


@dataclass(frozen=True, slots=True, eq=False)
class SpecSource:
    """The text of a spec and the tree of its nodes.

    Attributes
    ----------
    file : str
        The file's path as the user gave it.
    text : str
    root : ScalarNode, ListNode or MappingNode
    """

    file: str
    text: str
    root: Node

    def where(self, *keys: str | int, offset: int | None = None) -> str:
        """Return the place of a value, for example ``pipeline.yaml:14:15: ladder[1].formula``.

        Parameters
        ----------
        *keys : str or int
            The keys and positions that lead to the value. What is not in the file, such as a default, is
            placed at the nearest block around it.
        offset : int, optional
            A character of the value, counted from 0, to point into text.
        """
        return self.labelled(self.place(keys, offset=offset), keys)

    def labelled(self, place: tuple[int, int], at: Path) -> str:
        """Return a place with the file's name before it and the way to it behind it."""
        path = key_path(self._followed(at))
        return f"{self.file}:{place[0]}:{place[1]}" + (f": {path}" if path else "")

    def place(self, at: Path, *, is_key: bool = False, offset: int | None = None) -> tuple[int, int]:
        """Return line and column, counted from 1, of a value, or of its key."""
        key: ScalarNode | None = None
        node = self.root
        for part in at:
            step = _step(node, part)
            if step is None:
                offset = None
                break
            key, node = step
        if isinstance(node, ScalarNode) and not (is_key and key):
            return (node.line, node.column) if offset is None else self._inside(node, offset)
        return (key.line, key.column) if key else (node.line, node.column)

    def way(self, *keys: str | int, dotted: str) -> Path:
        """Return the keys of a path below a value, such as ``truth.fixed.ses_w:public`` or ``effects[0]``.

        What is not in the file is left out.
        """
        at, node = list(keys), self._node(keys)
        rest = dotted
        while rest and node is not None:
            if isinstance(node, ListNode) and (found := _POSITION.match(rest)):
                part: str | int = int(found[1])
                rest = rest[found.end() :].removeprefix(".")
            elif isinstance(node, MappingNode):
                fitting = [key for key in node.entries if f"{rest}.[".startswith((f"{key}.", f"{key}["))]
                if not fitting:
                    break
                part = max(fitting, key=len)
                rest = rest[len(part) :].removeprefix(".")
            else:
                break
            step = _step(node, part)
            if step is None:
                break
            at.append(part)
            node = step[1]
        return tuple(at)

    def _node(self, at: Path) -> Node | None:
        node: Node = self.root
        for part in at:
            step = _step(node, part)
            if step is None:
                return None
            node = step[1]
        return node

    def is_list(self, *keys: str | int) -> bool:
        """Return whether a value is written as a list."""
        return isinstance(self._node(keys), ListNode)

    def _followed(self, at: Path) -> Path:
        """Return as much of a way as fits the shape of the file: a preset has no rung to point to."""
        node: Node | None = self.root
        for i, part in enumerate(at):
            if node is None:
                return at
            if not isinstance(node, ListNode if isinstance(part, int) else MappingNode):
                return at[:i]
            step = _step(node, part)
            node = step[1] if step else None
        return at

    def _inside(self, node: ScalarNode, offset: int) -> tuple[int, int]:
        """Return line and column of one character of a scalar, past quotes, escapes and folded lines."""
        raw = self.text[node.start : node.end]
        start, pattern, passed = _content(raw, node.style)
        for piece in pattern.finditer(raw, start):
            passed += _width(piece[0], node.style)
            if passed > offset:
                break
            start = piece.end()
        before = self.text[: node.start + start]
        return before.count("\n") + 1, len(before) - before.rfind("\n")


def _content(raw: str, style: str | None) -> tuple[int, re.Pattern[str], int]:
    """Return where the pieces of a scalar begin, what they look like, and how many characters precede."""
    if style == "|" and (header := _BLOCK_HEADER.match(raw)):
        return header.end(1), re.compile(rf"\r?\n {{0,{len(header[2])}}}|.", re.DOTALL), -1
    if style == ">" and (header := _BLOCK_HEADER.match(raw)):
        return header.end(), _PIECES[None], 0
    return (1 if style else 0), _PIECES.get(style, _PIECES[None]), 0


def _width(piece: str, style: str | None) -> int:
    """Return how many characters of the value a piece of the source stands for."""
    breaks = piece.count("\n")
    if style == "|" or not breaks:
        return 1
    return 0 if piece.startswith("\\") else max(1, breaks - 1)


def _step(node: Node, part: str | int) -> tuple[ScalarNode | None, Node] | None:
    """Return the key's node and the value's that lie one step further, or None."""
    if isinstance(node, MappingNode) and isinstance(part, str):
        return node.entries.get(part)
    if isinstance(node, ListNode) and isinstance(part, int) and 0 <= part < len(node.items):
        return None, node.items[part]
    return None


def key_path(at: Path) -> str:
    """Return a way as people write it.

    >>> key_path(("ladder", 1, "formula")), key_path(("columns", "test score"))
    ('ladder[1].formula', "columns['test score']")
    """
    path = ""
    for part in at:
        if isinstance(part, int):
            path += f"[{part}]"
        elif _WORD.fullmatch(part):
            path += f".{part}" if path else part
        else:
            path += f"[{quoted(part)}]" if path else quoted(part)
    return path
