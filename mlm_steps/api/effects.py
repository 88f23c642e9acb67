"""What the coefficients of a fit mean together, as a notebook asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal

import numpy as np

from mlm_steps.api.arguments import checked, given, kind_of, mapping, optional, real, truth
from mlm_steps.api.readings import Contrast, Means, Regions, Slopes
from mlm_steps.api.testing import FitTests
from mlm_steps.design.cells import cell_names
from mlm_steps.design.coefficient_words import CoefficientWords, named_columns
from mlm_steps.design.deparse import format_label
from mlm_steps.design.linear import Linear, linear_text, parse_linear, several_named
from mlm_steps.design.predictors import Predictor, Predictors, PredictorValue
from mlm_steps.effects import (
    ADJUSTMENTS,
    PAIRS,
    Fitted,
    contrast_test,
    factor_means,
    simple_slopes,
)
from mlm_steps.errors import Fault, UsageError, did_you_mean, listing
from mlm_steps.spec.means import settled

__all__ = ["FitEffects"]


class FitEffects(FitTests):
    """The part of ``Fit`` that reads coefficients together."""

    @cached_property
    def _fitted(self) -> Fitted:
        predictors = Predictors(self.lmm.design, self._made_from.data)
        return Fitted("fit", predictors, self.reference, self.confidence)

    def contrast(self, *hypotheses: str | Mapping[str, float]) -> Contrast:
        """Return the test of linear combinations of coefficients, jointly if there are several.

        Parameters
        ----------
        *hypotheses : str or mapping
            ``"ses - 2*sectorCatholic = 0"``, or weights per coefficient, compared with 0.

        Raises
        ------
        FormulaError, UsageError
            For what cannot be read, and for coefficients that the fit does not have.
        """
        if not hypotheses:
            raise UsageError(Fault("hypotheses", "none is given", 'for example "a - b = 0"'))
        design = self.lmm.design
        words = CoefficientWords([named_columns(design)]).words
        linears = [_linear(hypothesis, design.columns, words) for hypothesis in hypotheses]
        return Contrast(contrast_test(self._fitted, "contrast", linears))

    @checked(extrapolate=truth)
    def slopes(
        self,
        focal: str,
        moderator: str,
        *,
        at: Literal["sd", "range"] | Sequence[PredictorValue] = "sd",
        extrapolate: bool = False,
        adjust: str = "tukey",
    ) -> Slopes:
        """Return the slope of one predictor at values of another (statistics, section 11).

        Parameters
        ----------
        focal, moderator : str
            Columns among the fixed effects.
        at : {"sd", "range"} or sequence
            Of a moderator that is a number: its mean and one standard deviation to either side, over groups
            if it belongs to them; minimum, mean and maximum; or values. A category is shown at all levels,
            or at those given.
        extrapolate : bool
            Whether values beyond those observed are allowed.
        adjust : {"tukey", "mvt", "bonferroni", "holm", "sidak", "scheffe", "fdr", "none"}
            Of the differences between levels, the later less the earlier.

        Raises
        ------
        UsageError
            For a column that is no predictor, and for values that a moderator cannot have.
        """
        moderating = self._pair(focal, moderator)
        if isinstance(at, str):
            _require_word("at", at, ("sd", "range"))
        else:
            _require_values(moderating, _several("at", at), beyond=extrapolate)
        _require_word("adjust", adjust, tuple(word for word in ADJUSTMENTS if word != "dunnett"))
        return Slopes(simple_slopes(self._fitted, focal, moderator, at=at, declared=True, adjust=adjust))

    def johnson_neyman(self, focal: str, moderator: str) -> Regions:
        """Return where along a moderator the slope of a predictor differs from 0.

        Raises
        ------
        UsageError
            For a column that is no predictor, a moderator without a range, and where the slope does not
            depend on it.
        """
        moderating = self._pair(focal, moderator)
        if moderating.levels:
            what = f"{moderator} has levels and no range"
            raise UsageError(Fault("moderator", what, f'slopes("{focal}", "{moderator}") compares them'))
        if moderator not in self._fitted.predictors.partners(focal):
            raise UsageError(Fault("moderator", f"the slope of {focal} does not depend on {moderator}"))
        return Regions(simple_slopes(self._fitted, focal, moderator, declared=True))

    @checked(factor=given, at=optional(mapping))
    def means(
        self,
        factor: str | Sequence[str],
        *,
        by: str | Sequence[str] | None = None,
        at: Mapping[str, PredictorValue] | None = None,
        differences: Literal["auto", "pairwise", "control", "consecutive"] = "auto",
        control: PredictorValue | None = None,
        adjust: str = "auto",
    ) -> Means:
        """Return the expected outcome at each level of factors, and differences of these.

        Other factors are averaged with equal weights, numbers are at their mean, as emmeans does; of a factor
        that is nested in another the levels that occur within it.

        Parameters
        ----------
        factor : str or sequence of str
            Columns that are categories, that the formula makes factors, or numbers of two values. Of several,
            each combination of levels has a mean.
        by : str or sequence of str, optional
            Others: means are compared within each combination of their levels.
        at : mapping, optional
            Values at which other predictors are held instead.
        differences : {"auto", "pairwise", "control", "consecutive"}
            All pairs, the later level less the earlier; each level less a control; each less the one before.
        control : str or float, optional
            The level to compare with, of several factors as ``"lo, ctl"``; else the first.
        adjust : str
            Of the differences: ``tukey``, ``dunnett`` (of those with a control), ``mvt``, ``bonferroni``,
            ``holm``, ``sidak``, ``scheffe``, ``fdr``, ``none``; ``auto`` is the one that is exact.

        Raises
        ------
        UsageError
            For a column that is no predictor or has no levels, for values that one cannot have, and for an
            adjustment that is of other differences.
        """
        factors, others = self._mean_columns(factor, by)
        for name, value in (at or {}).items():
            _require_values(self._predictor("at", name), [value], beyond=True)
        _require_word("differences", differences, ("auto", *PAIRS))
        _require_word("adjust", adjust, ("auto", *ADJUSTMENTS))
        try:
            compared, adjust = settled(differences, adjust, has_control=control is not None)
        except ValueError as error:
            raise UsageError(Fault("adjust", str(error))) from None
        wanted = None if control is None else self._control(factors, control)
        return Means(
            factor_means(
                self._fitted, factors, by=others, at=at, compared=compared, adjust=adjust, control=wanted
            )
        )

    def _mean_columns(
        self, factor: str | Sequence[str], by: str | Sequence[str] | None
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the factors and those that they are estimated by; UsageError where one has no levels."""
        factors, others = _names("factor", factor), _names("by", by)
        for key, names in (("factor", factors), ("by", others)):
            for name in names:
                if not self._predictor(key, name).levels:
                    raise UsageError(Fault(key, f"{name} is a number of many values and has no levels"))
        if not factors:
            raise UsageError(Fault("factor", "no factor is named"))
        twice = next((name for name in others if name in factors), None)
        if twice is not None:
            raise UsageError(Fault("by", f"means of {twice} are not estimated by {twice}"))
        return factors, others

    def _control(self, factors: tuple[str, ...], control: PredictorValue) -> str:
        """Return the name of a level; UsageError where there is none of that name."""
        names = cell_names(self._fitted.predictors, factors)
        name = control if isinstance(control, str) else format_label(real("control", control))
        if name not in names:
            hint = did_you_mean(name, names) or f"the levels are {listing(names)}"
            raise UsageError(Fault("control", f"there is no level {name}", hint))
        return name

    def _pair(self, focal: str, moderator: str) -> Predictor:
        self._predictor("focal", focal)
        moderating = self._predictor("moderator", moderator)
        if focal == moderator:
            raise UsageError(Fault("moderator", f"{focal} is the focal predictor itself"))
        return moderating

    def _predictor(self, key: str, name: str) -> Predictor:
        known = self._fitted.predictors.by_name
        if not isinstance(name, str):
            raise UsageError(Fault(key, f"this is {kind_of(name)}, not the name of a predictor"))
        if name not in known:
            hint = did_you_mean(name, known) or f"the predictors are {listing(known)}"
            raise UsageError(Fault(key, f"no predictor {name}", hint))
        return known[name]


def _names(key: str, names: object) -> tuple[str, ...]:
    """Return one name or several, each once; UsageError for anything else."""
    if names is None or isinstance(names, str):
        return () if names is None else (names,)
    listed = _several(key, names)
    for name in listed:
        if not isinstance(name, str):
            raise UsageError(Fault(key, f"{kind_of(name)} is no name of a predictor"))
    return tuple(dict.fromkeys(map(str, listed)))


def _linear(
    hypothesis: str | Mapping[str, float], columns: Sequence[str], words: Mapping[str, Sequence[str]]
) -> Linear:
    known = {word: found for word, found in words.items() if len(found) > 1 or found[0] in columns}
    if isinstance(hypothesis, str):
        return parse_linear(hypothesis, columns, known)
    if not isinstance(hypothesis, Mapping):
        what = f"{kind_of(hypothesis)} is neither text nor weights per coefficient"
        raise UsageError(Fault("hypotheses", what, 'several stand side by side: contrast("a = 0", "b = 0")'))
    weights: dict[str, float] = {}
    for word, weight in hypothesis.items():
        if not isinstance(word, str):
            raise UsageError(Fault("hypotheses", f"{kind_of(word)} is no name of a coefficient"))
        if word not in known:
            hint = did_you_mean(word, columns) or f"known are {listing(columns)}"
            raise UsageError(Fault("hypotheses", f"there is no coefficient {word}", hint))
        if len(known[word]) > 1:
            raise UsageError(Fault("hypotheses", *several_named(word, known[word])))
        name = known[word][0]
        weights[name] = weights.get(name, 0.0) + real(f"hypotheses, the weight of {word}", weight)
    weights = {name: weight for name, weight in weights.items() if weight}
    if not weights:
        raise UsageError(Fault("hypotheses", "no weight differs from 0"))
    return Linear(linear_text(weights), weights, 0.0)


def _require_values(predictor: Predictor, values: Sequence[PredictorValue], *, beyond: bool) -> None:
    if not len(values):
        raise UsageError(Fault("at", "names no value"))
    for value in values:
        if not isinstance(value, str):
            real(f"at, a value of {predictor.name}", value)
        if predictor.category:
            if value not in predictor.levels:
                levels = ", ".join(map(predictor.label, predictor.levels))
                raise UsageError(Fault("at", f"{predictor.name} has no level {value}", f"it has {levels}"))
        elif isinstance(value, str):
            raise UsageError(Fault("at", f"{value} is not a number, as {predictor.name} is"))
        elif not (beyond or predictor.low <= value <= predictor.high):
            seen = f"{predictor.low:g} to {predictor.high:g}"
            what = f"{value:g} lies beyond the observed values of {predictor.name}, {seen}"
            raise UsageError(Fault("at", what, "extrapolate=True allows it"))


def _several(key: str, values: object) -> Sequence[PredictorValue]:
    """Return values in a sequence as a list; UsageError for anything else."""
    if isinstance(values, (Mapping, bytes)) or not np.iterable(values):
        raise UsageError(Fault(key, f"this is {kind_of(values)}, not a list of values"))
    return list(values)


def _require_word(key: str, word: str, known: Sequence[str]) -> None:
    if not isinstance(word, str) or word not in known:
        shown = repr(word) if isinstance(word, str) else kind_of(word)
        raise UsageError(Fault(key, f"{shown} is not one of {', '.join(known)}"))
