"""Change parts of a formula and keep the other parts of its text unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from mlm_steps.design import Bar, Formula
from mlm_steps.design.expressions import columns_of
from mlm_steps.design.parser import parse_sides
from mlm_steps.language.faults import Span
from mlm_steps.records.spelling import quote_name
from mlm_steps.remedies.base import ONE, Case, Proposal, bar_effects

__all__ = ["Cut", "cut", "cut_proposals", "rename", "with_random_part"]


@dataclass(frozen=True, slots=True)
class Cut:
    """Effects and correlations to remove from the random part.

    Attributes
    ----------
    effects : frozenset of (int, str)
        Position of a bar, and the effect to remove from it.
    correlations : frozenset of int
        Positions of the bars whose correlations are removed.
    """

    effects: frozenset[tuple[int, str]] = frozenset()
    correlations: frozenset[int] = frozenset()

    def __or__(self, other: Cut) -> Cut:
        """Return the union of two cuts."""
        return Cut(self.effects | other.effects, self.correlations | other.correlations)

    def keeps(self, formula: Formula) -> bool:
        """Return whether any random effect remains."""
        return any(_left(bar, index, self) for index, bar in enumerate(formula.bars))


def cut(formula: Formula, what: Cut) -> str:
    """Return the formula's text without some random effects or correlations.

    A bar such as ``(x | a/b)`` denotes two terms. If one of them changes, both are written separately.
    """
    changed = {index for index, _ in what.effects} | what.correlations
    places: dict[Span, list[int]] = {}
    for index, bar in enumerate(formula.bars):
        places.setdefault(bar.span, []).append(index)
    text = formula.text
    for span in sorted(places, key=lambda each: each.start, reverse=True):
        if changed.isdisjoint(places[span]):
            continue
        written = [_bar(formula.bars[index], index, what) for index in places[span]]
        text = _put(text, span, " + ".join(filter(None, written)))
    return text


def _left(bar: Bar, index: int, what: Cut) -> list[str]:
    return [effect for effect in bar_effects(bar) if (index, effect) not in what.effects]


def _bar(bar: Bar, index: int, what: Cut) -> str:
    effects = _left(bar, index, what)
    if not effects:
        return ""
    joined = bar.correlated and index not in what.correlations
    mark = "|" if joined or len(effects) == 1 else "||"
    shown = effects if ONE not in effects else [e for e in effects if e != ONE] or [ONE]
    zero = [] if ONE in effects else ["0"]
    return f"({' + '.join([*zero, *shown])} {mark} {bar.group.written})"


def _put(text: str, span: Span, new: str) -> str:
    """Return the text with a span replaced; an empty replacement also removes the plus sign beside it."""
    before, after = text[: span.start], text[span.end :]
    if new:
        return before + new + after
    if before.rstrip().endswith("+"):
        return before.rstrip()[:-1].rstrip() + after
    if after.lstrip().startswith("+"):
        return before + after.lstrip()[1:].lstrip()
    return before + ONE + after


def with_random_part(formula: Formula, terms: Sequence[str]) -> str:
    """Return the formula's text with these random-effects terms, such as ``(1 | g)``, in place of its own."""
    text = formula.text
    spans = sorted({bar.span for bar in formula.bars}, key=lambda span: span.start)
    for position, span in reversed(list(enumerate(spans))):
        text = _put(text, span, "" if position else " + ".join(terms))
    return text


def rename(
    formula: Formula, names: Mapping[str, str], *, protected: Iterable[Span] = (), added: Iterable[str] = ()
) -> str:
    """Return the formula's text with columns renamed and fixed effects added.

    Parameters
    ----------
    formula : Formula
    names : mapping of str to str
        New name per column. The outcome and the names of functions and arguments do not change.
    protected : iterable of Span
        Parts of the text in which nothing changes.
    added : iterable of str
        Columns to add to the fixed part, before the first random-effects term.
    """
    text, unchanged = formula.text, tuple(protected)
    _, right = parse_sides(text)
    edits = [
        (column.span, quote_name(names[column.name]))
        for column in columns_of(right)
        if column.name in names
        and not any(place.start <= column.span.start < place.end for place in unchanged)
    ]
    first = min(bar.span.start for bar in formula.bars)
    edits.append((Span(first, first), "".join(f"{quote_name(name)} + " for name in added)))
    for span, new in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    return text


def cut_proposals(case: Case, cuts: Sequence[tuple[Cut, str]], words: str) -> Iterator[Proposal]:
    """Yield a proposal for each cut, and for several cuts one that makes all of them.

    Parameters
    ----------
    case : Case
    cuts : sequence of (Cut, str)
        Each cut with its name.
    words : str
        Template of the description, with a field for the name.
    """
    with_all = [*cuts]
    if len(cuts) > 1:
        with_all.append((reduce(or_, (each for each, _ in cuts)), "; ".join(name for _, name in cuts)))
    for each, name in with_all:
        single = not each.keeps(case.formula)
        yield Proposal(cut(case.formula, each), words.format(name), single_level=single)
