"""Profiles of parameters: curves of the ML deviance, and the intervals read from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import MOST_WORKERS, checked, share, whole
from mlm_steps.api.intervals import Intervals, Row, interval_table, quantile_of
from mlm_steps.api.parameters import Selection, chosen_of, names_of
from mlm_steps.api.shown import Shown
from mlm_steps.api.state import FitState
from mlm_steps.engine.profile.profile import Profile
from mlm_steps.engine.profile.profiles import profile_fit

__all__ = ["Profiles", "profile", "profiled"]

REACH = 0.995
"""Confidence at which the curves end, so that they contain the limits of all intervals up to 99 %."""


@dataclass(frozen=True, slots=True, eq=False)
class Profiles(Shown):
    """Profiles of parameters: zeta, the signed square root of the increase of the ML deviance.

    Attributes
    ----------
    curves : dict of str to DataFrame
        ``value`` and ``zeta`` of each parameter, in the order of increasing values.
    estimates : Series
        The ML estimates.
    """

    curves: dict[str, pd.DataFrame]
    estimates: pd.Series

    @property
    def table(self) -> pd.DataFrame:
        """The points of all curves: ``parameter``, ``value`` and ``zeta``."""
        return pd.concat(self.curves, names=["parameter"]).reset_index(level="parameter")

    @checked(confidence=share)
    def confint(self, confidence: float = 0.95) -> Intervals:
        """Return intervals from a monotone spline through the points of each curve."""
        cut = quantile_of(confidence)
        rows = {name: _inverse(curve, cut) for name, curve in self.curves.items()}
        return interval_table(rows, confidence, "profile, ML; spline")

    def __repr__(self) -> str:
        lines = [
            f"{name}: {len(curve)} points; "
            + ", ".join(f"{of} from {ends.iloc[0]:.5g} to {ends.iloc[-1]:.5g}" for of, ends in curve.items())
            for name, curve in self.curves.items()
        ]
        return "\n".join(["Profiles of the ML deviance", *lines])


@checked(workers=whole(1, MOST_WORKERS))
def profile(state: FitState, parm: Selection = None, workers: int = 1) -> Profiles:
    """Return the profiles of parameters, named as in ``confint``."""
    found = profiled(state, parm, REACH, workers)
    curves = {
        name: pd.DataFrame({"value": curve.values, "zeta": curve.zeta}) for name, curve in found.items()
    }
    return Profiles(curves, pd.Series({name: curve.estimate for name, curve in found.items()}, dtype=float))


def profiled(state: FitState, parm: Selection, confidence: float, workers: int) -> dict[str, Profile]:
    """Return the profile of each selected parameter of the ML fit, as the engine computes it."""
    names = chosen_of(parm, names_of(state.fit.design))
    ml = state.estimates.under("ML")
    found = profile_fit(ml, list(names.values()), confidence=confidence, workers=workers)
    return dict(zip(names, found, strict=True))


def _inverse(curve: pd.DataFrame, cut: float) -> Row:
    """Return the values at which zeta is minus and plus ``cut``, or the end of the curve if it is a bound."""
    from scipy.interpolate import PchipInterpolator

    zeta, value = curve["zeta"].to_numpy(), curve["value"].to_numpy()
    zeta, value = zeta[np.isfinite(value)], value[np.isfinite(value)]
    distinct = np.concatenate([[True], np.diff(zeta) > 0])
    spline = PchipInterpolator(zeta[distinct], value[distinct], extrapolate=False)
    low, high = float(spline(-cut)), float(spline(cut))
    codes = [None if np.isfinite(limit) else "not_profiled" for limit in (low, high)]
    return low, high, codes[0], codes[1]
