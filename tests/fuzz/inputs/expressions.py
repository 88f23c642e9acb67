"""Random filters and definitions of derived columns."""

from __future__ import annotations

import random

from mlm_steps.language.functions import HINTS, SIGNATURES

from .words import PAYLOADS, PIECES

LEAVES = [
    "x", "z", "w", "c", "g", "y", "`x`", "nope", "NA", "Inf", "-Inf", "pi", "TRUE", "0", "1", "-1",
    "2.5", "1e308",
    "1e-320", "9" * 30, "'a'", '"b"', "[a, b]", "[1, 2, NA]", "c(1, 2)", "[]", "é", "`", "''",
]  # fmt: skip
OPERATORS = [
    *(
        "+",
        "-",
        "*",
        "/",
        "^",
        "%%",
        "%/%",
        "==",
        "!=",
        "<",
        ">",
        "<=",
        ">=",
        " and ",
        " or ",
        "&&",
        "||",
        "|",
    ),
    *(" in ", " not in ", "%in%", "=", "<-", ":", "~", ",", ""),
]
GROUPS = ["not ", "!", "-", "+", "not not ", "!!", "- - "]
EXTREMES = [
    "(" * 100_000 + "x", "(" * 90 + "x" + ")" * 90, "x" + " + x" * 3000, "!" * 5000 + "x", "-" * 5000 + "x",
    "x in [" + "a, " * 3000 + "a]", "if_else(" * 200 + "x",
    "x" * 10_001, "x > 0" + " and x > 0" * 1000, "x ^ " * 99 + "x",
    "x < y < z", "pmin(" + "x, " * 2000 + "x)", "round(x, 1e300)", "round(x, -400)",
    "cut(x, [" + "1, " * 2000 + "2])",
    "log(x, 0)", "x %% 0", "x %/% 0", "10 ^ 10 ^ 10 ^ 10", "x / 0", "sqrt(-x)", "exp(exp(exp(x)))",
    "x\x00 > 1",
]  # fmt: skip


def expression(rng: random.Random) -> str:
    """Return an expression: one that means something, with a few changes, or an extreme one."""
    if rng.random() < 0.005:
        return rng.choice(EXTREMES)
    text = _node(rng, rng.randint(0, 5))
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        at = rng.randrange(len(text) + 1)
        piece = rng.choice([*PIECES, *PAYLOADS, *OPERATORS, *LEAVES])
        text = text[:at] + piece + text[at + rng.randint(0, 4) :]
    return text


def _node(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(LEAVES if rng.random() < 0.3 else LEAVES[:5])
    kind = rng.randrange(6)
    if kind == 0:
        return f"{rng.choice(GROUPS)}{_node(rng, depth - 1)}"
    if kind == 1:
        return f"({_node(rng, depth - 1)})"
    if kind == 2:
        return _call(rng, depth)
    return f"{_node(rng, depth - 1)} {rng.choice(OPERATORS[:17])} {_node(rng, depth - 1)}"


def _call(rng: random.Random, depth: int) -> str:
    name = rng.choice([*SIGNATURES, *SIGNATURES, *HINTS])
    known = SIGNATURES.get(name)
    parameters = known.parameters if known else ("x",)
    count = rng.choice([len(parameters), known.needed if known else 1, rng.randint(0, 4)])
    arguments = []
    for i in range(count):
        named = f"{parameters[i]} = " if i < len(parameters) and rng.random() < 0.2 else ""
        arguments.append(named + _node(rng, depth - 1))
    return f"{name}({', '.join(arguments)})"
