"""Random specs: valid ones with changes of their text or, at any depth, of their blocks."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import yaml

from mlm_steps.spec import json_schema

from .trees import as_yaml, changed
from .valid_specs import VALID
from .words import BYTES, PIECES

EXAMPLES = Path(__file__).resolve().parents[3] / "config" / "examples"
TREES: list[dict[str, Any]] = [
    *VALID.values(),
    *(yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("*.yaml"))),
]
KEYS = sorted(
    {
        key
        for block in (json_schema(), *json_schema()["$defs"].values())
        for key in block.get("properties", ())
    }
)
"""The names of all keys of the schema."""

TEXTS = [
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


def spec(rng: random.Random) -> bytes:
    """Return a spec with one to four changes, most often of its blocks, else of its text."""
    if rng.random() < 0.7:
        tree: Any = rng.choice(TREES)
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            tree = changed(rng, tree, TREES, KEYS)
        text = as_yaml(rng, tree)
        if rng.random() < 0.1:
            text = _changed(rng, text)
    else:
        text = rng.choice(TEXTS)
        for _ in range(rng.randint(1, 4)):
            text = _changed(rng, text)
    content = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.03:
        at = rng.randrange(len(content) + 1)
        content = content[:at] + rng.choice(BYTES) + content[at:]
    if rng.random() < 0.02:
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
