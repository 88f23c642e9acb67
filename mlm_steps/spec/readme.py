"""The text of ``config/README.md``, generated from the models of the spec and their docstrings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mlm_steps.spec.schema import json_schema

__all__ = ["readme_text"]

_INTRODUCTION = """\
# The spec, key by key

A spec is one YAML file, by default `pipeline.yaml`. This page and `pipeline.schema.json` are generated from
`mlm_steps/spec`. Editors with YAML support complete and check keys in a file that begins with

```yaml
# yaml-language-server: $schema=config/pipeline.schema.json
```

(the path is relative to the file). `examples/` has complete analyses to start from, `mlm init DATA` writes a
spec for a data file, and `mlm validate` lists every fault with its line and column.

**How values are read.** The key decides how a value is read. If the key takes text, `null`,
`no`, `on`, `1e-3` and `012` are text: `name: null` is the rung "null", `levels: [0, 1]` are
the values `0` and `1`, `no:` under `columns` is the column "no". Numbers are
written as in YAML 1.2, without quotes; a flag is `true` or `false`. An empty value, `null` or `~`
means the default if the table says "none" or gives a block. Text with `: `, ` #`, or a
comma between braces needs quotes. Anchors and aliases (`&x`, `*x`) work; merge keys (`<<`), tags
(`!!str`), and repeated or unknown keys are faults.

**Names** of specs and models become file names: letters a to z, digits, `_`, `.` and single dashes,
at most 64 characters, the first neither `.` nor `-`. Two models must not have the same name;
case is ignored.
"""
Schema = dict[str, Any]
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "array": "list",
    "object": "block",
}


def readme_text() -> str:
    """Return the page as Markdown."""
    schema = json_schema()
    known = schema["$defs"]
    return _INTRODUCTION + "".join(_section(path, block, known) for path, block in _blocks("", schema, known))


def _blocks(path: str, block: Schema, known: dict[str, Schema]) -> Iterator[tuple[str, Schema]]:
    """Yield each block with its path, in the order of the keys."""
    yield path, block
    for key, field in block["properties"].items():
        for beyond, name in _references(field):
            below = f"{path}.{key}" if path else key
            preset = known[name]["properties"].get("preset")
            of_preset = f"{below}` with preset `{preset['const']}" if preset and "const" in preset else None
            label = of_preset or below + beyond
            yield from _blocks(label, known[name], known)


def _references(field: Schema) -> Iterator[tuple[str, str]]:
    """Yield the blocks that a field may hold, each with the addition to the path."""
    if "$ref" in field:
        yield "", field["$ref"].rsplit("/", 1)[1]
    for key, beyond in (("items", "[]"), ("additionalProperties", ".NAME")):
        if isinstance(field.get(key), dict):
            yield from ((beyond + more, name) for more, name in _references(field[key]))
    for option in (*field.get("oneOf", ()), *field.get("anyOf", ())):
        yield from _references(option)


def _section(path: str, block: Schema, known: dict[str, Schema]) -> str:
    required = block.get("required", ())
    fields = sorted(block["properties"].items(), key=lambda item: item[0] != "preset")
    rows = "".join(_row(key, _described(f, known), required=key in required) for key, f in fields)
    heading = f"`{path}`" if path else "Top level"
    lines = f"\n## {heading}\n\n{block['description']}\n\n"
    return f"{lines}| key | value | default | meaning |\n| --- | --- | --- | --- |\n{rows}"


def _described(field: Schema, known: dict[str, Schema]) -> Schema:
    """Return a field with a description; by default, that of the block it refers to."""
    named = field.get("$ref", "").rsplit("/", 1)[-1]
    return {"description": known[named]["description"], **field} if named else field


def _row(key: str, field: Schema, *, required: bool) -> str:
    cells = (f"`{key}`", _value(field), _default(field, required=required), field.get("description", ""))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _value(field: Schema) -> str:
    """Return words for the values that a field accepts."""
    options = [o for o in (*field.get("oneOf", ()), *field.get("anyOf", ())) if o.get("type") != "null"]
    if options:
        return " or ".join(dict.fromkeys(_value(option) for option in options))
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"] if value is not None)
    if "const" in field:
        return f"`{field['const']}`"
    kinds = field.get("type", "object")
    if "array" in kinds and "string" in kinds:
        return "text, list of text or block" if "object" in kinds else "text or list of text"
    if kinds == "array" and "enum" in field["items"]:
        return f"list of {_value(field['items'])}"
    words = next(words for kind, words in _TYPES.items() if kind in kinds)
    return words + (
        f", {_limit(field['minimum'])} to {_limit(field['maximum'])}" if "minimum" in field else ""
    )


def _limit(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"


def _default(field: Schema, *, required: bool) -> str:
    if required:
        return "**required**"
    value = field.get("default")
    if value is None or value == []:
        return "none"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"
