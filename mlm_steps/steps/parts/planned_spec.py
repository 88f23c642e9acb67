"""The spec of a plan as text."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mlm_steps.power.plans.base import Block, Kind

__all__ = ["planned_spec"]

WIDTH = 100
"""Longest line of a block in braces; longer ones are written as lines below each other."""


def planned_spec(name: str, kind: Kind, block: Block, values: Mapping[str, float]) -> str:
    """Return a spec with the block ``power`` alone, headed by the command that it stands for."""
    given = [option for option in kind.options if values[option.name] != option.default]
    words = (
        f"--{option.name}" if option.kind == "flag" else f"--{option.name} {values[option.name]:g}"
        for option in given
    )
    head = f"# mlm plan {name} {' '.join(words)}".rstrip() + f"\nversion: 1\nname: {name}\n"
    return head + "\n".join(_lines({"power": block}, 0)) + "\n"


def _lines(block: Mapping[str, object], depth: int) -> list[str]:
    found: list[str] = []
    for key, value in block.items():
        name = f"{'  ' * depth}{_scalar(key)}:"
        line = f"{name} {_flow(value)}"
        if (isinstance(value, Mapping) and (depth < 1 or len(line) > WIDTH)) or (
            isinstance(value, Mapping) and depth == 1 and any(isinstance(v, Mapping) for v in value.values())
        ):
            found += [name, *_lines(value, depth + 1)]
        else:
            found.append(line)
    return found


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return (
        text if text.replace("_", "").replace("-", "").isalnum() and text[0].isalpha() else json.dumps(text)
    )
