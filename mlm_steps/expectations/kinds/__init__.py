"""The kinds of expectations; a new one is a module, a line below and its keys in ``spec/expect.py``."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.expectations.base import Kind
from mlm_steps.expectations.kinds.baseline import BASELINE
from mlm_steps.expectations.kinds.coefficient import COEFFICIENT
from mlm_steps.expectations.kinds.comparison import COMPARISON
from mlm_steps.expectations.kinds.data import DATA
from mlm_steps.expectations.kinds.diagnostics import DIAGNOSTICS
from mlm_steps.expectations.kinds.everywhere import EVERYWHERE
from mlm_steps.expectations.kinds.model import MODEL

__all__ = ["KINDS"]

KINDS: Mapping[str, Kind] = {
    "baseline": BASELINE,
    "coefficient": COEFFICIENT,
    "comparison": COMPARISON,
    "data": DATA,
    "diagnostics": DIAGNOSTICS,
    "everywhere": EVERYWHERE,
    "model": MODEL,
}
