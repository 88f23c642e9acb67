"""Equations of a rung by level and combined, in LaTeX and as MathML made from it (statistics, section 17)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import unescape

from markupsafe import Markup, escape

from mlm_steps.records import DataProfile, FitRecord
from mlm_steps.report.equations.levels import Effect, FactorIndex, Hierarchy, IndexedPredictor, hierarchy
from mlm_steps.report.text.names import events_of
from mlm_steps.report.text.text import clean

__all__ = ["Equation", "EquationBlock", "equations", "latex_escape"]

SHORT_SUM = 4
"""A combined equation with at most this many terms fits on one line."""
LARGEST_MATRIX = 5
"""A larger covariance matrix is written as a symbol, since its elements would not fit on a page."""
_GAMMA = re.compile(r"<msub>(<mi>&#x003B3;</mi><mrow>(.*?)</mrow></msub>)")
_TAG = re.compile("<[^>]*>")
_PLACEHOLDER = re.compile(r"QLABEL(\d+)Q")
_LATEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": r"\textasciigrave{}",
    **{character: f"\\{character}" for character in "{}$&#_%"},
}
_TILDE = ("<mi>&#x0007E;</mi>", '<mo form="infix" lspace="0.278em" rspace="0.278em">&#x0223C;</mo>')
_RESIDUAL = "R"
LINKS = {
    "logit": r"\text{{logit}}({mean})",
    "probit": r"\Phi^{{-1}}({mean})",
    "cloglog": r"\log(-\log(1 - {mean}))",
    "log": r"\log({mean})",
}
"""The link of the mean in LaTeX, by its word in the spec."""
DISTRIBUTIONS = {
    "binomial": ("Binomial", "{trials},\\; {mean}"),
    "poisson": ("Poisson", "{mean}"),
    "negative_binomial": ("NB", r"{mean},\; \phi"),
    "gamma": ("Gamma", r"{mean},\; \nu"),
}
"""Name and parameters of the distribution of the outcome, by the family."""
OF_ONE_TRIAL = {"binomial": ("Bernoulli", "{mean}")}
"""The same for outcomes of single trials."""


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation.

    Attributes
    ----------
    lines : tuple of str
        LaTeX with placeholders for labels, which are escaped for the format when they are filled in.
    labels : tuple of str
        The labels that fill the placeholders.
    terms : mapping of str to str
        The column of the coefficient of each symbol, such as ``γ10``; the page marks it in equations,
        tables and figures at once.
    """

    lines: tuple[str, ...]
    labels: tuple[str, ...]
    terms: Mapping[str, str] = field(default_factory=dict)

    @property
    def latex(self) -> str:
        """LaTeX source."""
        return self._fill(" \\\\\n".join(self.lines), latex_escape)

    @property
    def source(self) -> Markup:
        """LaTeX source for a fenced code block, in which nothing needs escaping."""
        return Markup(self.latex)  # noqa: S704 (one line without a fence: see latex_escape)

    @property
    def mathml(self) -> tuple[Markup, ...]:
        """One ``math`` element per line."""
        from latex2mathml.converter import convert

        converted = (self._marked(_spaced(convert(line, display="block"))) for line in self.lines)
        filled = [self._fill(line, lambda text: str(escape(clean(text)))) for line in converted]
        return tuple(Markup(line) for line in filled)  # noqa: S704 (labels are escaped)

    def _marked(self, mathml: str) -> str:
        """Return MathML in which each symbol of a coefficient names the coefficient's column."""

        def mark(symbol: re.Match[str]) -> str:
            column = self.terms.get("γ" + unescape(_TAG.sub("", symbol[2])))
            name = "" if column is None else f' data-term="{escape(clean(column))}"'
            return f"<msub{name}>{symbol[1]}"

        return _GAMMA.sub(mark, mathml)

    def _fill(self, text: str, form: Callable[[str], str]) -> str:
        return _PLACEHOLDER.sub(lambda match: form(self.labels[int(match[1])]), text)


@dataclass(frozen=True, slots=True)
class EquationBlock:
    """Equations under one title, such as those of level 2."""

    title: str
    equations: tuple[Equation, ...]


def _spaced(mathml: str) -> str:
    """Return MathML in which the tilde is an infix operator with space around it."""
    return mathml.replace(*_TILDE)


def latex_escape(text: str) -> str:
    r"""Return text for LaTeX's text mode.

    Examples
    --------
    >>> latex_escape(r"ses_w & \x")
    'ses\\_w \\& \\textbackslash{}x'
    """
    return "".join(_LATEX_SPECIAL.get(character, character) for character in clean(text))


def equations(
    fit: FitRecord, profile: DataProfile, offsets: tuple[str, ...] = ()
) -> tuple[EquationBlock, ...]:
    """Return the equations of a rung: one block per level, the distributions, and the combined equation."""
    writer = _Writer(fit, hierarchy(fit, profile), offsets)
    return writer.blocks()


class _Writer:
    """Writes the equations of one fit."""

    def __init__(self, fit: FitRecord, places: Hierarchy, offsets: tuple[str, ...]) -> None:
        self._fit = fit
        self._places = places
        self._offsets = offsets
        self._labels: list[str] = []
        self._several = len(places.factors) > 1

    def blocks(self) -> tuple[EquationBlock, ...]:
        levels = self._three_levels() if self._places.depth == 3 else self._two_levels()
        return (
            *levels,
            EquationBlock("Distributions", self._finish(self._distributions())),
            EquationBlock("Combined", self._finish([self._combined()])),
        )

    def _finish(self, lines: Iterable[str | tuple[str, ...]]) -> tuple[Equation, ...]:
        labels = tuple(self._labels)
        terms = {c.symbol: c.column for c in self._fit.coefficients}
        return tuple(Equation(line if isinstance(line, tuple) else (line,), labels, terms) for line in lines)

    def _text(self, text: str, index: str) -> str:
        self._labels.append(text)
        return rf"\text{{QLABEL{len(self._labels) - 1}Q}}_{{{index}}}"

    def _product(self, predictors: Iterable[IndexedPredictor]) -> str:
        return r" \times ".join(
            self._text(text, predictor.index) for predictor in predictors for text in predictor.texts
        )

    @property
    def _outcome(self) -> str:
        """The outcome of a linear model, else the link of its mean."""
        if self._fit.linear:
            return self._text(self._fit.outcome, self._places.unit)
        return LINKS[self._fit.link].format(mean=self._mean)

    @property
    def _mean(self) -> str:
        return rf"\mu_{{{self._places.unit}}}"

    @property
    def _residual(self) -> str:
        return f"{_RESIDUAL}_{{{self._places.unit}}}"

    @property
    def _rest(self) -> list[str]:
        """The residual of a linear model."""
        return [self._residual] if self._fit.linear else []

    def _offset(self) -> list[str]:
        return [self._text(text, self._places.unit) for text in self._offsets]

    def _slopes(self) -> list[int]:
        """Return the level-1 indices, 0 first."""
        fixed = {place[0] for place in self._places.coefficients}
        random = {effect.place[0] for factor in self._places.factors for effect in factor.effects}
        return sorted(fixed | random)

    def _level_1(self, letter: str, index: str) -> str:
        terms = self._offset()
        for p in self._slopes():
            coefficient = rf"\{letter}_{{{p}{index}}}"
            predictors = [self._places.predictors[0][p]] if p else []
            terms.append(_times(coefficient, self._product(predictors)))
        return f"{self._outcome} = {_sum([*terms, *self._rest])}"

    def _two_levels(self) -> tuple[EquationBlock, ...]:
        group = self._places.group_index
        first = self._finish([self._level_1("beta", group)])
        second = self._finish([self._level_2(p, group) for p in self._slopes()])
        return EquationBlock("Level 1", first), EquationBlock("Level 2", second)

    def _level_2(self, p: int, group: str) -> str:
        terms = [
            _times(_gamma(place), self._product(self._places.regressors((0, *place[1:]))))
            for place in sorted(self._places.coefficients)
            if place[0] == p
        ]
        terms += self._deviations(lambda _, effect: effect.place[0] == p, skip=1)
        return rf"\beta_{{{p}{group}}} = {_sum(terms)}"

    def _three_levels(self) -> tuple[EquationBlock, ...]:
        inner, outer = self._places.group_index, self._places.outer_index
        pairs = self._pairs()
        first = self._finish([self._level_1("pi", inner)])
        second = self._finish(
            [self._middle(p, [q for slope, q in pairs if slope == p], inner, outer) for p in self._slopes()]
        )
        third = self._finish([self._top(pair, outer) for pair in pairs])
        return (
            EquationBlock("Level 1", first),
            EquationBlock("Level 2", second),
            EquationBlock("Level 3", third),
        )

    def _pairs(self) -> list[tuple[int, int]]:
        """Return the indices of the level-2 coefficients."""
        fixed = {place[:2] for place in self._places.coefficients}
        random = {
            effect.place[:2]
            for factor in self._places.factors
            if not factor.inner
            for effect in factor.effects
        }
        return sorted((pair[0], pair[1]) for pair in fixed | random)

    def _middle(self, p: int, qs: list[int], inner: str, outer: str) -> str:
        terms = [
            _times(rf"\beta_{{{p}{q}{outer}}}", self._product([self._places.predictors[1][q]] if q else []))
            for q in qs
        ]
        terms += self._deviations(lambda factor, effect: factor.inner and effect.place[0] == p, skip=1)
        return rf"\pi_{{{p}{inner}}} = {_sum(terms)}"

    def _top(self, pair: tuple[int, int], outer: str) -> str:
        terms = [
            _times(_gamma(place), self._product(self._places.regressors((0, 0, *place[2:]))))
            for place in sorted(self._places.coefficients)
            if place[:2] == pair
        ]
        terms += self._deviations(
            lambda factor, effect: not factor.inner and effect.place[:2] == pair, skip=2
        )
        return rf"\beta_{{{pair[0]}{pair[1]}{outer}}} = {_sum(terms)}"

    def _deviations(self, wanted: Callable[[FactorIndex, Effect], bool], skip: int) -> list[str]:
        """Return the wanted random effects, each multiplied by its regressors above ``skip`` levels."""
        found = []
        for factor in self._places.factors:
            for effect in factor.effects:
                if wanted(factor, effect):
                    above = (*(0,) * skip, *effect.place[skip:])
                    found.append(
                        _times(_deviation(factor, effect), self._product(self._places.regressors(above)))
                    )
        return found

    def _combined(self) -> tuple[str, ...]:
        fixed = self._offset() + [
            _times(_gamma(place), self._product(self._places.regressors(place)))
            for place in sorted(self._places.coefficients)
        ]
        random = self._deviations(lambda *_: True, skip=0)
        if len(fixed) + len(random) <= SHORT_SUM:
            return (f"{self._outcome} = {_sum([*fixed, *random, *self._rest])}",)
        return (
            f"{self._outcome} = {_sum(fixed)}",
            rf"\qquad + {_sum([*random, *self._rest])}",
        )

    def _distributions(self) -> list[str]:
        lines = [self._distribution(factor) for factor in self._places.factors]
        if not self._fit.linear:
            return [*lines, self._of_outcome()]
        variance = r"\sigma^{2}"
        if self._fit.weights is not None:
            variance += " / " + self._text(self._fit.weights, self._places.unit)
        return [*lines, rf"{self._residual} \sim N(0, {variance})"]

    def _of_outcome(self) -> str:
        """Return the distribution of the outcome of a generalized model given the random effects."""
        fit, unit = self._fit, self._places.unit
        outcome = self._text(events_of(fit.outcome), unit)
        if fit.event is not None:
            return rf"P({outcome} = {self._text(fit.event, '')}) = {self._mean}".replace("}_{}", "}")
        trials = f"n_{{{unit}}}" if fit.trials is None else self._text(fit.trials, unit)
        name, parameters = DISTRIBUTIONS[fit.family]
        if fit.trials is None and not fit.outcome.startswith("cbind("):
            name, parameters = OF_ONE_TRIAL.get(fit.family, (name, parameters))
        arguments = parameters.format(trials=trials, mean=self._mean)
        return rf"{outcome} \sim \text{{{name}}}({arguments})"

    def _distribution(self, factor: FactorIndex) -> str:
        effects = factor.effects
        mark = f"^{{({factor.letter})}}" if self._several else ""
        if len(effects) == 1:
            variance = _tau(effects[0], effects[0], mark)
            return rf"{_deviation(factor, effects[0])} \sim N(0, {variance})"
        if len(effects) > LARGEST_MATRIX:
            zero, matrix = r"\mathbf{0}", rf"\mathbf{{T}}{mark}"
            return rf"\mathbf{{{factor.deviation}}}_{{{factor.index}}} \sim N({zero}, {matrix})"
        vector = _matrix([[_deviation(factor, effect)] for effect in effects])
        zeros = _matrix([["0"] for _ in effects])
        matrix = _matrix([[_tau(a, b, mark) for b in effects] for a in effects])
        return rf"{vector} \sim N\left({zeros},\; {matrix}\right)"


def _deviation(factor: FactorIndex, effect: Effect) -> str:
    return f"{factor.deviation}_{{{effect.number}{factor.index}}}"


def _tau(a: Effect, b: Effect, mark: str) -> str:
    """Return the symbol of a variance or covariance; 0 for effects of different terms."""
    if a.term != b.term:
        return "0"
    low, high = sorted((a.number, b.number))
    comma = "," if high > 9 else ""
    return rf"\tau_{{{low}{comma}{high}}}{mark}"


def _gamma(place: tuple[int, ...]) -> str:
    comma = "," if max(place) > 9 else ""
    return rf"\gamma_{{{comma.join(map(str, place))}}}"


def _times(coefficient: str, regressors: str) -> str:
    return rf"{coefficient}\,{regressors}" if regressors else coefficient


def _sum(terms: list[str]) -> str:
    return " + ".join(terms) if terms else "0"


def _matrix(rows: list[list[str]]) -> str:
    body = r" \\ ".join(" & ".join(cells) for cells in rows)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
