"""The printed summary of a fit, in the layout of lme4 and lmerTest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.api.state import FitState
from mlm_steps.engine.families import family_of
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, sigma_of
from mlm_steps.inference import CoefficientTests
from mlm_steps.records.base import Notice

__all__ = ["summarize"]

Rows = Sequence[Sequence[str]]

LARGEST_CORRELATION_TABLE = 12
"""Largest number of fixed effects whose correlations are printed, lme4's default."""

SMALLEST_P = 2.2e-16
"""p values below this, the machine precision, print as ``<2e-16``, as in R."""
EXPONENT_BELOW = 1e-4
"""p values below this print with an exponent, since four decimals would show too few of their digits."""
SIGNIFICANT = 5
"""Significant digits of estimates."""
INCLUDES = "†"
"""Marks a coefficient that includes the effect of a dropped collinear column."""
STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.1, "."))
"""Upper bounds of the p values that each mark of significance denotes, as in R."""
TESTS = {
    "satterthwaite": "t tests with Satterthwaite's df",
    "kenward-roger": "t tests with Kenward-Roger's df and standard errors",
    "z": "z tests",
}


def summarize(state: FitState) -> str:
    """Return the summary of a fit as text."""
    fit, tests = state.fit, state.tests
    return "\n".join(
        [
            *_head(fit, state.reference.method),
            "",
            *(_residual_lines(fit) if isinstance(fit, LmmFit) else ()),
            *_random_lines(fit),
            "",
            *_fixed_lines(fit, tests),
            *_correlation_lines(fit),
            *_notice_lines(fit, (*state.notices, *state.reference.notices)),
        ]
    )


def _head(fit: MixedFit, df_method: str) -> list[str]:
    design = fit.design
    tests = TESTS.get(df_method, f"t tests with {df_method} df")
    kind = "Linear mixed model" if design.response.linear else "Generalized linear mixed model"
    by = fit.method if design.response.linear else _likelihood(fit)
    lines = [f"{kind} fit by {by}; {tests}", f"Formula: {design.formula}", *_distribution_lines(fit)]
    if fit.method == "REML":
        place = "convergence" if fit.convergence is not None else "the theta given"
        return [*lines, f"REML criterion at {place}: {fit.criterion:.4f}"]
    aic = fit.criterion + 2 * fit.npar
    bic = fit.criterion + np.log(design.n) * fit.npar
    table = [("AIC", "BIC", "logLik", "deviance")]
    table += [(f"{aic:.4f}", f"{bic:.4f}", f"{-fit.criterion / 2:.4f}", f"{fit.criterion:.4f}")]
    return [*lines, *_aligned(table)]


def _likelihood(fit: MixedFit) -> str:
    """Return how the likelihood of a generalized model was integrated."""
    return f"ML ({'Laplace approximation' if fit.agq == 1 else f'quadrature with {fit.agq} points'})"


def _distribution_lines(fit: MixedFit) -> list[str]:
    """Return the family, its dispersion and what its outcome is; nothing for a linear model."""
    response = fit.design.response
    if response.linear:
        return []
    lines = [f"Family: {response.family} ({response.link})"]
    dispersion = family_of(response.family, response.link).dispersion
    if dispersion is not None and fit.phi is not None:
        lines[0] += f"; {dispersion.words} {dispersion.symbol} = {_short(fit.phi)}"
    if fit.design.event is not None:
        lines.append(f"Event: {fit.design.outcome} = {fit.design.event}")
    named = (("Trials", response.trials), ("Exposure", response.exposure))
    return [*lines, *(f"{word}: {column}" for word, column in named if column is not None)]


def _residual_lines(fit: LmmFit) -> list[str]:
    residuals = fit.residuals / fit.sigma
    if fit.design.weights is not None:
        residuals = residuals * np.sqrt(fit.design.weights)
    quantiles = [f"{value:.4f}" for value in np.quantile(residuals, [0, 0.25, 0.5, 0.75, 1])]
    return ["Scaled residuals:", *_aligned([("Min", "1Q", "Median", "3Q", "Max"), quantiles]), ""]


def _random_lines(fit: MixedFit) -> list[str]:
    k = max(len(term.names) for term in fit.design.random)
    rows = [["Groups", "Name", "Variance", "Std.Dev.", *(["Corr"] if k > 1 else []), *([""] * (k - 2))]]
    for term, covariance in zip(fit.design.random, fit.covariances, strict=True):
        sd = np.sqrt(np.diag(covariance))
        for a, name in enumerate(term.names):
            cells = [_correlation(covariance[a, b], sd[a] * sd[b]) for b in range(a)]
            padding = [""] * (max(k - 1, 0) - a)
            rows.append(
                [term.group if a == 0 else "", name, _short(sd[a] ** 2), _short(sd[a]), *cells, *padding]
            )
    sigma = sigma_of(fit)
    if sigma is not None:
        rows.append(["Residual", "", _short(sigma**2), _short(sigma), *([""] * (k - 1))])
    factors = {term.group: len(term.levels) for term in fit.design.random}
    groups = "; ".join(f"{group}, {levels}" for group, levels in factors.items())
    lines = _aligned(rows, left=2)
    return ["Random effects:", *lines, f"Number of obs: {fit.design.n}, groups: {groups}"]


def _correlation(covariance: float, product: float) -> str:
    return f"{np.clip(covariance / product, -1, 1):.2f}" if product > 0 else "NaN"


def _fixed_lines(fit: MixedFit, tests: CoefficientTests) -> list[str]:
    if not fit.design.columns:
        return ["Fixed effects: none"]
    normal = bool(np.isinf(tests.df).all())
    statistic = ("z value", "Pr(>|z|)") if normal else ("df", "t value", "Pr(>|t|)")
    rows = [("", "Estimate", "Std. Error", *statistic, "")]
    for index, name in enumerate(fit.design.columns):
        df = () if normal else (f"{tests.df[index]:.2f}",)
        estimate, se, t, p = (float(x[index]) for x in (tests.estimate, tests.se, tests.t, tests.p))
        marked = f"{name} {INCLUDES}" if name in fit.design.aliases else name
        rows.append((marked, _short(estimate), _short(se), *df, f"{t:.3f}", _p_value(p), _stars(p)))
    lines = ["Fixed effects:", *_aligned(rows, left=1, flags=True)]
    if (tests.p < STARS[-1][0]).any():
        lines += ["---", "Signif. codes: 0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1"]
    if fit.design.dropped:
        lines.append(f"Dropped (collinear): {', '.join(fit.design.dropped)}")
    if fit.design.aliases:
        lines.append(f"{INCLUDES} includes the effect of a dropped column")
    return lines


def _stars(p: float) -> str:
    return next((stars for bound, stars in STARS if p < bound), "")


def _p_value(p: float) -> str:
    if p < SMALLEST_P:
        return "<2e-16"
    return f"{p:.2e}" if p < EXPONENT_BELOW else f"{p:.4f}"


def _correlation_lines(fit: MixedFit) -> list[str]:
    columns = fit.design.columns
    if not 1 < len(columns) <= LARGEST_CORRELATION_TABLE or not np.isfinite(fit.se).all():
        return []
    correlation: NDArray[np.float64] = fit.vcov / np.outer(fit.se, fit.se)
    short = ["(Intr)" if name == "(Intercept)" else name[:6] for name in columns]
    rows = [["", *short[:-1]]]
    for a in range(1, len(columns)):
        cells = [f"{correlation[a, b]:.3f}" for b in range(a)]
        rows.append([columns[a][:11], *cells, *([""] * (len(columns) - 1 - a))])
    return ["", "Correlation of fixed effects:", *_aligned(rows, left=1)]


def _notice_lines(fit: MixedFit, notices: Sequence[Notice]) -> list[str]:
    lines = [f"{notice.severity.capitalize()}: {notice.text}" for notice in notices]
    report = fit.convergence
    if report is not None and report.status == "failed":
        lines.insert(0, "NOT CONVERGED")
    return ["", *lines] if lines else []


def _short(value: float) -> str:
    """Return a number with five significant digits, and with an exponent only if plain notation is long."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    magnitude = int(np.floor(np.log10(abs(value))))
    if not -5 <= magnitude < 9:
        return f"{value:.4e}"
    return f"{value:.{max(0, SIGNIFICANT - 1 - magnitude)}f}"


def _aligned(rows: Rows, left: int = 0, *, flags: bool = False) -> list[str]:
    """Return the rows as lines; the first ``left`` columns, and a last one of ``flags``, are left-aligned."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    last = len(widths) - 1
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column < left or (flags and column == last) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(" ".join(cells).rstrip())
    return lines
