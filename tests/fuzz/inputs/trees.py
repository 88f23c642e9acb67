"""Change nested lists and blocks, such as specs and records, anywhere in their depth."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from .words import PAYLOADS, PIECES

Way = tuple[str | int, ...]

SCALARS: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        3.5,
        -0.0,
        1e308,
        5e-324,
        10**30,
        -(10**30),
        2**63,
        2**31,
        0.999999999999,
    ),
    *(
        float("inf"),
        float("-inf"),
        float("nan"),
        "",
        " ",
        "null",
        "x",
        "y",
        "g",
        "c",
        "nope",
        "a" * 200,
        "1e400",
        "0x10",
    ),
    *(
        "a b",
        "a/b",
        "..",
        "../a",
        "/etc/passwd",
        "~/x",
        "\u202e",
        "\ud800",
        "é",
        "1_000",
        "yes",
        "12:30:00",
        "x: y",
    ),
    *(
        "y ~ x + (1 | g)",
        "x > 0",
        "auto",
        "never",
        "all",
        "none",
        "REML",
        "{x}",
        "1",
        "01",
        "=1",
        "a\nb",
        "\x07",
    ),
]
EMPTY: list[Any] = [[], {}, [[]], [{}], {"": ""}, [None], {"x": None}]


def ways(tree: Any, at: Way = ()) -> list[Way]:
    """Return the way to every node of a tree."""
    found = [at]
    if isinstance(tree, dict):
        for key, value in tree.items():
            found += ways(value, (*at, key))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            found += ways(value, (*at, i))
    return found


def at_way(tree: Any, way: Way) -> Any:
    """Return the node at a way."""
    for step in way:
        tree = tree[step]
    return tree


def changed(rng: random.Random, tree: Any, others: list[Any], keys: list[str]) -> Any:
    """Return a tree with one change at a random depth.

    Parameters
    ----------
    rng : Random
    tree : nested lists and dictionaries
    others : list
        Trees, of which parts are put into the changed tree.
    keys : list of str
        Names of keys that may be put in.
    """
    tree = copy.deepcopy(tree)
    way = rng.choice(ways(tree)[1:] or [()])
    if not way:
        return value(rng, tree, others)
    parent, last = at_way(tree, way[:-1]), way[-1]
    kind = rng.randrange(8)
    if kind == 0:
        del parent[last]
    elif kind in (1, 2):
        parent[last] = value(rng, parent[last], others)
    elif kind == 3 and isinstance(parent, dict):
        parent[rng.choice([*keys, "x", "", "a b", "\x00", "y" * 300, last, f"{last}x"])] = parent[last]
    elif kind == 4 and isinstance(parent, dict):
        parent[rng.choice(keys)] = value(rng, parent[last], others)
    elif kind == 5 and isinstance(parent, list):
        parent.insert(rng.randint(0, len(parent)), copy.deepcopy(parent[last]))
    elif kind == 6 and isinstance(parent, list):
        rng.shuffle(parent)
    elif kind == 7:
        wrapped = parent[last]
        for _ in range(rng.choice([1, 1, 2, 60])):
            wrapped = [wrapped] if rng.random() < 0.5 else {rng.choice(keys): wrapped}
        parent[last] = wrapped
    else:
        parent[last] = rng.choice(SCALARS)
    return tree


def value(rng: random.Random, old: Any, others: list[Any]) -> Any:
    """Return a value for a node: a scalar, a part of a tree, or a damaged or long form of the old value."""
    kind = rng.randrange(7)
    if kind == 0:
        other = rng.choice(others)
        return copy.deepcopy(at_way(other, rng.choice(ways(other))))
    if kind == 1:
        return copy.deepcopy(rng.choice(EMPTY))
    if kind == 2 and isinstance(old, str):
        at = rng.randrange(len(old) + 1)
        return old[:at] + rng.choice([*PIECES, *PAYLOADS]) + old[at + rng.randint(0, 3) :]
    if kind == 3 and isinstance(old, (int, float)) and not isinstance(old, bool):
        return rng.choice([-old, old * 1e6, old + 0.5, str(old), [old, old]])
    if kind == 4:
        return [copy.deepcopy(old) for _ in range(rng.choice([2, 3, 50]))]
    if kind == 5:
        return rng.choice(PAYLOADS)
    return rng.choice(SCALARS)


def as_yaml(rng: random.Random, tree: Any) -> str:
    """Return a tree as YAML: on one line per node, in one line, or in blocks."""
    text = json.dumps(tree, indent=rng.choice([None, 1, 2]), ensure_ascii=rng.random() < 0.5)
    return text if rng.random() < 0.7 else _blocks(rng, tree, 0)


def _blocks(rng: random.Random, tree: Any, depth: int) -> str:
    """Return a tree as YAML in blocks, texts with or without quotes as chance has it."""
    pad = "  " * depth
    if depth > 20:
        return json.dumps(tree)
    if isinstance(tree, dict) and tree:
        return "".join(
            f"\n{pad}{_scalar(rng, key)}: {_blocks(rng, below, depth + 1)}" for key, below in tree.items()
        )
    if isinstance(tree, list) and tree:
        return "".join(f"\n{pad}- {_blocks(rng, below, depth + 1)}" for below in tree)
    return _scalar(rng, tree)


def _scalar(rng: random.Random, tree: Any) -> str:
    if isinstance(tree, str) and rng.random() < 0.5 and tree.isprintable():
        return tree
    return json.dumps(tree)
