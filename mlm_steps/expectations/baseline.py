"""The reviewed numbers of a run, which later runs have to find again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, ValidationError

from mlm_steps.expectations.quantities import Class, Quantity
from mlm_steps.records.base import Part

__all__ = ["Baseline", "baseline_text", "read_baseline"]

DIGITS = 10
"""Significant digits of the numbers, which are far more than any tolerance needs and can still be read."""


class Kept(Part):
    """One number of a baseline."""

    value: float | str | None
    """The number, or a word such as ``converged``."""
    kind: Class = Field(alias="class")
    """The class that decides on the tolerance."""
    scale: float | None = None
    """What the relative tolerance is multiplied by, such as the standard error; None for other classes."""

    @property
    def number(self) -> float | str | None:
        """The value, where JSON has the text ``inf`` for an infinite number."""
        return float(self.value) if self.kind != "text" and isinstance(self.value, str) else self.value


class Baseline(Part):
    """The content of a baseline's file."""

    baseline: Literal[1] = 1
    """The version of this format."""
    made_from: dict[str, Any]
    """The spec, the data and the software, for readers; only the data's hash is used, in messages."""
    results: dict[str, dict[str, Kept]]
    """Per rung and per comparison, its numbers by name."""

    @property
    def quantities(self) -> list[Quantity]:
        """The numbers in the order of the file."""
        return [
            Quantity(of, name, kept.kind, kept.number, 1.0 if kept.scale is None else kept.scale)
            for of, rows in self.results.items()
            for name, kept in rows.items()
        ]

    @property
    def data_hash(self) -> str | None:
        """The hash of the data file from which the baseline was made."""
        data = self.made_from.get("data")
        found = data.get("sha256") if isinstance(data, dict) else None
        return found if isinstance(found, str) else None


def baseline_text(quantities: Sequence[Quantity], made_from: dict[str, object]) -> str:
    """Return the text of a baseline: a line per number, rungs and comparisons in the order of their names."""
    by_subject: dict[str, list[Quantity]] = {}
    for quantity in quantities:
        by_subject.setdefault(quantity.of, []).append(quantity)
    blocks = [
        f"  {_json(of)}: {{\n"
        + ",\n".join(f"   {_json(q.name)}: {_json(_kept(q))}" for q in sorted(own, key=lambda q: q.name))
        + "\n  }"
        for of, own in sorted(by_subject.items())
    ]
    head = json.dumps({"baseline": 1, "made_from": made_from}, indent=1, sort_keys=True, ensure_ascii=False)
    return f'{head[:-2]},\n "results": {{\n' + ",\n".join(blocks) + "\n }\n}\n"


def _kept(quantity: Quantity) -> dict[str, object]:
    scaled = quantity.kind in ("coefficient", "relative")
    return {
        "class": quantity.kind,
        **({"scale": _rounded(quantity.scale)} if scaled else {}),
        "value": _rounded(quantity.value),
    }


def _rounded(value: float | str | None) -> float | int | str | None:
    if value is None or isinstance(value, str):
        return value
    if not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return int(value) if float(value).is_integer() else float(f"{value:.{DIGITS}g}")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def read_baseline(content: bytes) -> Baseline | str:
    """Return the baseline in the bytes of a file, or why they are none."""
    try:
        return Baseline.model_validate(json.loads(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:
            return "is not a baseline of mlm: it holds no JSON object"
        return f"is not a baseline of mlm: {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}"
    except (ValueError, RecursionError) as error:
        return f"is not valid JSON: {error}"
