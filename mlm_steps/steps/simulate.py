"""Compute a range of the bootstrap replicates of one comparison; other jobs compute the other ranges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.compare.bootstrap import simulated_statistics
from mlm_steps.compare.nesting import relate
from mlm_steps.compare.simulations import bootstrap_step
from mlm_steps.records import ComparisonRecord, FitRecord, SimulationRecord
from mlm_steps.records.failure import Absence
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.parts.compared import estimates_of_smaller
from mlm_steps.steps.run.session import Session

__all__ = ["simulate"]


def simulate(session: Session, smaller: str, larger: str, numbers: str) -> None:
    """Write a range of statistics of a comparison; ``numbers`` is such as ``0-500``, the end excluded.

    If the comparison is not bootstrapped, the step writes a record that says so. Which comparisons are
    bootstrapped is known only after all comparisons have been made.
    """
    step = f"simulate/{smaller}--{larger}/{numbers}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        pair = session.compared(smaller, larger)
        fits = [session.fit_record(name) for name in (smaller, larger) if name not in session.ungrouped]
        absent = next((each for each in (*fits, pair) if isinstance(each, Absence)), None)
        if absent is not None:
            session.pass_on(absent, step, path, recorder)
            return
        statistics = None
        if isinstance(pair, ComparisonRecord) and _wanted(session, pair):
            known = [fit for fit in fits if isinstance(fit, FitRecord)]
            found = _statistics(session, pair, known, range(*map(int, numbers.split("-"))))
            statistics = tuple(None if value != value else float(value) for value in found)
            session.say(f"{smaller} → {larger}: {len(statistics)} replicates")
        else:
            session.say(f"{smaller} → {larger}: no bootstrap")
        record = SimulationRecord(smaller=smaller, larger=larger, statistics=statistics)
        recorder.write(record, path)


def _wanted(session: Session, pair: ComparisonRecord) -> bool:
    called_for = pair.p_boot_code == "left_out"
    return called_for and session.allows("simulate", f"{pair.smaller}--{pair.larger}")


def _statistics(
    session: Session, pair: ComparisonRecord, fits: list[FitRecord], numbers: range
) -> NDArray[np.float64]:
    method = pair.criterion or fits[0].method
    first = fits[0] if len(fits) > 1 else None
    smaller = estimates_of_smaller(session, pair.smaller, first, methods=(method,)).under(method)
    larger = estimates_at_record(session, fits[-1], methods=(method,)).under(method)
    return simulated_statistics(
        (smaller, larger),
        relate(smaller.design, larger.design),
        seed=session.spec.seed,
        step=bootstrap_step((pair.smaller, pair.larger)),
        numbers=numbers,
    )
