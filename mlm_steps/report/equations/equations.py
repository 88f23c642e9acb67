"""Equations of a rung: by level, substituted, combined and with its estimates (statistics, section 17)."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import DataProfile, FitRecord
from mlm_steps.report.equations.distributions import distribution_lines
from mlm_steps.report.equations.equation import Equation, EquationBlock, number_place
from mlm_steps.report.equations.levels import hierarchy
from mlm_steps.report.equations.writer import EquationWriter, times, total
from mlm_steps.report.text.facts import CoefficientFacts
from mlm_steps.report.text.notation import MINUS
from mlm_steps.report.text.text import Number

__all__ = ["changed_equations", "equations", "estimated_equation"]

SHORT_SUM = 4
"""An equation with at most this many terms fits on one line."""
LONGEST_LINE = 6
"""A line of a longer equation has at most this many terms."""
COMBINED = "Combined"
SUBSTITUTED = "Upper levels substituted into level 1"
DERIVED = (SUBSTITUTED, COMBINED)
"""Blocks that follow from those of the levels."""


def equations(
    fit: FitRecord, profile: DataProfile, offsets: tuple[str, ...] = ()
) -> tuple[EquationBlock, ...]:
    """Return the equations of a rung.

    One block per level, then the upper levels substituted into level 1, the products multiplied out, and the
    distributions. A model without coefficients that vary or depend on predictors has nothing to substitute.
    """
    writer = EquationWriter(fit, hierarchy(fit, profile), offsets)
    deep = writer.places.depth == 3
    levels = _three_levels(writer) if deep else _two_levels(writer)
    substituted = _substituted(writer, deep=deep)
    return (
        *levels,
        *((EquationBlock(SUBSTITUTED, writer.finish([substituted])),) if substituted else ()),
        EquationBlock(COMBINED, writer.finish([_combined(writer)])),
        EquationBlock("Distributions", writer.finish(distribution_lines(writer))),
    )


def changed_equations(
    blocks: tuple[EquationBlock, ...], before: tuple[EquationBlock, ...]
) -> tuple[EquationBlock, ...]:
    """Return the equations of a rung that differ from those of the rung before, without those derived."""
    known = {equation.latex for block in before for equation in block.equations}
    changed = (
        EquationBlock(block.title, tuple(one for one in block.equations if one.latex not in known))
        for block in blocks
        if block.title not in DERIVED
    )
    return tuple(block for block in changed if block.equations)


def estimated_equation(fit: FitRecord, profile: DataProfile, offsets: tuple[str, ...] = ()) -> Equation:
    """Return the combined equation with the estimates of the fixed effects in place of their symbols."""
    writer = EquationWriter(fit, hierarchy(fit, profile), offsets)
    numbers: list[Number] = []
    fixed = writer.offset()
    for place, coefficient in sorted(writer.places.coefficients.items()):
        estimate = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha).estimate
        if estimate is None:
            continue
        size = Number(estimate.text.lstrip(MINUS), estimate.source)
        sign = "-" if size.text != estimate.text else ""
        fixed.append(
            sign + times(number_place(len(numbers)), writer.product(writer.places.regressors(place)))
        )
        numbers.append(size)
    return writer.finish([_in_lines(writer, fixed)], tuple(numbers))[0]


def _level_1(writer: EquationWriter, letter: str, index: str) -> str:
    terms = writer.offset()
    for p in writer.slopes():
        terms.append(times(rf"\{letter}_{{{p}{index}}}", writer.predictor(0, p)))
    return f"{writer.outcome} = {total([*terms, *writer.rest])}"


def _two_levels(writer: EquationWriter) -> tuple[EquationBlock, ...]:
    group = writer.places.group_index
    first = writer.finish([_level_1(writer, "beta", group)])
    second = [rf"\beta_{{{p}{group}}} = {total(writer.level_2_terms(p))}" for p in writer.slopes()]
    return EquationBlock("Level 1", first), EquationBlock("Level 2", writer.finish(second))


def _three_levels(writer: EquationWriter) -> tuple[EquationBlock, ...]:
    inner, outer = writer.places.group_index, writer.places.outer_index
    first = writer.finish([_level_1(writer, "pi", inner)])
    second = [rf"\pi_{{{p}{inner}}} = {total(_middle(writer, p, outer))}" for p in writer.slopes()]
    third = [
        rf"\beta_{{{pair[0]}{pair[1]}{outer}}} = {total(writer.top_terms(pair))}" for pair in writer.pairs()
    ]
    return (
        EquationBlock("Level 1", first),
        EquationBlock("Level 2", writer.finish(second)),
        EquationBlock("Level 3", writer.finish(third)),
    )


def _middle(writer: EquationWriter, p: int, outer: str) -> list[str]:
    """Return the terms of a level-1 coefficient: level-2 coefficients and random effects of level 2."""
    terms = [
        times(rf"\beta_{{{p}{q}{outer}}}", writer.predictor(1, q))
        for slope, q in writer.pairs()
        if slope == p
    ]
    return terms + writer.middle_deviations(p)


def _substituted(writer: EquationWriter, *, deep: bool) -> tuple[str, ...]:
    """Return level 1 with the equations of the upper levels in place of its coefficients."""
    slopes = writer.slopes()
    own = [_substituted_middle(writer, p) if deep else writer.level_2_terms(p) for p in slopes]
    if len(own) == 1 and not deep:
        return ()
    brackets = "[]" if deep else "()"
    sums = [
        times(_bracket(terms, brackets), writer.predictor(0, p)) for p, terms in zip(slopes, own, strict=True)
    ]
    several = [text for text, terms in zip(sums[1:], own[1:], strict=True) if len(terms) > 1]
    single = [text for text, terms in zip(sums[1:], own[1:], strict=True) if len(terms) == 1]
    first = total([*writer.offset(), sums[0]])
    whole = f"{writer.outcome} = {total([first, *several, *single, *writer.rest])}"
    if whole.count(" + ") <= SHORT_SUM:
        return (whole,)
    lines = [f"{writer.outcome} = {first}", *(rf"\qquad + {one}" for one in several)]
    if not single:
        return (*lines[:-1], total([lines[-1], *writer.rest]))
    return (*lines, *(rf"\qquad {part}" for part in _parts([*single, *writer.rest])))


def _substituted_middle(writer: EquationWriter, p: int) -> list[str]:
    """Return the terms of a level-1 coefficient with those of level 3 in place of the level-2 ones."""
    own = [pair for pair in writer.pairs() if pair[0] == p]
    terms = [times(_bracket(writer.top_terms(pair), "()"), writer.predictor(1, pair[1])) for pair in own]
    return terms + writer.middle_deviations(p)


def _bracket(terms: list[str], brackets: str) -> str:
    return terms[0] if len(terms) == 1 else f"{brackets[0]}{total(terms)}{brackets[1]}"


def _combined(writer: EquationWriter) -> tuple[str, ...]:
    return _in_lines(writer, [*writer.offset(), *writer.fixed_terms(())])


def _in_lines(writer: EquationWriter, fixed: list[str]) -> tuple[str, ...]:
    """Return the combined equation; one of many terms has lines of its own for the random part."""
    random = writer.deviations(lambda *_: True, skip=0)
    if len(fixed) + len(random) <= SHORT_SUM:
        return (f"{writer.outcome} = {total([*fixed, *random, *writer.rest])}",)
    head, *tail = [*_parts(fixed or ["0"]), *_parts([*random, *writer.rest])]
    return (
        f"{writer.outcome} = {head.removeprefix('+ ')}",
        *(rf"\qquad {line}" for line in tail),
    )


def _parts(terms: list[str]) -> list[str]:
    """Return a sum in parts that fit on a line, each with its leading sign."""
    starts = range(0, len(terms), LONGEST_LINE)
    return [_signed(terms[start : start + LONGEST_LINE]) for start in starts]


def _signed(terms: Sequence[str]) -> str:
    """Return a sum that starts with its sign."""
    return " ".join(f"- {term[1:]}" if term.startswith("-") else f"+ {term}" for term in terms)
