"""Random specs, formulas and data files, each the same for the same seed."""

from __future__ import annotations

import gzip
import random

SPECS = [
    """\
version: 1
name: small
data:
  file: a.csv
  na: [NA, -99]
  columns:
    g: {type: group, label: "Class: four"}
    c: {type: category, levels: [a, b, c], contrast: sum}
    w: {level: 2, unit: points}
  derive:
    x_w: {center: x, within: g}
    x_m: {mean: x, within: g}
    big: {expr: "if_else(z > 3 and not missing(x), 'yes', \"no\")"}
    ab: {collapse: c, into: {ab: [a, b], c: [c]}, other: error}
  filter: ["x < 12", "abs(x_m) < 100 or big == 'yes'"]
ladder:
  - {name: null, formula: "y ~ 1 + (1 | g)"}
  - name: l1
    formula: 'y ~ x_w + x_m + c + (1 | g)'
  - name: slope
    formula: >
      y ~ x_w * w
      + (x_w | g)
prelude: [{name: ols, formula: "y ~ x"}]
compare: [{smaller: null, larger: l1}, {smaller: l1, larger: slope}]
contrasts:
  - {name: one, weights: {x_w: 1, x_m: -1}}
  - {name: two, hypothesis: "x_w - 2*x_m = 0"}
slopes: [{focal: x_w, moderator: w, at: [0, 1]}]
means: [c]
tests: {rlrt: true, bootstrap: never, replicates: 19}
estimation: {method: REML, df: satterthwaite, confidence: 0.95, optimizer: auto, start: 1.0}
intervals: {fixed: wald, variance: none}
bootstrap: {replicates: 100, chunks: 2}
seed: 7
on_singular: [drop_slope]
report: {formats: [html, md]}
""",
    """\
version: 1
data: &d {file: a.csv, decimal: ".", delimiter: ","}
ladder: {preset: heck, outcome: y, group: g, level_1: [x, z], random_slopes: x, level_2: [w],
  cross_level: ["x:w"], correlated: false}
compare: none
""",
]
PIECES = [
    "~", "[", "]", "{", "}", ":", ": ", "- ", "'", '"', "|", ">", "#", "?", "%", "&a ", "*a", "!x ",
    "!!int ", "null", "[]", "{}", "0.5", "no", "true", "-1", "1e400", "9" * 25, "name", "\\e", "\\", ",",
    " ", "\n", "\n\n", "\t", "\r", "\x85", "\u2028", "\ufeff", "\x00", "\x1b[31m", "<<: *d", "---\n",
    "...\n", "%YAML 1.1\n", "@", "`", "(" * 300, "[" * 300, "{a: " * 60, "- " * 60, "é", "日本", "\u202e",
    "x" * 5000, "=", "+", "(1 | g)", "^99", "a: &a [*a, *a]\n", "\n x: 1\n", "version: 2\n", "ladder:\n",
    "!missing(", "in [a, ", " and ", " not ", "%%", "]]", "NA", "if_else(", "'yes'",
    "a" * 70, "../../../etc/passwd", "/dev/zero",
]  # fmt: skip
BYTES = [
    b"\xff", b"\xfe\xff", b"\x00", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x80\x81",
]  # fmt: skip


def spec(seed: int) -> bytes:
    """Return a spec with one to four changes."""
    rng = random.Random(seed)
    text = rng.choice(SPECS)
    for _ in range(rng.randint(1, 4)):
        text = _changed(rng, text)
    content = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.06:
        at = rng.randrange(len(content) + 1)
        content = content[:at] + rng.choice(BYTES) + content[at:]
    if rng.random() < 0.03:
        content = text.encode(rng.choice(["utf-16", "utf-32", "utf-8-sig", "utf-16-le"]), "replace")
    return content


def _changed(rng: random.Random, text: str) -> str:
    lines = text.split("\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    at = rng.randrange(len(text) + 1)
    kind = rng.randrange(9)
    if kind == 0:
        return text[:at] + rng.choice(PIECES) + text[at:]
    if kind == 1:
        return text[:at] + rng.choice(PIECES) + text[at + rng.randint(1, 12) :]
    if kind == 2:
        return text[:at] + text[at + rng.randint(1, 30) :]
    if kind == 3:
        lines[i], lines[j] = lines[j], lines[i]
    elif kind == 4:
        lines.insert(i, lines[j])
    elif kind == 5:
        del lines[i]
    elif kind == 6:
        lines[i] = " " * rng.randint(1, 5) + lines[i] if rng.random() < 0.5 else lines[i][rng.randint(1, 3) :]
    elif kind == 7:
        return text[:at].rstrip() + rng.choice(["\r\n", "\r", "\n\t", " "]) + text[at:]
    else:
        key, colon, _ = lines[i].partition(":")
        lines[i] = key + colon + " " + rng.choice(PIECES)
    return "\n".join(lines)


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


def formula(seed: int) -> str:
    """Return a formula: one that means something, a tree of operators, or words one after the other."""
    rng = random.Random(seed)
    if seed < len(FORMULAS):
        return FORMULAS[seed]
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
        text = text[:at] + rng.choice(PIECES + OPERATORS + NUMBERS) + text[at + rng.randint(0, 4) :]
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
    "log({0} + 9)", "sqrt({0}^2)", "I({0}^2)", "I(1/{0})", "poly({0}, 2)", "poly({0}, 2, raw = TRUE)",
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


def hypothesis(seed: int) -> str:
    """Return a hypothesis on coefficients, or words of one in any order."""
    rng = random.Random(seed)
    some = COEFFICIENTS + SIGNS[: rng.choice([4, 9, len(SIGNS)])]
    text = "".join(rng.choices(some, k=rng.randint(1, 12)))
    return f"{text} = {rng.choice(['0', '1', 'x', text])}" if rng.random() < 0.5 else text


def _good(rng: random.Random, depth: int) -> str:
    """Return a term that most often means something."""
    if depth == 0:
        return rng.choice(LEAVES)
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(CALLS).format(rng.choice(LEAVES))
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
CELLS = [
    "", " ", "NA", "NaN", ".", "Inf", "-inf", "1e400", "1e308", "1e-320", "-0", "9" * 20, "1,5", "1 000",
    "12%", "'1", "a", "a ", "A", "é", "\x1b[31m", "\ufeff", '"', '""', '"a', "a\nb", '"a\nb"', '"a,b"',
    "=1+1", "#N/A", "TRUE", "s0", "\u2028", "2011-01-01", "x" * 3000, "\x0b", "\x7f", "\ud800", "٣", "1_0",
    "0x1F", "NULL", "-99", "999",
]  # fmt: skip


def data(seed: int) -> tuple[str, bytes]:
    """Return the name and the content of a data file: a table with changes, under one name or another."""
    rng = random.Random(seed)
    rows = rng.choice([60, 60, 60, 60, 3, 1, 0])
    table = [["y", "x", "z", "w", "g", "h", "c"]]
    table += [
        [
            f"{rng.gauss(0, 1):.3f}",
            str(i % 13),
            str(i % 7),
            str(i // 6 % 4),
            f"s{i // 6}",
            f"p{i % 5}",
            "abc"[i % 3],
        ]
        for i in range(rows)
    ]
    for _ in range(rng.choice([0, 1, 1, 2, 5, 30])):
        row = rng.choice(table)
        if row:
            row[rng.randrange(len(row))] = rng.choice(CELLS)
    if rng.random() < 0.2:
        column, cell = rng.randrange(7), rng.choice(CELLS)
        for row in table[rng.randrange(2) :]:
            row[column] = cell
    delimiter = rng.choice([",", ",", ",", ",", ";", "\t", "|", " ", "::"])
    text = rng.choice(["\n", "\n", "\n", "\r\n", "\r"]).join(delimiter.join(row) for row in table)
    for _ in range(rng.choice([0, 0, 1, 3])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(PIECES + CELLS) + text[at + rng.randint(0, 9) :]
    encoding = rng.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16", "latin-1", "utf-16-le", "utf-32", "cp1252"])
    content = text.encode(encoding, "replace" if encoding != "utf-8" else "surrogatepass")
    if rng.random() < 0.1:
        content = rng.randbytes(rng.randint(0, 3000))
    return _packed(rng, content)


def _packed(rng: random.Random, content: bytes) -> tuple[str, bytes]:
    name = rng.choice(
        ["a.csv"] * 12
        + ["a.tsv", "a.csv.gz", "a.csv.zst", "a.parquet", "a.sav", "a.dta", "a.xlsx", "a.sas7bdat"]
    )
    if name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
        if rng.random() < 0.5:
            content = content[: rng.randrange(len(content))] + rng.randbytes(3)
    return name, content
