"""Models without random effects that the key ``compare`` gives by their formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlm_steps.spec.compare import PairSpec
from mlm_steps.spec.models import ModelSpec

__all__ = ["ComparedModel", "is_formula", "named_pairs"]

LONGEST_STEM = 48
"""Length at which the name of a rung is cut in the name of a model compared with it, so that file names stay
short."""


@dataclass(frozen=True, slots=True)
class ComparedModel:
    """A linear or generalized linear model, compared with a rung whose family and weights it has.

    Attributes
    ----------
    name : str
        Its name in files and tables, such as ``slope-lm``.
    formula : str
    weights : str or None
        The column of prior weights of the rung.
    rung : str
        The rung it is compared with.
    position : int
        Position of the comparison in the spec.
    """

    name: str
    formula: str
    weights: str | None
    rung: str
    position: int

    @property
    def label(self) -> str:
        """The formula, by which the report names the model."""
        return self.formula


def is_formula(text: str) -> bool:
    """Return whether the smaller model of a comparison is given by a formula; names have no tilde."""
    return "~" in text


def named_pairs(
    pairs: Sequence[PairSpec], rungs: Sequence[ModelSpec], others: Iterable[str]
) -> tuple[tuple[PairSpec, ...], tuple[ComparedModel, ...]]:
    """Return the comparisons with names in place of formulas, and the models that have these names.

    ``others`` are the names of models that are no rungs.
    """
    weights = {rung.name: rung.weights for rung in rungs}
    taken = {name.lower() for name in (*weights, *others)}
    named: list[PairSpec] = []
    models: list[ComparedModel] = []
    for position, pair in enumerate(pairs):
        if not is_formula(pair.smaller):
            named.append(pair)
            continue
        name = _free_name(pair.larger, taken)
        taken.add(name.lower())
        models.append(ComparedModel(name, pair.smaller, weights.get(pair.larger), pair.larger, position))
        named.append(PairSpec(smaller=name, larger=pair.larger))
    return tuple(named), tuple(models)


def _free_name(rung: str, taken: set[str]) -> str:
    stem, number = f"{rung[:LONGEST_STEM]}-lm", 1
    name = stem
    while name.lower() in taken:
        number += 1
        name = f"{stem}{number}"
    return name
