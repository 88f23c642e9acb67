"""Every key of the schema, misspelt, of a wrong type and left empty: an answer with a place, no traceback.

The keys are taken from the schema, so that a new one is tried as soon as it is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlm_steps.spec import json_schema

from .answers import judged
from .inputs.valid_specs import VALID
from .targets import prepare

VALUES = [
    *("", "~", '""', "[]", "{}", "[~]", '[""]', "[[a]]", "{a: b}", "{a: }", "[a, b]", "[a, a]", "[{a: [b]}]"),
    *("-1", "1.5", "1e400", "9" * 30, "0x" + "f" * 30, ".nan", "true", "no", "abc", "x", "2011-01-01"),
    *('"\\e[31m\\0"', "'a: b'", "&a [*a]", "!!int x", "a:b:c", "null", "c", "(((", "y ~ x", '"\\ud800"'),
]
KEYS = 4
"""How many of the values are tried at each key; the fuzzer of specs tries more of them."""

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
    for spec in VALID.values():
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
    prepare(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def test_every_block_of_the_schema_is_tried():
    tried = {block["description"] for spec in VALID.values() for _, block in blocks(spec, SCHEMA)}
    assert tried == {SCHEMA["description"], *(block["description"] for block in SCHEMA["$defs"].values())}


@pytest.mark.parametrize("spec", VALID.values(), ids=VALID)
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
