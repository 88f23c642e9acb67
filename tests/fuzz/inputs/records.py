"""Random records: those of a small run with changes of their fields or of their bytes."""

from __future__ import annotations

import json
import random
from typing import Any

from .trees import changed
from .words import BYTES

KEYS = ["made_from", "schema_version", "code", "text", "estimate", "notices", "model", "__class__", "x"]


def record(rng: random.Random, valid: bytes) -> bytes:
    """Return the JSON of a record with one to three changes."""
    if rng.random() < 0.25:
        at = rng.randrange(len(valid) + 1)
        middle = rng.choice(
            [*BYTES, b"", b'"', b"}", b"[" * 5000, b"1e999", b"NaN", b"9" * 5000, b'{"a":' * 3000]
        )
        return valid[: at if rng.random() < 0.9 else 0] + middle + valid[at + rng.randint(0, 30) :]
    tree: Any = json.loads(valid)
    for _ in range(rng.choice([1, 1, 2, 3])):
        tree = changed(rng, tree, [tree], KEYS)
    return json.dumps(tree, indent=1).encode()
