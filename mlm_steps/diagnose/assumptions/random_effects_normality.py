"""Whether random effects are normal: quantile plots with envelopes (statistics, sections 10 and 13.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.envelope import QuantilePlot, quantile_plot
from mlm_steps.diagnose.parts.flags import flag, p_words
from mlm_steps.diagnose.parts.standard import standard_modes
from mlm_steps.diagnose.parts.subject import Model
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck, named

__all__ = ["random_effects_normality"]

LARGE = 0.5
"""Distance from normal quantiles within the central 95 %, in standard deviations, that is a concern."""


class _Plotted(NamedTuple):
    """One random effect and its quantile plot; None where there is none."""

    group: str
    effect: str
    plot: QuantilePlot | None
    boundary: bool
    levels: tuple[str, ...] = ()


def random_effects_normality(model: Model) -> Contribution:
    """Return per random effect the largest distance of the standardised modes from normal samples.

    Modes are shrunken towards 0 and to the normal distribution, the more the less a group's rows tell: the
    plot shows a departure only if groups are large. An effect whose variance is estimated as 0 has no plot.
    """
    found = list(_plotted(model))
    tested = sum(each.plot is not None for each in found)
    checks = tuple(_check(model, each, tested) for each in found)
    columns = ("expected", "observed", "low", "high")
    curves = tuple(
        Curve(
            name="effect_quantiles", of=each.group, effect=each.effect, columns=columns,
            points=each.plot.points, labels=each.levels,
        )
        for each in found
        if each.plot is not None and model.drawn
    )  # fmt: skip
    return Contribution(checks, curves)


def _plotted(model: Model) -> Iterator[_Plotted]:
    for index, (term, modes) in enumerate(zip(model.design.random, standard_modes(model), strict=True)):
        if model.is_dispersion(term.group):
            continue
        rng = model.random(f"random_effects_normality/{index}")
        for name, values in zip(term.names, modes.values.T, strict=True):
            known: NDArray[np.float64] = values[np.isfinite(values)]
            plot = quantile_plot(known, min(modes.free, known.size), rng)
            order = np.flatnonzero(np.isfinite(values))[np.argsort(known, kind="stable")]
            shown = [] if plot is None else order[plot.ranks - 1].tolist()
            levels = tuple(term.levels[j] for j in shown)
            yield _Plotted(term.group, name, plot, boundary=not known.size, levels=levels)


def _check(model: Model, found: _Plotted, count: int) -> DiagnosticCheck:
    what = f"random {_name(found.effect)} by {model.label(found.group)}"
    if found.plot is None:
        reason = (
            f"The variance of the {what} is 0 by the estimates: there is no distribution to look at."
            if found.boundary
            else f"There are too few groups to look at the distribution of the {what}."
        )
        return DiagnosticCheck(
            check="random_effects_normality", of=found.group, effect=found.effect, statistic=None, flag=None,
            sentence=reason, code="boundary" if found.boundary else "not_estimable",
        )  # fmt: skip
    plot = found.plot
    result = flag(plot.p, count, large=plot.deviation >= LARGE)
    p = f"{p_words(plot.p)} by {plot.replicates} simulated samples"
    if result == "ok":
        text = f"The {what} are normal as far as the data show, {p}."
    else:
        tails = "heavier" if plot.tails > 0 else "lighter"
        todo = (
            "look for outlying groups or a missing predictor of groups; intervals of variances and "
            "predictions of single groups depend on normality"
            if result == "concern"
            else "coefficients hardly depend on it; look at the plot for outlying groups"
        )
        text = (
            f"The {what} are not normal, {p}: tails are {tails} than normal, and within the central 95 % "
            f"quantiles differ by at most {plot.deviation:.2f} SD; {todo}."
        )
    return DiagnosticCheck(
        check="random_effects_normality", of=found.group, effect=found.effect, statistic=plot.statistic,
        p=plot.p, replicates=plot.replicates, flag=result, sentence=text,
    )  # fmt: skip


def _name(effect: str) -> str:
    return "intercepts" if effect == "(Intercept)" else f"slopes of {named(effect)}"
