"""A search by an optimiser that was chosen by name."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.result.lmm_fit import Control, Method
from mlm_steps.engine.search.optimize import SearchResult
from mlm_steps.engine.search.optimizers import NEEDS, OPTIMIZERS, Ending, Problem, Spent, installed
from mlm_steps.engine.search.search import first_start, objective_of
from mlm_steps.engine.search.starts import contrasting_starts
from mlm_steps.engine.structures.prepared import PreparedDesign
from mlm_steps.errors import Fault, FitError

__all__ = ["search_with"]

Array = NDArray[np.float64]


def search_with(
    prepared: PreparedDesign, method: Method, control: Control, start: Array | None = None
) -> SearchResult:
    """Return where the optimiser ``control.optimizer`` ended, with its Hessian, in the engine's units.

    ``control.restarts`` more searches follow from contrasting starts; the lowest end is returned.

    Raises
    ------
    FitError
        When there is no such optimiser, it is not installed, or the criterion has no derivatives where it
        ended.
    """
    word = control.optimizer
    if word not in OPTIMIZERS:
        raise FitError(Fault("", f"no optimiser {word!r}", f"one of auto, {', '.join(OPTIMIZERS)}"))
    if not installed(word):
        raise FitError(
            Fault(
                "",
                f"the optimiser {word!r} needs {NEEDS[word]}, which is not installed",
                f"pip install 'mlm-steps[{NEEDS[word]}]'",
            )
        )
    best = _once(
        prepared, method, control, first_start(prepared, method, control) if start is None else start
    )
    for other in islice(contrasting_starts(prepared, best), control.restarts):
        rival = _once(prepared, method, control, other)
        used = best.evaluations + rival.evaluations
        best = replace(rival if rival.point.value < best.point.value else best, evaluations=used)
    return best


def _once(prepared: PreparedDesign, method: Method, control: Control, start: Array) -> SearchResult:
    objective = objective_of(prepared, method)
    problem = Problem(
        prepared, method, objective, start,
        max_evaluations=control.max_evaluations, tolerance=control.tolerance,
    )  # fmt: skip
    inside = np.maximum(start, problem.lower)
    try:
        ending = OPTIMIZERS[control.optimizer](problem, inside)
        ended = "optimum" if ending.normal else "stopped"
    except Spent:
        ending, ended = Ending(problem.best, False, ""), "evaluations"
    point = objective(ending.theta, True)
    if point is None or point.hessian is None:
        raise FitError(Fault("", f"{control.optimizer} ended where the criterion does not exist"))
    trace = tuple(problem.trace)
    return SearchResult(ending.theta, point, problem.used, ended, control.optimizer, ending.message, trace)
