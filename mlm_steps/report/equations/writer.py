"""The terms of the level equations of one fit in LaTeX (statistics, section 17)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mlm_steps.records import FitRecord
from mlm_steps.report.equations.equation import Equation, label_place
from mlm_steps.report.equations.levels import Effect, FactorIndex, Hierarchy, IndexedPredictor
from mlm_steps.report.text.text import Number

__all__ = ["EquationWriter", "gamma", "random_effect", "times", "total"]

LINKS = {
    "logit": r"\text{{logit}}({mean})",
    "probit": r"\Phi^{{-1}}({mean})",
    "cloglog": r"\log(-\log(1 - {mean}))",
    "log": r"\log({mean})",
}
"""The link of the mean in LaTeX, by its word in the spec."""


class EquationWriter:
    """Writes the terms of the equations of one fit.

    Parameters
    ----------
    fit : FitRecord
    places : Hierarchy
        The indices of its coefficients, predictors and random effects.
    offsets : tuple of str
    """

    def __init__(self, fit: FitRecord, places: Hierarchy, offsets: tuple[str, ...]) -> None:
        self.fit = fit
        self.places = places
        self._offsets = offsets
        self._labels: list[str] = []

    def finish(
        self, lines: Iterable[str | tuple[str, ...]], numbers: tuple[Number, ...] = ()
    ) -> tuple[Equation, ...]:
        """Return equations with the labels that they name; a tuple is one equation on several lines."""
        texts = [line if isinstance(line, tuple) else (line,) for line in lines]
        labels = tuple(self._labels)
        columns = {indices(place): c.column for place, c in self.places.coefficients.items()}
        return tuple(Equation(text, labels, numbers, columns) for text in texts)

    def text(self, text: str, index: str) -> str:
        """Return the name of a variable with an index."""
        self._labels.append(text)
        return label_place(len(self._labels) - 1, index)

    def product(self, predictors: Iterable[IndexedPredictor]) -> str:
        """Return the product of predictors; empty without any."""
        return r" \times ".join(
            self.text(text, predictor.index) for predictor in predictors for text in predictor.texts
        )

    @property
    def outcome(self) -> str:
        """The outcome of a linear model, else the link of its mean."""
        if self.fit.linear:
            return self.text(self.fit.outcome, self.places.unit)
        return LINKS[self.fit.link].format(mean=self.mean)

    @property
    def mean(self) -> str:
        """The mean of the outcome of one observation."""
        return rf"\mu_{{{self.places.unit}}}"

    @property
    def residual(self) -> str:
        """The residual of one observation."""
        return f"R_{{{self.places.unit}}}"

    @property
    def rest(self) -> list[str]:
        """The residual of a linear model; other models have none."""
        return [self.residual] if self.fit.linear else []

    def offset(self) -> list[str]:
        """Return the offsets."""
        return [self.text(text, self.places.unit) for text in self._offsets]

    def slopes(self) -> list[int]:
        """Return the level-1 indices, 0 first."""
        fixed = {place[0] for place in self.places.coefficients}
        random = {effect.place[0] for factor in self.places.factors for effect in factor.effects}
        return sorted(fixed | random)

    def pairs(self) -> list[tuple[int, int]]:
        """Return the indices of the level-2 coefficients of a model with three levels."""
        fixed = {place[:2] for place in self.places.coefficients}
        random = {
            effect.place[:2]
            for factor in self.places.factors
            if not factor.inner
            for effect in factor.effects
        }
        return sorted((pair[0], pair[1]) for pair in fixed | random)

    def predictor(self, level: int, index: int) -> str:
        """Return the predictor of a level with this index; empty for index 0."""
        return self.product([self.places.predictors[level][index]] if index else [])

    def fixed_terms(self, prefix: tuple[int, ...]) -> list[str]:
        """Return the fixed effects whose first indices these are, times the predictors of higher levels."""
        skip = len(prefix)
        return [
            times(gamma(place), self.product(self.places.regressors((*(0,) * skip, *place[skip:]))))
            for place in sorted(self.places.coefficients)
            if place[:skip] == prefix
        ]

    def deviations(self, wanted: Callable[[FactorIndex, Effect], bool], skip: int) -> list[str]:
        """Return the wanted random effects, each multiplied by its regressors above ``skip`` levels."""
        found = []
        for factor in self.places.factors:
            for effect in factor.effects:
                if wanted(factor, effect):
                    above = (*(0,) * skip, *effect.place[skip:])
                    regressors = self.product(self.places.regressors(above))
                    found.append(times(random_effect(factor, effect), regressors))
        return found

    def level_2_terms(self, p: int) -> list[str]:
        """Return the terms of the level-1 coefficient with this index, of a model with two levels."""
        return [*self.fixed_terms((p,)), *self.deviations(lambda _, effect: effect.place[0] == p, skip=1)]

    def middle_deviations(self, p: int) -> list[str]:
        """Return the random effects at level 2 of a level-1 coefficient of a model with three levels."""
        return self.deviations(lambda factor, effect: factor.inner and effect.place[0] == p, skip=1)

    def top_terms(self, pair: tuple[int, int]) -> list[str]:
        """Return the terms of a level-2 coefficient of a model with three levels."""
        return [
            *self.fixed_terms(pair),
            *self.deviations(lambda factor, effect: not factor.inner and effect.place[:2] == pair, skip=2),
        ]


def random_effect(factor: FactorIndex, effect: Effect) -> str:
    """Return the symbol of a random effect."""
    return f"{factor.deviation}_{{{effect.number}{factor.index}}}"


def gamma(place: tuple[int, ...]) -> str:
    """Return the symbol of a fixed effect."""
    return rf"\gamma_{{{indices(place)}}}"


def indices(place: tuple[int, ...]) -> str:
    """Return the indices of a fixed effect as they are written."""
    return ("," if max(place) > 9 else "").join(map(str, place))


def times(coefficient: str, regressors: str) -> str:
    """Return a coefficient times its regressors."""
    return rf"{coefficient}\,{regressors}" if regressors else coefficient


def total(terms: list[str]) -> str:
    """Return a sum of terms."""
    return " + ".join(terms).replace("+ -", "- ") if terms else "0"
