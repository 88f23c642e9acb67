"""Proposals that take something out of the random part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from mlm_steps.remedies.base import Case, Proposal
from mlm_steps.remedies.rewrite import Cut, cut

__all__ = ["cut_proposals"]


def cut_proposals(case: Case, cuts: Sequence[tuple[Cut, str]], words: str) -> Iterator[Proposal]:
    """Yield a proposal for each cut, and where there are several one for all together.

    Parameters
    ----------
    case : Case
    cuts : sequence of (Cut, str)
        What goes, and its name.
    words : str
        Template of what is changed, with a field for the name.
    """
    everything = [*cuts]
    if len(cuts) > 1:
        everything.append((reduce(or_, (gone for gone, _ in cuts)), "; ".join(name for _, name in cuts)))
    for gone, name in everything:
        single = not gone.keeps(case.formula)
        yield Proposal(cut(case.formula, gone), words.format(name), single_level=single)
