"""Random formulas and hypotheses."""

from __future__ import annotations

import random

from .words import PAYLOADS, PIECES

NAMES = [
    "x", "z", "w", "c", "y", "g", "h", "`x`", "nope", "x.1", "`", "é", ".", "1x", "TRUE", "NA", "pi", "I",
    "T",
]  # fmt: skip
FUNCTIONS = [
    "log", "sqrt", "I", "poly", "ns", "bs", "factor", "scale", "offset", "exp", "relevel", "cut", "C", "s",
]  # fmt: skip
OPERATORS = [
    "+", "-", "*", "/", ":", "^", "%in%", "|", "||", "~", "==", "<", "&", "!", "=", ",", "**", "  ", "",
]  # fmt: skip
NUMBERS = [
    "0", "1", "2", "99", "1e3", "1e999", "9" * 30, "0x1F", "1L", ".5", "3.", "-1", "1i", "٣", "²",
]  # fmt: skip
FORMULAS = [
    "(" * 5000 + "x" + ")" * 5000, "y ~ " + "(" * 199 + "x" + ")" * 199, "y ~ " + "-" * 5000 + "x",
    "y ~ (x + z + w + c)^99 + (1 | g)", "y ~ x^1e300", "y ~ " + "+".join(["x"] * 4000),
    "y ~ x" + "^2" * 4000, "y ~ " + "log(" * 400 + "x", "y ~ " + "*".join(f"v{i}" for i in range(300)),
    "y ~ " + "x:" * 3000 + "x", "y ~ " + "*".join(["(a*b*c*d*e*f*g*h*i*j)"] * 400),
    "y ~ (1 | " + "g/" * 3000 + "h)", "y ~ (1 | g" + ":h" * 3000 + ")",
    "y ~ " + "/".join(f"v{i}" for i in range(1500)), "y ~ x + (x * z * w | g) " * 3, "y" * 20_000,
    "y ~ `" + "x" * 9000 + "`", "y\x00 ~ x", "y ~ x\r\n + z", "\ufeffy ~ x", "y ~ x # comment",
    "y ~ poly(x, 99999999999)", "y ~ ns(x, 1e9)", "y ~ bs(x, df = 1e6)", "y ~ bs(x, degree = 1e15)",
    "y ~ poly(x, 1e7, raw = TRUE)", "y ~ I(x^1e308*10)", "y ~ poly(x, 900, raw = TRUE)",
    "y ~ exp(exp(x * 1000))", "y ~ + + x (1 | g", "~ x", "y ~", "~", "y ~ ~ x", "y ~ x ~ z",
    "y ~ (1 | g) + (1 | g)", "y ~ (1|g", "y ~ 1|g", "y ~ x | g",
]  # fmt: skip


def formula(rng: random.Random) -> str:
    """Return a formula: one that means something, a tree of operators, or words one after the other."""
    if rng.random() < 0.005:
        return rng.choice(FORMULAS)
    kind = rng.randrange(4)
    if kind < 2:
        right = f" {rng.choice('+++-')} ".join(
            _good(rng, rng.randint(0, 3)) for _ in range(rng.randint(1, 4))
        )
        bars = "".join(
            f" + ({_good(rng, 1)} {rng.choice(['|', '||'])} {rng.choice(GROUPS)})" for _ in range(kind + 1)
        )
        text = f"{rng.choice(OUTCOMES)} ~ {right}{bars}"
    elif kind == 2:
        right = " + ".join(_term(rng, rng.randint(0, 4)) for _ in range(rng.randint(1, 4)))
        text = f"y ~ {right} + ({_term(rng, 1)} | {_term(rng, 1)})"
    else:
        words = [
            *NAMES,
            *FUNCTIONS,
            *OPERATORS,
            *OPERATORS,
            *NUMBERS,
            "(",
            ")",
            "(",
            ")",
            "'a'",
            '"b"',
            "(1 | g)",
        ]
        text = "y ~ " * (rng.random() < 0.8) + " ".join(rng.choices(words, k=rng.randint(1, 14)))
    for _ in range(rng.choice([0, 0, 1, 2] if kind > 1 else [0, 0, 0, 0, 1])):
        at = rng.randrange(len(text) + 1)
        text = (
            text[:at] + rng.choice(PIECES + PAYLOADS + OPERATORS + NUMBERS) + text[at + rng.randint(0, 4) :]
        )
    return text


OUTCOMES = [
    "y", "y", "y", "log(y + 9)", "I(y^2)", "scale(y)", "y * 2", "y == 0", "-y", "y / x", "c", "exp(y)",
    "1",
]  # fmt: skip
GROUPS = [
    "g", "g", "h", "g/h", "g:h", "g + h", "factor(w)", "w", "c", "(g/h)", "g*h", "factor(g)", "x", "y",
    "1",
]  # fmt: skip
LEAVES = [
    "x", "z", "w", "c", "h", "1", "0", "x", "z", "c", "g",
]  # fmt: skip
CALLS = [
    "log({0} + 9)", "sqrt({0}^2)", "I({0}^2)", "I(1/{0})", "poly({0}, 2)", "poly({0}, {1})",
    "ns({0}, {1})", "bs({0}, degree = {1})", "poly({0}, 2, raw = TRUE)",
    "ns({0}, df = 3)", "bs({0}, df = 4)", "scale({0})", "scale({0}, scale = FALSE)", "factor({0})",
    'relevel({0}, ref = "b")', "exp({0})", "C({0}, contr.sum)", "offset({0})", "ordered({0})",
    "I({0} > 1)", 'I({0} == "a")', "log({0})", "I({0} * x)", "abs({0})",
]  # fmt: skip


COEFFICIENTS = [
    "x", "z", "x:z", "(Intercept)", "cb", "poly(x, 2)1", "`x`",
]  # fmt: skip
SIGNS = [
    "+", "-", "*", "/", "=", "(", ")", " ", "2", ".5", "0", "1e400", "9" * 30, "nope", "~", "|", "^",
    '"a"', ",",
]  # fmt: skip


def hypothesis(rng: random.Random) -> str:
    """Return a hypothesis on coefficients, or words of one in any order."""
    some = COEFFICIENTS + SIGNS[: rng.choice([4, 9, len(SIGNS)])]
    text = "".join(rng.choices(some, k=rng.randint(1, 12)))
    return f"{text} = {rng.choice(['0', '1', 'x', text])}" if rng.random() < 0.5 else text


def _good(rng: random.Random, depth: int) -> str:
    """Return a term that most often means something."""
    if depth == 0:
        return rng.choice(LEAVES)
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(CALLS).format(rng.choice(LEAVES), rng.choice(NUMBERS))
    if kind == 1:
        return (
            f"({_good(rng, depth - 1)} + {_good(rng, depth - 1)}){rng.choice(['', '^2', '^3', ':x', '/c'])}"
        )
    return f"{_good(rng, depth - 1)} {rng.choice(['+', '*', ':', '/', '-', '%in%'])} {_good(rng, depth - 1)}"


def _term(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.2:
        return rng.choice([*NAMES[:7], *NAMES[:7], rng.choice(NAMES), rng.choice(NUMBERS)])
    kind = rng.randrange(5)
    if kind == 0:
        more = "".join(f", {rng.choice(['2', 'df = 3', 'x', TEXT, '-1'])}" for _ in range(rng.randint(0, 2)))
        return f"{rng.choice(FUNCTIONS)}({_term(rng, depth - 1)}{more})"
    if kind == 1:
        return f"({_term(rng, depth - 1)})^{rng.choice(['2', '3', '99', '0', '-1', 'x', '1.5'])}"
    if kind == 2:
        return f"({_term(rng, depth - 1)})"
    return f"{_term(rng, depth - 1)} {rng.choice(OPERATORS[:7])} {_term(rng, depth - 1)}"


TEXT = '"a"'
