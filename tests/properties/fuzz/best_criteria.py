"""Write ``best_criteria.json``: ``python -m tests.properties.fuzz.best_criteria [KIND …]``.

Takes about half an hour for all kinds, and runs no fit of ours. Kinds that are not named keep their values.
"""

from __future__ import annotations

import json
import sys
import warnings

import numpy as np

from mlm_steps.design.build import build_design
from mlm_steps.errors import DesignError

from .kinds import KINDS
from .optimum import best_criterion, has_no_estimate
from .sample import BEST, best_criteria, draw, seeds_of


def main(kinds: list[str]) -> None:
    """Compute the kinds that are named, or all."""
    warnings.simplefilter("ignore")  # of trial points at which the criterion overflows
    found = best_criteria() if BEST.exists() else {}
    for kind in kinds or KINDS:
        found[kind] = [_best(kind, seed) for seed in seeds_of(kind)]
        rows = (f"  {json.dumps(name)}: {json.dumps(found[name])}" for name in KINDS if name in found)
        BEST.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
        print(kind, flush=True)


def _best(kind: str, seed: int) -> float | None:
    case = draw(kind, seed)
    try:
        design = build_design(case.formula, case.frame, weights=case.weights)
    except DesignError:
        return None
    if has_no_estimate(design):
        return None
    best = best_criterion(design, case.method, seed)
    return round(best, 9) if np.isfinite(best) else None


if __name__ == "__main__":
    main(sys.argv[1:])
