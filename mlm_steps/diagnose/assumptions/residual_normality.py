"""Whether level-1 residuals are normal: quantile plot with envelope (statistics, section 13.6)."""

from __future__ import annotations

from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.envelope import QuantilePlot, quantile_plot
from mlm_steps.diagnose.parts.flags import flag, p_words
from mlm_steps.diagnose.parts.subject import Model
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck

__all__ = ["residual_normality"]

LARGE = 0.25
"""Distance from normal quantiles within the central 95 %, in standard deviations, that is a concern."""


def residual_normality(model: Model) -> Contribution:
    """Return the largest distance of the ordered residuals from normal samples.

    The conditional residuals are divided by their standard deviations. They vary as much as independent
    values whose number is the residual degrees of freedom, since residuals of a group sum to nearly
    nothing.
    """
    if not model.linear or model.free <= 1:
        return Contribution()
    plot = quantile_plot(model.scaled, model.free, model.random("residual_normality"))
    if plot is None:
        return Contribution()
    found = flag(plot.p, 1, large=plot.deviation >= LARGE)
    check = DiagnosticCheck(
        check="residual_normality", statistic=plot.statistic, p=plot.p, replicates=plot.replicates,
        flag=found, sentence=_sentence(plot, found),
    )  # fmt: skip
    columns = ("expected", "observed", "low", "high")
    curve = Curve(name="residual_quantiles", columns=columns, points=plot.points)
    return Contribution((check,), (curve,) if model.drawn else ())


def _sentence(plot: QuantilePlot, found: str) -> str:
    what = f"{p_words(plot.p)} by {plot.replicates} simulated samples"
    if found == "ok":
        return f"The residuals are normal as far as the data show, {what}."
    tails = "heavier" if plot.tails > 0 else "lighter"
    start = (
        f"The residuals are not normal, {what}: tails are {tails} than normal, and within the central 95 % "
        f"quantiles differ by at most {plot.deviation:.2f} SD; "
    )
    if found == "concern":
        return start + (
            "coefficients remain unbiased, but transform a skewed outcome, look at outliers, and use "
            "bootstrap intervals."
        )
    return start + "estimates and tests of coefficients hardly depend on it."
