"""A hypothesis is read, its weights finite, or refused at a place."""

from __future__ import annotations

import math
from pathlib import Path

from mlm_steps.design.linear import parse_linear
from mlm_steps.errors import FormulaError

from ..inputs.formulas import COEFFICIENTS
from ..watch import limited, watched


def check(_: Path, text: str) -> None:
    """Parse a hypothesis."""
    refused: FormulaError | None = None
    with limited(), watched():
        try:
            found = parse_linear(text, COEFFICIENTS[:-1])
        except FormulaError as error:
            refused = error
    if refused is not None:
        assert refused.offset in range(len(text) + 1)
        assert str(refused).replace("\n", "").isprintable()
        return
    assert all(math.isfinite(weight) for weight in found.weights.values())
    assert math.isfinite(found.value)
