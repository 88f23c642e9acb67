"""One text per value, for hashes and cache keys."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel

__all__ = ["canonical"]


def canonical(part: object) -> str:
    """Return JSON with sorted keys, of a block or of dicts and lists of blocks; equal parts give equal text.

    >>> canonical({"b": (1, 2), "a": None})
    '{"a":null,"b":[1,2]}'
    """
    return json.dumps(
        _plain(part), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _plain(part: object) -> object:
    if isinstance(part, BaseModel):
        return part.model_dump(mode="json")
    if isinstance(part, Mapping):
        return {str(key): _plain(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_plain(value) for value in part]
    return part
