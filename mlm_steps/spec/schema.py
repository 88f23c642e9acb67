"""The spec's JSON schema, for editors, made from the models and their docstrings."""

from __future__ import annotations

import json
from typing import Any

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
    made = PipelineSpec.model_json_schema()
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
