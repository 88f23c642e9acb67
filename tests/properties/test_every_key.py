"""Every key of the schema, misspelt, of a wrong type and left empty: an answer with a place, no traceback.

The keys are taken from the schema, so that a new one is tried as soon as it is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlm_steps.spec import json_schema

from .hostile import ROWS, SHARE, judged

LADDER: dict[str, Any] = {
    "version": 1,
    "data": {
        "file": "a.csv",
        "columns": {"c": {"type": "category"}, "g": {"type": "group"}},
        "filter": ["x > -1", "c in [a, b, c]", "!missing(lz)"],
        "derive": {
            "x_w": {"center": "x", "within": "g"},
            "x_m": {"mean": "x", "within": "g"},
            "lz": {"expr": "log1p(z)"},
            "c2": {"recode": "c", "map": {"a": "u", "b": "v"}, "other": "keep"},
            "c3": {"collapse": "c", "into": {"ab": ["a", "b"]}, "other": "missing"},
            "sw": {"scale_weights": "w1", "within": "g", "to": "effective_n"},
            "n": {"count": True, "within": "g"},
            "i": {"rank": "y"},
            "before": {"lag": "x", "within": "g", "by": "i", "steps": 1, "max_gap": 50},
            "t": {"time_since_first": "i", "within": "g"},
        },
    },
    "ladder": [
        {"name": "null", "formula": "y ~ 1 + (1 | g)"},
        {"name": "l1", "formula": "y ~ x * c + x_w + z + (1 | g)", "weights": "w1"},
    ],
    "prelude": [{"name": "ols", "formula": "y ~ x"}],
    "compare": [{"smaller": "null", "larger": "l1"}],
    "contrasts": [{"name": "one", "weights": {"x": 1}}, {"name": "two", "hypothesis": "x = 0"}],
    "slopes": [{"focal": "x", "moderator": "c"}],
    "means": [{"of": "c"}],
    "effects": {},
    "hypotheses": [{"name": "H1", "text": "x raises y", "term": "x", "direction": "positive"}],
    "rationale": {"multilevel": "Shared groups."},
    "missing": {"mechanism": "At random given x."},
    "preregistration": {"plan": "none"},
    "units": {"g": {"one": "group", "many": "groups"}},
    **{key: {} for key in ("tests", "estimation", "intervals", "bootstrap", "report", "variance")},
}
HECK: dict[str, Any] = {
    "version": 1,
    "data": {"file": "a.csv"},
    "ladder": {"preset": "heck", "outcome": "y", "group": "g", "level_1": ["x"], "random_slopes": ["x"]},
}
GROWTH: dict[str, Any] = {
    "version": 1,
    "data": {
        "file": "a.csv",
        "columns": {"c": {"contrast": {"matrix": {"a": [1, 0], "b": [0, 1], "c": [0, 0]}}}},
        "occasions": {"within": "g", "time": ["z"]},
    },
    "ladder": {"preset": "growth", "outcome": "y", "group": "g", "time": "z", "level_1": ["x"]},
}
FILES: dict[str, Any] = {
    "version": 1,
    "data": {
        "stack": ["a.csv", {"file": "wide.csv", "as": "second"}],
        "source_as": "wave",
        "join": [{"file": "h.csv", "on": {"h": "code"}, "columns": ["size"], "unmatched": "keep"}],
        "reshape": {
            "wide_to_long": {"columns": ["y_{t}", "x_{t}"], "values": ["score", "mood"], "missing": "drop"}
        },
    },
    "ladder": [{"name": "null", "formula": "score ~ 1 + (1 | g)"}],
}
WIDE: dict[str, Any] = {
    "version": 1,
    "data": {
        "file": "long.csv",
        "reshape": {
            "long_to_wide": {"id": ["id", "g"], "time": "t", "values": ["y"], "columns": "{values}_{time}"}
        },
    },
    "ladder": [{"name": "null", "formula": "y_1 ~ y_2 + (1 | g)"}],
}
PLANNED: dict[str, Any] = {
    "version": 1,
    "power": {
        "design": {
            "groups": {"school": 8, "class": {"n": 2, "within": "school"}},
            "rows": {"mean": 6, "cv": 0.3},
            "predictors": {
                "x": {"icc": 0.2},
                "z": {},
                "arm": {"level": "school", "binary": 0.5},
                "time": {"values": [0, 1, 2, 3]},
            },
            "derive": {"xc": {"center": "x", "within": "school"}},
            "correlations": [{"between": ["x", "z"], "r": 0.2}],
            "attrition": {"share": 0.1, "time": "time"},
        },
        "model": "y ~ xc + arm + (1 | school)",
        "truth": {"icc": 0.2, "r2": {"within": 0.1, "between": 0.05}},
        "cost": {"group": 10, "row": 1},
        "grid": {"icc": [0.1, 0.2]},
        "simulate": {"replicates": 10},
    },
}
OBSERVED: dict[str, Any] = {
    "version": 1,
    "data": {
        "file": "a.csv",
        "columns": {"c": {"type": "category"}},
        "derive": {"c2": {"collapse": "c", "into": {"ab": ["a", "b"]}, "other": "keep"}},
    },
    "ladder": [{"name": "l1", "formula": "y ~ x + c2 + (1 | g)"}],
    "effects": {"differences": [{"factor": "c2"}]},
    "power": {
        "design": {"groups": {"g": 8}, "rows": 5, "predictors": {"x": {}}},
        "model": "y ~ x + (1 | g)",
        "truth": {"from": {"rung": "l1"}},
    },
}
SPECS = {
    "ladder": LADDER,
    "heck": HECK,
    "growth": GROWTH,
    "files": FILES,
    "wide": WIDE,
    "planned": PLANNED,
    "observed": OBSERVED,
}
VALUES = [
    *("", "~", '""', "[]", "{}", "[~]", '[""]', "[[a]]", "{a: b}", "{a: }", "[a, b]", "[a, a]", "[{a: [b]}]"),
    *("-1", "1.5", "1e400", "9" * 30, "0x" + "f" * 30, ".nan", "true", "no", "abc", "x", "2011-01-01"),
    *('"\\e[31m\\0"', "'a: b'", "&a [*a]", "!!int x", "a:b:c", "null", "c", "(((", "y ~ x", '"\\ud800"'),
]
KEYS = len(VALUES) if SHARE >= 1 else 4
"""How many of the values are tried at each key."""

Way = tuple[str | int, ...]
SCHEMA = json_schema()


def options(field: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each schema that a value may meet."""
    if "$ref" in field:
        yield from options(SCHEMA["$defs"][field["$ref"].rsplit("/", 1)[1]])
    yield field
    for option in (*field.get("oneOf", ()), *field.get("anyOf", ())):
        yield from options(option)


def blocks(value: Any, field: dict[str, Any], at: Way = ()) -> Iterator[tuple[Way, dict[str, Any]]]:
    """Yield the way to each block of a spec, with the block's schema."""
    for option in options(field):
        keys = option.get("properties", {})
        if isinstance(value, dict) and keys and value.get("preset") == keys.get("preset", {}).get("const"):
            yield at, option
        if isinstance(value, dict):
            for key, inner in value.items():
                below = keys.get(key) or option.get("additionalProperties")
                if isinstance(below, dict):
                    yield from blocks(inner, below, (*at, key))
        if isinstance(value, list) and "items" in option:
            for i, inner in enumerate(value):
                yield from blocks(inner, option["items"], (*at, i))


def places() -> list[tuple[dict[str, Any], Way, str]]:
    """Return each key of each block, with a spec that has the block and the way to it there."""
    found = {}
    for spec in SPECS.values():
        for at, block in blocks(spec, SCHEMA):
            for key in block["properties"]:
                found.setdefault((block["description"], at, key), (spec, at, key))
    return list(found.values())


PLACES = places()


def changed(spec: dict[str, Any], at: Way, key: str, name: str, value: str | None) -> str:
    """Return a spec as YAML with a value in the place of a key, or the key under another name."""
    copy = json.loads(json.dumps(spec))
    block = copy
    for step in at:
        block = block[step]
    block.pop(key, None) if value is not None else None
    block[name] = "@" if value is not None else block.pop(key, "abc")
    return json.dumps(copy, indent=1).replace('"@"', value or "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    rows = [ROWS[0] + ",w1", *(row + ",1.5" for row in ROWS[1:])]
    (folder / "a.csv").write_text("\n".join(rows) + "\n")
    wide = [f"{i % 7},{i % 5 + i / 9},{i % 4},{(3 * i) % 8},s{i // 6},p{i % 5}" for i in range(60)]
    (folder / "wide.csv").write_text("\n".join(["y_1,y_2,x_1,x_2,g,h", *wide]) + "\n")
    (folder / "h.csv").write_text("code,size\n" + "".join(f"p{i},{i * i}\n" for i in range(5)))
    long = [f"{i},s{i // 6},{t},{(i * (t + 2)) % 9 + i / 7}" for i in range(60) for t in (1, 2)]
    (folder / "long.csv").write_text("\n".join(["id,g,t,y", *long]) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def test_every_block_of_the_schema_is_tried():
    tried = {block["description"] for spec in SPECS.values() for _, block in blocks(spec, SCHEMA)}
    assert tried == {SCHEMA["description"], *(block["description"] for block in SCHEMA["$defs"].values())}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_the_specs_themselves_are_valid(folder, spec):
    assert judged(folder, json.dumps(spec)) == (0, "")


@pytest.mark.parametrize(
    ("spec", "at", "key"), PLACES, ids=[".".join(map(str, (*at, key))) for _, at, key in PLACES]
)
def test_a_key_that_is_misspelt_or_has_a_wrong_value_is_answered_with_a_place(folder, spec, at, key):
    code, said = judged(folder, changed(spec, at, key, f"{key}x", None))
    assert code == 2
    assert f"unknown key '{key}x'" in said or "the key 'preset' is missing" in said
    start = sum(map(ord, key))  # not the same values everywhere
    for i in range(KEYS):
        judged(folder, changed(spec, at, key, key, VALUES[(start + i) % len(VALUES)]))
