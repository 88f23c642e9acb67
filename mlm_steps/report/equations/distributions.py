"""The distributions of random effects, residuals and outcomes in LaTeX (statistics, section 17)."""

from __future__ import annotations

from mlm_steps.report.equations.levels import Effect, FactorIndex
from mlm_steps.report.equations.writer import EquationWriter, random_effect
from mlm_steps.report.text.names import events_of

__all__ = ["distribution_lines"]

LARGEST_MATRIX = 5
"""A larger covariance matrix is written as a symbol, since its elements would not fit on a page."""
DISTRIBUTIONS = {
    "binomial": ("Binomial", "{trials},\\; {mean}"),
    "poisson": ("Poisson", "{mean}"),
    "negative_binomial": ("NB", r"{mean},\; \phi"),
    "gamma": ("Gamma", r"{mean},\; \nu"),
}
"""Name and parameters of the distribution of the outcome, by the family."""
OF_ONE_TRIAL = {"binomial": ("Bernoulli", "{mean}")}
"""The same for outcomes of single trials."""


def distribution_lines(writer: EquationWriter) -> list[str]:
    """Return the distribution of the random effects of each factor, and of the residual or the outcome."""
    factors = writer.places.factors
    lines = [_distribution(factor, several=len(factors) > 1) for factor in factors]
    if not writer.fit.linear:
        return [*lines, _of_outcome(writer)]
    variance = r"\sigma^{2}"
    if writer.fit.weights is not None:
        variance += " / " + writer.text(writer.fit.weights, writer.places.unit)
    return [*lines, rf"{writer.residual} \sim N(0, {variance})"]


def _of_outcome(writer: EquationWriter) -> str:
    """Return the distribution of the outcome of a generalized model given the random effects."""
    fit, unit, mean = writer.fit, writer.places.unit, writer.mean
    outcome = writer.text(events_of(fit.outcome), unit)
    if fit.event is not None:
        return rf"P({outcome} = {writer.text(fit.event, '')}) = {mean}".replace("}_{}", "}")
    trials = f"n_{{{unit}}}" if fit.trials is None else writer.text(fit.trials, unit)
    name, parameters = DISTRIBUTIONS[fit.family]
    if fit.trials is None and not fit.outcome.startswith("cbind("):
        name, parameters = OF_ONE_TRIAL.get(fit.family, (name, parameters))
    arguments = parameters.format(trials=trials, mean=mean)
    return rf"{outcome} \sim \text{{{name}}}({arguments})"


def _distribution(factor: FactorIndex, *, several: bool) -> str:
    effects = factor.effects
    mark = f"^{{({factor.letter})}}" if several else ""
    if len(effects) == 1:
        variance = _tau(effects[0], effects[0], mark)
        return rf"{random_effect(factor, effects[0])} \sim N(0, {variance})"
    if len(effects) > LARGEST_MATRIX:
        zero, matrix = r"\mathbf{0}", rf"\mathbf{{T}}{mark}"
        return rf"\mathbf{{{factor.deviation}}}_{{{factor.index}}} \sim N({zero}, {matrix})"
    vector = _matrix([[random_effect(factor, effect)] for effect in effects])
    zeros = _matrix([["0"] for _ in effects])
    matrix = _matrix([[_tau(a, b, mark) for b in effects] for a in effects])
    return rf"{vector} \sim N\left({zeros},\; {matrix}\right)"


def _tau(a: Effect, b: Effect, mark: str) -> str:
    """Return the symbol of a variance or covariance; 0 for effects of different terms."""
    if a.term != b.term:
        return "0"
    low, high = sorted((a.number, b.number))
    comma = "," if high > 9 else ""
    return rf"\tau_{{{low}{comma}{high}}}{mark}"


def _matrix(rows: list[list[str]]) -> str:
    body = r" \\ ".join(" & ".join(cells) for cells in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
