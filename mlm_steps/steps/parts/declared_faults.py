"""Check the hypotheses and the words for units of a spec against the designs of the rungs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlm_steps.design.matrices import Design
from mlm_steps.errors import Fault, did_you_mean, listing
from mlm_steps.records.spelling import OBSERVATIONS, same_product, split_group
from mlm_steps.spec import LoadedSpec
from mlm_steps.spec.hypotheses import HypothesisSpec

__all__ = ["declared_faults"]

MOST_LISTED = 8
"""Largest number of names that a message lists, so that it fits on two lines."""


def declared_faults(loaded: LoadedSpec, designs: Mapping[str, Design]) -> Iterator[Fault]:
    """Yield every fault of the hypotheses and of the words for units, with its place.

    Parameters
    ----------
    loaded : LoadedSpec
    designs : mapping of str to Design
        The design of each rung, by name.
    """
    for i, hypothesis in enumerate(loaded.spec.hypotheses):
        rung = hypothesis.rung
        own = [design for name, design in designs.items() if rung in (None, name)]
        for key, what, hint in _hypothesis_faults(hypothesis, own):
            yield Fault(loaded.source.where("hypotheses", i, key), what, hint)
    known = dict.fromkeys(term.group for design in designs.values() for term in design.random)
    parts = [{*split_group(group)} for group in known]
    columns = {part for group in parts for part in group}
    for name in loaded.spec.units:
        if name not in (*columns, OBSERVATIONS) and {*split_group(name)} not in parts:
            hint = (
                did_you_mean(name, [*known, OBSERVATIONS])
                or f"the grouping factors are {listing(list(known))}"
            )
            what = f"no rung has a grouping factor {name}"
            yield Fault(loaded.source.where("units", name), what, hint)


def _hypothesis_faults(
    hypothesis: HypothesisSpec, designs: list[Design]
) -> Iterator[tuple[str, str, str | None]]:
    """Yield the key, the fault and the hint of everything that is wrong with a hypothesis."""
    counts = [_count(hypothesis.term, design) for design in designs]
    if counts and not any(counts):
        known = dict.fromkeys(
            name for design in designs for name in ("(Intercept)", *design.term_labels, *design.columns)
        )
        where = "no rung has a" if hypothesis.rung is None else f"rung '{hypothesis.rung}' has no"
        hint = did_you_mean(hypothesis.term, known) or f"known are {listing(list(known), MOST_LISTED)}"
        yield "term", f"{where} term or coefficient {hypothesis.term}", hint
        return
    count = next((each for each in reversed(counts) if each), 0)
    if count > 1 and hypothesis.direction != "any":
        what = f"{hypothesis.term} has {count} coefficients, which have no common direction"
        yield "direction", what, "leave out the direction, or name one coefficient"


def _count(term: str, design: Design) -> int:
    """Return the number of coefficients of a design that a word names: one, or those of a term."""
    names = [design.shared_names.get(column, column) for column in design.columns]
    if term in design.columns or any(same_product(term, name) for name in names):
        return 1
    terms = ("(Intercept)", *design.term_labels)
    return sum(same_product(term, terms[position]) for position in design.assign)
