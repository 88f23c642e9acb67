"""Give the model other random effects: intercepts only, no correlations, all slopes of level 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from mlm_steps.design import Bar, Formula
from mlm_steps.remedies.base import ONE, bar_effects
from mlm_steps.remedies.rewrite import with_random_part
from mlm_steps.sensitivity.base import Baseline, Change, Inapplicable, Variant
from mlm_steps.sensitivity.forms import LEAST_SHARE

__all__ = ["random_structure"]

MOST_SLOPES = 8
"""Largest number of slopes per grouping factor in the maximal structure. Their covariance matrix has then 45
parameters, more than most data determine."""
SAME_STRUCTURE = "the rung has random intercepts only, and no level-1 term that could have a random slope"


@dataclass(frozen=True, slots=True)
class _Term:
    """The random effects of one term: the factor's label, how it is written, and the effects."""

    factor: str
    written: str
    effects: tuple[str, ...]
    correlated: bool

    @property
    def identity(self) -> object:
        """What is equal for two terms that give the same random effects."""
        return self.factor, frozenset(self.effects), self.correlated or len(self.effects) == 1

    @property
    def text(self) -> str:
        """The term as a formula writes it, such as ``(1 + ses | school)``."""
        slopes = [effect for effect in self.effects if effect != ONE]
        shown = [*([] if ONE in self.effects else ["0"]), *(slopes or [ONE])]
        mark = "|" if self.correlated or len(self.effects) == 1 else "||"
        return f"({' + '.join(shown)} {mark} {self.written})"


def random_structure(baseline: Baseline, /) -> Iterator[Variant | Inapplicable]:
    """Yield the structures that differ from that of the model.

    The maximal structure has, for each grouping factor, a correlated slope of every term of the fixed part
    that varies within the factor's groups (Barr et al. 2013).
    """
    factors, slopes = _by_factor(baseline.formula), _slopes(baseline)
    structures = {
        "intercepts": ("with random intercepts only", _intercepts(factors)),
        "uncorrelated": ("with uncorrelated random effects", _uncorrelated(factors)),
        "correlated": ("with correlated random effects", [_merged(bars) for bars in factors.values()]),
    }
    what = "with random slopes of all level-1 terms"
    largest = max(map(len, slopes.values()), default=0)
    if 0 < largest <= MOST_SLOPES:
        structures["maximal"] = what, [_merged(bars, slopes[name]) for name, bars in factors.items()]
    seen = {_identity([_as_it_is(bar) for bar in baseline.formula.bars])}
    for name, (words, terms) in structures.items():
        if terms and _identity(terms) not in seen:
            seen.add(_identity(terms))
            text = with_random_part(baseline.formula, [term.text for term in terms])
            yield Variant(name, Change(words), partial(baseline.refit, text), formula=text)
    if largest > MOST_SLOPES:
        reason = f"{largest} slopes for one grouping factor are more than the {MOST_SLOPES} that are tried"
        yield Inapplicable("maximal", Change(what), reason)
    elif len(seen) == 1:
        yield Inapplicable("random_structure", Change("with other random effects"), SAME_STRUCTURE)


def _identity(terms: Sequence[_Term]) -> frozenset[object]:
    return frozenset(term.identity for term in terms)


def _by_factor(formula: Formula) -> dict[str, list[Bar]]:
    """Return the random-effects terms of each grouping factor, in the order of the formula."""
    found: dict[str, list[Bar]] = {}
    for bar in formula.bars:
        found.setdefault(bar.group.label, []).append(bar)
    return found


def _effects(bars: Sequence[Bar]) -> tuple[str, ...]:
    """Return the effects of some terms as in the formula, the intercept as 1, each once."""
    return tuple(dict.fromkeys(effect for bar in bars for effect in bar_effects(bar)))


def _as_it_is(bar: Bar) -> _Term:
    return _Term(bar.group.label, bar.group.written, bar_effects(bar), bar.correlated)


def _merged(bars: Sequence[Bar], slopes: Sequence[str] | None = None) -> _Term:
    """Return one correlated term with the effects of several, and with an intercept and further slopes."""
    more = () if slopes is None else (ONE, *slopes)
    effects = tuple(dict.fromkeys((*more, *_effects(bars))))
    return _Term(bars[0].group.label, bars[0].group.written, effects, correlated=True)


def _intercepts(factors: Mapping[str, Sequence[Bar]]) -> list[_Term]:
    return [
        _Term(label, bars[0].group.written, (ONE,), correlated=True)
        for label, bars in factors.items()
        if ONE in _effects(bars)
    ]


def _uncorrelated(factors: Mapping[str, Sequence[Bar]]) -> list[_Term]:
    if not any(bar.correlated and len(bar_effects(bar)) > 1 for bars in factors.values() for bar in bars):
        return []
    return [
        _Term(label, bars[0].group.written, _effects(bars), correlated=False)
        for label, bars in factors.items()
    ]


def _slopes(baseline: Baseline) -> dict[str, list[str]]:
    """Return the terms of the fixed part that vary within the groups of each factor."""
    fixed = baseline.formula.fixed
    columns = dict.fromkeys(name for names in fixed.columns for name in names)
    found = {}
    for factor, bars in _by_factor(baseline.formula).items():
        group = bars[0].group.columns
        varying = {name for name in columns if baseline.varies_in(name, group, LEAST_SHARE)}
        labelled = zip(fixed.labels, fixed.columns, strict=True)
        found[factor] = [label for label, names in labelled if names and varying.issuperset(names)]
    return found
