"""Check the contrasts, slopes and means of a spec against the designs of the rungs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlm_steps.design.cells import cell_names
from mlm_steps.design.coefficient_words import CoefficientWords, named_columns
from mlm_steps.design.linear import agree, several_named
from mlm_steps.design.predictors import Predictor, Predictors
from mlm_steps.errors import Fault, FormulaError, did_you_mean, listing
from mlm_steps.records.spelling import quote_name
from mlm_steps.spec import LoadedSpec
from mlm_steps.spec.contrasts import ContrastSpec
from mlm_steps.spec.effects import GroupDifferenceSpec
from mlm_steps.spec.means import MeanSpec
from mlm_steps.spec.slopes import SlopeSpec
from mlm_steps.steps.parts.wanted import Words, linears, value_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["effect_faults"]

MOST_LISTED = 8
"""Largest number of names that a message lists, so that it fits on two lines."""


def effect_faults(
    loaded: LoadedSpec, rungs: Mapping[str, Predictors], frame: pd.DataFrame
) -> Iterator[Fault]:
    """Yield every fault of the contrasts, slopes, means and effect sizes of a spec, with its place.

    Parameters
    ----------
    loaded : LoadedSpec
    rungs : mapping of str to Predictors
        The predictors of each rung whose design could be built, by name of the rung.
    frame : DataFrame
        The analysis sample.
    """
    spec = loaded.spec
    for i, contrast in enumerate(spec.contrasts):
        yield from _contrast_faults(loaded, ("contrasts", i), contrast, rungs)
    for i, pair in enumerate(spec.slopes):
        yield from _slope_faults(loaded, ("slopes", i), pair, list(rungs.values()))
    for i, mean in enumerate(() if isinstance(spec.means, str) else spec.means):
        yield from _mean_faults(loaded, ("means", i), mean, list(rungs.values()))
    for i, each in enumerate(spec.effects.differences):
        yield from _difference_faults(loaded, ("effects", "differences", i), each, list(rungs.values()))
        if each.pretest is not None:
            yield from _pretest_faults(loaded, ("effects", "differences", i), each.pretest, frame)


Place = tuple[str | int, ...]


def _contrast_faults(
    loaded: LoadedSpec, at: Place, contrast: ContrastSpec, rungs: Mapping[str, Predictors]
) -> Iterator[Fault]:
    designs = {name: predictors.design for name, predictors in rungs.items()}
    coefficients = CoefficientWords(named_columns(design) for design in designs.values())
    there = [set(coefficients.columns(design)) for design in designs.values()]
    known = {
        word: names
        for word, names in coefficients.words.items()
        if len(names) > 1 or any(names[0] in rung for rung in there)
    }
    dropped = {name: rung for rung, design in designs.items() for name in design.dropped}
    wrong = False
    for name in contrast.weights or ():
        fault = _word_fault(name, known, dropped)
        if fault is not None:
            wrong = True
            yield Fault(loaded.source.where(*at, "weights", name), *fault)
    for i, text in enumerate(contrast.hypothesis):
        try:
            linears(ContrastSpec(name=contrast.name, hypothesis=(text,)), known)
        except FormulaError as error:
            wrong = True
            unread = error.faults[0]
            where = _hypothesis_place(loaded, at, i, error.offset)
            yield Fault(where, unread.what, unread.hint, unread.excerpt)
    if not wrong:
        hypotheses = linears(contrast, known)
        if not agree(hypotheses):
            yield Fault(loaded.source.where(*at, "hypothesis"), "these contradict one another")
        needed = {name for each in hypotheses for name in each.weights}
        if not any(needed <= rung for rung in there):
            what = f"no rung has all of the coefficients {listing(sorted(needed))}"
            yield Fault(loaded.source.where(*at), what, "a contrast combines coefficients of one rung")


def _hypothesis_place(loaded: LoadedSpec, at: Place, i: int, offset: int) -> str:
    """Return the place of a character of a hypothesis, which may be a single text or an item of a list."""
    listed = loaded.source.place((*at, "hypothesis", i)) != loaded.source.place((*at, "hypothesis"))
    keys = (*at, "hypothesis", i) if listed or i else (*at, "hypothesis")
    return loaded.source.where(*keys, offset=offset)


def _word_fault(word: str, known: Words, dropped: Mapping[str, str]) -> tuple[str, str | None] | None:
    """Return what is wrong with a word that should name one coefficient."""
    if word in known:
        return several_named(word, known[word]) if len(known[word]) > 1 else None
    if word in dropped:
        return f"{word} was left out of {dropped[word]}: it is a combination of other columns", None
    names = dict.fromkeys(found[0] for found in known.values() if len(found) == 1)
    return f"there is no coefficient {word}", did_you_mean(word, names) or _some("known are", names)


def _slope_faults(
    loaded: LoadedSpec, at: Place, pair: SlopeSpec, rungs: Sequence[Predictors]
) -> Iterator[Fault]:
    if pair.focal == pair.moderator:
        yield Fault(loaded.source.where(*at, "moderator"), f"{pair.focal} is the focal predictor itself")
        return
    unknown = [
        (key, name)
        for key, name in (("focal", pair.focal), ("moderator", pair.moderator))
        if not _having(rungs, name)
    ]
    for key, name in unknown:
        yield Fault(loaded.source.where(*at, key), *_no_predictor(name, rungs))
    if unknown:
        return
    together = [rung for rung in _having(rungs, pair.focal) if pair.moderator in rung.partners(pair.focal)]
    if not together:
        what = f"no rung has a term in which {pair.focal} and {pair.moderator} meet"
        yield Fault(
            loaded.source.where(*at), what, f"such as {quote_name(pair.focal)}:{quote_name(pair.moderator)}"
        )
    elif not isinstance(pair.at, str):
        for i, text in enumerate(pair.at):
            wrong = _value_fault(together[-1].by_name[pair.moderator], text, beyond=pair.extrapolate)
            if wrong is not None:
                yield Fault(loaded.source.where(*at, "at", i), *wrong)


def _value_fault(predictor: Predictor, text: str, *, beyond: bool) -> tuple[str, str | None] | None:
    """Return what is wrong with a value at which a slope is to be shown."""
    labels = [predictor.label(level) for level in predictor.levels]
    try:
        value = value_of(predictor, text)
    except ValueError:
        if predictor.category:
            hint = did_you_mean(text, labels) or _some("it has", labels)
            return f"{predictor.name} has no level {text}", hint
        return f"{text} is not a number, as the values of {predictor.name} are", None
    if isinstance(value, str) or predictor.category or predictor.low <= value <= predictor.high or beyond:
        return None
    seen = f"{predictor.low:g} to {predictor.high:g}"
    return f"{text} lies beyond the observed values, {seen}", "extrapolate: true allows it"


def _mean_faults(
    loaded: LoadedSpec, at: Place, mean: MeanSpec, rungs: Sequence[Predictors]
) -> Iterator[Fault]:
    wrong = False
    for key, names in (("of", mean.of), ("by", mean.by)):
        for i, name in enumerate(names):
            for fault in _factor_faults(rungs, name):
                wrong = True
                yield Fault(_item_place(loaded, (*at, key), i), *fault)
    for i, name in enumerate(mean.by):
        if name in mean.of:
            wrong = True
            what = f"means of {name} are not estimated by {name}"
            yield Fault(_item_place(loaded, (*at, "by"), i), what)
    for name, value in mean.at.items():
        for fault in _held_faults(rungs, name, value):
            yield Fault(loaded.source.where(*at, "at", name), *fault)
    if not wrong and mean.control is not None:
        yield from _control_faults(loaded, at, mean, rungs)


def _difference_faults(
    loaded: LoadedSpec, at: Place, each: GroupDifferenceSpec, rungs: Sequence[Predictors]
) -> Iterator[Fault]:
    where, having = loaded.source.where(*at, "factor"), _having(rungs, each.factor)
    if not having:
        yield Fault(where, *_no_predictor(each.factor, rungs))
        return
    values = np.unique(having[0].by_name[each.factor].values)
    if len(values) != 2:
        what = f"{each.factor} has {len(values)} values, and a standardised difference needs two"
        yield Fault(where, what, "pairwise differences of more levels: means")


def _pretest_faults(loaded: LoadedSpec, at: Place, name: str, frame: pd.DataFrame) -> Iterator[Fault]:
    where = loaded.source.where(*at, "pretest")
    if name not in frame.columns:
        hint = did_you_mean(name, frame.columns) or _some("the columns are", list(frame.columns))
        yield Fault(where, f"there is no column {name}", hint)
    elif frame[name].dtype.kind not in "iufb":
        yield Fault(where, f"{name} is no number, and a pretest is", f"columns: {{{name}: {{type: number}}}}")


def _item_place(loaded: LoadedSpec, at: Place, i: int) -> str:
    """Return the place of an item of a list; a single item may be written without a list."""
    listed = loaded.source.place((*at, i)) != loaded.source.place(at)
    return loaded.source.where(*at, i) if listed or i else loaded.source.where(*at)


def _factor_faults(rungs: Sequence[Predictors], name: str) -> Iterator[tuple[str, str | None]]:
    having = _having(rungs, name)
    if not having:
        yield _no_predictor(name, rungs)
    elif not any(rung.by_name[name].levels for rung in having):
        what = f"{name} is a number of many values, and means are those of categories"
        yield what, f"type: category makes it one; slopes are shown of {name}"


def _held_faults(rungs: Sequence[Predictors], name: str, value: float) -> Iterator[tuple[str, str | None]]:
    having = _having(rungs, name)
    if not having:
        yield _no_predictor(name, rungs)
    elif having[0].by_name[name].category:
        yield f"{name} is a category", f"by: {name}"
    elif not any(rung.rows([{name: value}]).defined[0] for rung in having):
        yield f"a function of {name} in the formula has no value at {value:g}", None


def _control_faults(
    loaded: LoadedSpec, at: Place, mean: MeanSpec, rungs: Sequence[Predictors]
) -> Iterator[Fault]:
    having = [rung for rung in rungs if all(name in rung.by_name for name in mean.of)]
    labels = dict.fromkeys(label for rung in having for label in cell_names(rung, mean.of))
    if mean.control is not None and labels and mean.control not in labels:
        hint = did_you_mean(mean.control, labels) or _some("the levels are", labels)
        yield Fault(loaded.source.where(*at, "control"), f"there is no level {mean.control}", hint)


def _having(rungs: Sequence[Predictors], name: str) -> list[Predictors]:
    return [rung for rung in rungs if name in rung.by_name]


def _no_predictor(name: str, rungs: Sequence[Predictors]) -> tuple[str, str | None]:
    known = dict.fromkeys(other for rung in rungs for other in rung.by_name)
    hint = did_you_mean(name, known) or _some("the predictors are", known)
    return f"no rung has a predictor {name}", hint


def _some(words: str, names: Mapping[str, None] | Sequence[str]) -> str | None:
    return f"{words} {listing(names, MOST_LISTED)}" if names else None
