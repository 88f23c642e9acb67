"""Intervals of a fit's parameters by one of the ``METHODS``."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from mlm_steps.api.arguments import MOST_WORKERS, checked, one_of, optional, share, whole
from mlm_steps.api.bootstrap import bootstrap
from mlm_steps.api.intervals import Intervals, Row, interval_table
from mlm_steps.api.parameters import Selection, chosen_of, names_of
from mlm_steps.api.profiles import profiled
from mlm_steps.api.state import FitState
from mlm_steps.inference import test_rows

__all__ = ["METHODS", "confint"]


class IntervalMethod(Protocol):
    """A method for intervals."""

    def __call__(self, state: FitState, parm: Selection, confidence: float, workers: int, /) -> Intervals:
        """Return the intervals of the selected parameters."""
        ...


def _wald(state: FitState, parm: Selection, confidence: float, _: int) -> Intervals:
    """Return Wald intervals of fixed effects with the df of the fit's method; variances have no intervals."""
    design = state.fit.design
    tests = test_rows(state.reference, np.eye(design.p), confidence)
    names = names_of(design)
    rows: dict[str, Row] = {
        name: (float(tests.ci_low[p.effects[0]]), float(tests.ci_high[p.effects[0]]), None, None)
        for name, p in names.items()
        if p.kind == "beta"
    }
    if parm is not None:
        chosen = chosen_of(parm, names)
        rows = {name: rows.get(name, (np.nan, np.nan, "not_wald", "not_wald")) for name in chosen}
    return interval_table(rows, confidence, f"Wald, {state.reference.method}")


def _by_profile(state: FitState, parm: Selection, confidence: float, workers: int) -> Intervals:
    rows = {
        name: (
            np.nan if curve.low is None else curve.low,
            np.nan if curve.high is None else curve.high,
            curve.low_code,
            curve.high_code,
        )
        for name, curve in profiled(state, parm, confidence, workers).items()
    }
    return interval_table(rows, confidence, "profile, ML")


def _by_bootstrap(state: FitState, parm: Selection, confidence: float, _: int) -> Intervals:
    """Return percentile intervals of the parameters from ``Fit.bootstrap()`` with its default arguments."""
    names = chosen_of(parm, names_of(state.fit.design))
    return bootstrap(state).confint(confidence, list(names))


METHODS: dict[str, IntervalMethod] = {"profile": _by_profile, "bootstrap": _by_bootstrap, "wald": _wald}
"""The methods for intervals, by the value of the argument ``method``."""


@checked(confidence=optional(share), workers=whole(1, MOST_WORKERS), method=one_of(METHODS, "intervals are"))
def confint(
    state: FitState,
    method: str = "profile",
    parm: Selection = None,
    confidence: float | None = None,
    workers: int = 1,
) -> Intervals:
    """Return intervals, as lme4's ``confint``.

    Parameters
    ----------
    method : {"profile", "wald", "bootstrap"}
        Profile of the ML deviance; Wald, for fixed effects only; ``Fit.bootstrap`` with its defaults.
    parm : str or sequence of str, optional
        Names such as ``sd_(Intercept)|school``, ``sigma``, ``ses``, ``theta_``, ``beta_``. Default: all.
    confidence : float, optional
        Default: that of the fit.
    workers : int
        Number of processes.
    """
    level = state.confidence if confidence is None else confidence
    return METHODS[method](state, parm, level, workers)
