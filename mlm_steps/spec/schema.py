"""The spec's JSON schema, for editors, made from the models and their docstrings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.docstrings import field_docstrings
from mlm_steps.spec.pipeline import PipelineSpec

__all__ = ["json_schema", "schema_text"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NOISE = ("title", "discriminator")
Schema = dict[str, Any]


def json_schema() -> Schema:
    """Return the JSON schema of a spec.

    It takes what the loader takes, as YAML readers other than ours see it: the rung ``null`` arrives there as
    nothing, the level ``1`` as a number and the level ``no`` as false.
    """
    made = _described(PipelineSpec.model_json_schema())
    del made["properties"]["name"]["default"]
    schema = {"$schema": _DIALECT, "title": "mlm spec", **_tidied(made)}
    for block in schema["$defs"].values():
        if "required" not in block and "anyOf" not in block:
            block["type"] = ["object", "null"]
    for block in (schema, *schema["$defs"].values()):
        for key, field in block["properties"].items():
            if field.get("type") in ("array", "object") and _may_be_left_empty(key, field, block):
                field["type"] = [field["type"], "null"]
    return schema


def _described(made: Schema) -> Schema:
    """Return a schema in which each property has the docstring of its field as its description."""
    blocks = {block.__name__: block for block in _below(SpecBlock)}
    for name, definition in ((PipelineSpec.__name__, made), *made["$defs"].items()):
        keys = {field: entry.alias or field for field, entry in blocks[name].model_fields.items()}
        for field, text in field_docstrings(blocks[name]).items():
            if keys.get(field) in definition["properties"]:
                key = keys[field]
                definition["properties"][key] = dict(
                    sorted({**definition["properties"][key], "description": text}.items())
                )
    return made


def _below(block: type[SpecBlock]) -> Iterator[type[SpecBlock]]:
    """Yield the blocks that are derived from a block."""
    for each in block.__subclasses__():
        yield each
        yield from _below(each)


def _may_be_left_empty(key: str, field: Schema, block: Schema) -> bool:
    return key not in block.get("required", ()) and not field.get("default")


def schema_text() -> str:
    """Return the JSON schema as the text of ``config/pipeline.schema.json``."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidied(value: Any, *, names: bool = False) -> Any:
    """Return a schema without generated titles, descriptions on one line; ``names`` if keys are names."""
    if isinstance(value, list):
        return [_tidied(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: " ".join(item.replace("``", "`").split())
        if key == "description" and not names
        else _tidied(item, names=key in ("properties", "$defs") and not names)
        for key, item in value.items()
        if names or key not in _NOISE
    }
