"""Which slopes, means and contrasts a spec asks for on one rung."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from mlm_steps.design import Formula
from mlm_steps.design.coefficient_words import CoefficientWords, named_columns
from mlm_steps.design.expressions import columns_of
from mlm_steps.design.linear import Linear, linear_text, parse_linear
from mlm_steps.design.matrices import Design
from mlm_steps.design.predictors import Predictor, Predictors, PredictorValue
from mlm_steps.errors import FormulaError
from mlm_steps.spec import PipelineSpec
from mlm_steps.spec.contrasts import ContrastSpec
from mlm_steps.spec.means import MeanSpec
from mlm_steps.spec.slopes import SlopeSpec
from mlm_steps.steps.run.levels import HierarchyLevel

__all__ = [
    "Wanted",
    "Words",
    "contrasted_columns",
    "cross_level_pairs",
    "linears",
    "value_of",
    "wanted_on",
]

Words = Mapping[str, Sequence[str]]
"""For each word of a spec, the names of the coefficients that it may mean."""

MOST_LEVELS = 30
"""Largest number of levels, or of combinations of levels, whose means are estimated by default.

30 means have 435 differences; more take long to adjust, and nobody reads them.
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The contrasts, slopes and means that are computed for one rung.

    Attributes
    ----------
    contrasts : tuple of (str, tuple of Linear)
        Name and hypotheses.
    slopes : tuple of (SlopeSpec, bool)
        Pairs of predictors, and whether the spec names the pair.
    means : tuple of MeanSpec
    sizes : bool
        Whether the rung has effect sizes that the spec asks for.
    """

    contrasts: tuple[tuple[str, tuple[Linear, ...]], ...]
    slopes: tuple[tuple[SlopeSpec, bool], ...]
    means: tuple[MeanSpec, ...]
    sizes: bool


def wanted_on(
    spec: PipelineSpec,
    predictors: Predictors,
    levels: Mapping[str, HierarchyLevel],
    coefficients: CoefficientWords,
) -> Wanted:
    """Return the contrasts, slopes and means of one rung.

    Parameters
    ----------
    spec : PipelineSpec
    predictors : Predictors
        The predictors of the rung.
    levels : mapping
        The level of each data column.
    coefficients : CoefficientWords
        The coefficients of all rungs.
    """
    there = coefficients.columns(predictors.design)
    contrasts = []
    for contrast in spec.contrasts:
        hypotheses = _parsed(contrast, coefficients.words)
        if hypotheses and all(set(each.weights) <= set(there) for each in hypotheses):
            contrasts.append((contrast.name, tuple(_on_columns(each, there) for each in hypotheses)))
    sizes = spec.effects.standardized != "none" or any(
        each.factor in predictors.by_name for each in spec.effects.differences
    )
    return Wanted(tuple(contrasts), _slopes(spec, predictors, levels), _means(spec, predictors), sizes)


def contrasted_columns(spec: PipelineSpec, design: Design) -> tuple[str, ...]:
    """Return the columns of a rung that occur in the contrasts of the spec."""
    coefficients = CoefficientWords([named_columns(design)])
    there = coefficients.columns(design)
    words = [
        name
        for contrast in spec.contrasts
        for each in _parsed(contrast, coefficients.words)
        for name in each.weights
    ]
    return tuple(dict.fromkeys(there[word] for word in words if word in there))


def linears(contrast: ContrastSpec, words: Words) -> tuple[Linear, ...]:
    """Return the hypotheses of a contrast, in terms of the names of coefficients.

    FormulaError is raised if a hypothesis cannot be read. Each word of ``weights`` must name exactly one
    coefficient.
    """
    if contrast.weights is None:
        return tuple(parse_linear(text, (), words) for text in contrast.hypothesis)
    weights = {words[word][0]: weight for word, weight in contrast.weights.items() if weight}
    return (Linear(linear_text(weights), weights, 0.0),)


def _parsed(contrast: ContrastSpec, words: Words) -> tuple[Linear, ...]:
    """Return the hypotheses; return none if only a failed rung has their coefficients."""
    if not set(contrast.weights or ()) <= set(words):
        return ()
    try:
        return linears(contrast, words)
    except FormulaError:
        return ()


def _on_columns(hypothesis: Linear, columns: Mapping[str, str]) -> Linear:
    """Return a hypothesis in terms of the columns of one rung."""
    return replace(hypothesis, weights={columns[name]: w for name, w in hypothesis.weights.items()})


def _slopes(
    spec: PipelineSpec, predictors: Predictors, levels: Mapping[str, HierarchyLevel]
) -> tuple[tuple[SlopeSpec, bool], ...]:
    declared = {
        (each.focal, each.moderator): each
        for each in spec.slopes
        if each.moderator in predictors.by_name and each.moderator in predictors.partners(each.focal)
    }
    automatic = [
        SlopeSpec(focal=focal, moderator=moderator)
        for focal, moderator in cross_level_pairs(predictors.formula, levels)
        if (focal, moderator) not in declared
    ]
    return (*((each, False) for each in automatic), *((each, True) for each in declared.values()))


def cross_level_pairs(formula: Formula, levels: Mapping[str, HierarchyLevel]) -> tuple[tuple[str, str], ...]:
    """Return the focal predictor (lower level) and the moderator (higher level) of each cross-level term.

    A variable that consists of several columns is neither, since it has no single level.
    """
    fixed = formula.fixed
    columns = [tuple(dict.fromkeys(name.name for name in columns_of(v))) for v in fixed.variables]
    pairs: dict[tuple[str, str], None] = {}
    for term in fixed.terms:
        names = [columns[i][0] for i in term if len(columns[i]) == 1]
        ranks = {name: levels.get(name, "1") for name in names}
        lowest = min(ranks.values(), default="1")
        for focal in (name for name in names if ranks[name] == lowest):
            pairs |= {(focal, other): None for other in names if ranks[other] > lowest}
    return tuple(pairs)


def _means(spec: PipelineSpec, predictors: Predictors) -> tuple[MeanSpec, ...]:
    by_name = predictors.by_name
    if spec.means == "none":
        return ()
    if spec.means == "auto":
        single = [name for name, each in by_name.items() if _has_few_levels(each)]
        return tuple(MeanSpec(of=names) for names in (*((name,) for name in single), *_cells(predictors)))
    return tuple(
        each
        for each in spec.means
        if all(name in by_name and by_name[name].levels for name in (*each.of, *each.by))
    )


def _has_few_levels(predictor: Predictor) -> bool:
    return predictor.category and 2 <= len(predictor.levels) <= MOST_LEVELS


def _cells(predictors: Predictors) -> tuple[tuple[str, ...], ...]:
    """Return the factors of each interaction of factors alone that no other such interaction contains.

    Their cells are the answer of a factorial design, where the means of one factor average over the others.
    """
    fixed, by_name = predictors.formula.fixed, predictors.by_name
    columns = [tuple(dict.fromkeys(name.name for name in columns_of(v))) for v in fixed.variables]
    products: dict[tuple[str, ...], None] = {}
    for term in fixed.terms:
        names = tuple(dict.fromkeys(name for index in term for name in columns[index]))
        known = all(name in by_name and _has_few_levels(by_name[name]) for name in names)
        cells = prod(len(by_name[name].levels) for name in names) if known else 0
        if len(names) > 1 and 0 < cells <= MOST_LEVELS:
            products[names] = None
    return tuple(own for own in products if not any(set(own) < set(other) for other in products))


def value_of(predictor: Predictor, text: str) -> PredictorValue:
    """Return the value of a predictor that a text of the spec denotes; raise ValueError if invalid."""
    if predictor.category and isinstance(predictor.levels[0], str):
        if text not in predictor.levels:
            raise ValueError(text)
        return text
    value = float(text)
    if predictor.category and value not in predictor.levels:
        raise ValueError(text)
    return value
