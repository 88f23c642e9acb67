"""Intervals of a fit's parameters, and the profiles they come from, as a notebook sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from mlm_steps.api.arguments import checked, one_of, share
from mlm_steps.api.arguments import names as list_of_names
from mlm_steps.design.matrices import Design
from mlm_steps.engine.profile.profile import Profile
from mlm_steps.engine.profile.profiles import Parameter, parameters_of, profile_fit
from mlm_steps.errors import Fault, UsageError, did_you_mean, listing
from mlm_steps.inference import test_rows

if TYPE_CHECKING:
    from mlm_steps.api.results import Fit

__all__ = [
    "Intervals", "Profiles", "Selection", "chosen_of", "confint", "interval_table", "names_of", "profile",
    "quantile_of",
]  # fmt: skip

Selection = str | Sequence[str] | None
RESERVED = frozenset({"beta_", "theta_", "icc_adjusted", "icc_unadjusted", "r2_marginal", "r2_conditional"})
"""Words for several parameters, and numbers that the bootstrap adds to them."""
SIGNIFICANT = 7
"""Digits that R prints."""
NOTES = {
    "boundary": "the bound of the parameter: the deviance does not rise enough before it",
    "unreliable": "unreliable: the profile is not monotone",
    "not_reached": "not found: the search gave up before it",
    "not_profiled": "not in the range of the profile",
}


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Intervals of parameters; ``print`` shows them as lme4's ``confint`` does.

    Attributes
    ----------
    table : DataFrame
        By lme4's names (``sd_(Intercept)|g``, ``cor_x.(Intercept)|g``, ``sigma``, columns of X): ``low``,
        ``high`` and, where a limit is not where the criterion puts it, ``low_code`` and ``high_code``.
    confidence : float
    method : str
        In words, such as ``profile, ML``.
    """

    table: pd.DataFrame
    confidence: float
    method: str

    def __repr__(self) -> str:
        tail = 50.0 * (1.0 - self.confidence)
        heads = [f"{share:.3g} %" for share in (tail, 100.0 - tail)]
        columns = [_aligned(head, self.table[end]) for head, end in zip(heads, ("low", "high"), strict=True)]
        width = max((len(name) for name in self.table.index), default=0)
        names = ["", *self.table.index]
        lines = [f"{name:<{width}} {low} {high}" for name, low, high in zip(names, *columns, strict=True)]
        return "\n".join([*lines, f"({self.method})", *self._notes()])

    def _notes(self) -> list[str]:
        return [
            f"{name}, {end} limit: {NOTES.get(code, code)}"
            for end in ("low", "high")
            for name, code in self.table[f"{end}_code"].items()
            if isinstance(code, str)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """Profiles of parameters: the signed root zeta of the rise of the ML deviance.

    Attributes
    ----------
    curves : dict of str to DataFrame
        Per parameter its ``value`` and ``zeta``, by increasing value.
    estimates : Series
        The ML estimates.
    """

    curves: dict[str, pd.DataFrame]
    estimates: pd.Series

    @checked(confidence=share)
    def confint(self, confidence: float = 0.95) -> Intervals:
        """Return intervals by the monotone spline through the points of each curve."""
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


def confint(
    fit: Fit,
    method: str = "profile",
    parm: Selection = None,
    confidence: float | None = None,
    workers: int = 1,
) -> Intervals:
    """Return intervals of a fit's parameters; ``Fit.confint`` explains the arguments."""
    level = fit.confidence if confidence is None else confidence
    one_of(METHODS, "intervals are")("method", method)
    return METHODS[method](fit, parm, level, workers)


def profile(fit: Fit, parm: Selection = None, workers: int = 1) -> Profiles:
    """Return the profiles of a fit's parameters; ``Fit.profile`` explains the arguments."""
    found = _profiled(fit, parm, REACH, workers)
    curves = {
        name: pd.DataFrame({"value": curve.values, "zeta": curve.zeta}) for name, curve in found.items()
    }
    return Profiles(curves, pd.Series({name: curve.estimate for name, curve in found.items()}, dtype=float))


REACH = 0.995
"""Confidence that the curves reach: enough for intervals of 99 %."""


def _wald(fit: Fit, parm: Selection, confidence: float, _: int) -> Intervals:
    """Return estimate and standard error with the method's degrees of freedom; none for variances."""
    design = fit.lmm.design
    tests = test_rows(fit.reference, np.eye(design.p), confidence)
    names = names_of(design)
    rows: dict[str, Row] = {
        name: (float(tests.ci_low[p.effects[0]]), float(tests.ci_high[p.effects[0]]), None, None)
        for name, p in names.items()
        if p.kind == "beta"
    }
    if parm is not None:
        chosen = chosen_of(parm, names)
        rows = {name: rows.get(name, (np.nan, np.nan, "not_wald", "not_wald")) for name in chosen}
    return interval_table(rows, confidence, f"Wald, {fit.reference.method}")


def _by_profile(fit: Fit, parm: Selection, confidence: float, workers: int) -> Intervals:
    rows = {
        name: (
            np.nan if curve.low is None else curve.low,
            np.nan if curve.high is None else curve.high,
            curve.low_code,
            curve.high_code,
        )
        for name, curve in _profiled(fit, parm, confidence, workers).items()
    }
    return interval_table(rows, confidence, "profile, ML")


def _by_bootstrap(fit: Fit, parm: Selection, confidence: float, _: int) -> Intervals:
    """Return percentiles of ``Fit.bootstrap()`` at its defaults, of the parameters alone."""
    names = chosen_of(parm, names_of(fit.lmm.design))
    return fit.bootstrap().confint(confidence, list(names))


Row = tuple[float, float, str | None, str | None]
METHODS: dict[str, Callable[[Fit, Selection, float, int], Intervals]] = {
    "profile": _by_profile,
    "bootstrap": _by_bootstrap,
    "wald": _wald,
}
"""Kinds of intervals, by the word that asks for them."""


def _profiled(fit: Fit, parm: Selection, confidence: float, workers: int) -> dict[str, Profile]:
    names = chosen_of(parm, names_of(fit.lmm.design))
    ml = fit.estimates.under("ML")
    found = profile_fit(ml, list(names.values()), confidence=confidence, workers=workers)
    return dict(zip(names, found, strict=True))


def names_of(design: Design) -> dict[str, Parameter]:
    """Return the parameters by lme4's names, in its order; no two have the same name.

    A column called as another parameter, or as a number of the bootstrap, stands in backticks. Of several
    parameters of random effects with one name, those after the first are numbered.
    """
    found: dict[str, Parameter] = {}
    for parameter in sorted(parameters_of(design), key=_place):
        name = _name(design, parameter)
        if parameter.kind == "beta" and (name in found or name in RESERVED):
            name = f"`{name}`"
        repeats = 0
        while (numbered := f"{name}.{repeats}" if repeats else name) in found:
            repeats += 1
        found[numbered] = parameter
    return found


def _place(parameter: Parameter) -> tuple[int, int, tuple[int, ...]]:
    """Return what sorts as lme4 does: per term by columns of its lower triangle, then sigma, then beta."""
    if parameter.term is None:
        return (1 if parameter.kind == "sigma" else 2, 0, parameter.effects)
    return (0, parameter.term, (parameter.effects[0], parameter.effects[-1]))


def _name(design: Design, parameter: Parameter) -> str:
    if parameter.term is None:
        return "sigma" if parameter.kind == "sigma" else design.columns[parameter.effects[0]]
    term = design.random[parameter.term]
    effects = ".".join(term.names[effect] for effect in reversed(parameter.effects))
    return f"{'sd' if parameter.kind == 'sd' else 'cor'}_{effects}|{term.group}"


def chosen_of(parm: Selection, names: dict[str, Parameter]) -> dict[str, Parameter]:
    """Return the parameters asked for; ``beta_`` and ``theta_`` stand for all of a kind."""
    if parm is None:
        return names
    chosen: dict[str, Parameter] = {}
    for wanted in list_of_names("parm", parm):
        if wanted in ("beta_", "theta_"):
            beta = wanted == "beta_"
            chosen |= {name: p for name, p in names.items() if (p.kind == "beta") == beta}
        elif wanted in names:
            chosen[wanted] = names[wanted]
        else:
            hint = did_you_mean(wanted, names) or f"one of {listing(names)}"
            raise UsageError(Fault("parm", f"no parameter is called {wanted!r}", hint))
    return chosen


def quantile_of(confidence: float) -> float:
    """Return the normal quantile of a two-sided interval."""
    return float(special.ndtri(0.5 + confidence / 2))


def _inverse(curve: pd.DataFrame, cut: float) -> Row:
    """Return where a curve passes the quantile on either side; its end where that is a bound."""
    from scipy.interpolate import PchipInterpolator

    zeta, value = curve["zeta"].to_numpy(), curve["value"].to_numpy()
    distinct = np.concatenate([[True], np.diff(zeta) > 0])
    spline = PchipInterpolator(zeta[distinct], value[distinct], extrapolate=False)
    low, high = float(spline(-cut)), float(spline(cut))
    codes = [None if np.isfinite(limit) else "not_profiled" for limit in (low, high)]
    return low, high, codes[0], codes[1]


def interval_table(rows: dict[str, Row], confidence: float, method: str) -> Intervals:
    """Return intervals from both limits and their codes, by name."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high", "low_code", "high_code"])
    return Intervals(table.astype({"low": float, "high": float}), confidence, method)


def _aligned(head: str, values: pd.Series) -> list[str]:
    """Return a column as R prints it: as many decimals as the number that needs most of seven digits."""
    sizes = [abs(float(value)) for value in values if np.isfinite(value) and value != 0]
    decimals = max((SIGNIFICANT - 1 - int(np.floor(np.log10(size))) for size in sizes), default=0)
    decimals = min(max(decimals, 0), 12)
    cells = [head, *("NA" if np.isnan(value) else f"{value:.{decimals}f}" for value in values)]
    width = max(len(cell) for cell in cells)
    return [cell.rjust(width) for cell in cells]
