"""How a category is coded, in words."""

from __future__ import annotations

from mlm_steps.records.data_profile import ColumnProfile, ContrastDetail
from mlm_steps.report.sentences.coding import sum_order
from mlm_steps.report.text.notation import MINUS
from mlm_steps.report.text.text import Phrase, Word, join, say

__all__ = ["coding_sentence"]

CONTRAST_WORDS = {"sdif": "successive-difference", "matrix": "custom"}
"""Names of contrasts that differ from the word in the spec."""
MOST_LEVELS = 12
"""Largest number of levels of a category that are listed by name, so that the list fits in a sentence."""


def coding_sentence(label: Phrase, column: ColumnProfile) -> Phrase:
    """Return how a category is coded: its contrasts, its levels, and what the coefficients stand for."""
    levels = column.levels or ()
    shown: list[Phrase] = [(Word(level),) for level in levels[:MOST_LEVELS]]
    if len(levels) > MOST_LEVELS:
        shown.append((f"{len(levels) - MOST_LEVELS} more",))
    contrast = column.contrast or ("poly" if column.kind == "ordered" else "treatment")
    detail = column.contrast_detail
    how: Phrase | None = None
    if contrast == "treatment":
        how = ("; the reference is ", Word(levels[0]))
    elif contrast == "sum":
        how = _sum_columns(sum_order(levels, detail.omitted if detail else None))
    elif contrast == "sdif":
        how = ("; each coefficient is a level minus the one before it",)
    elif contrast == "matrix" and detail is not None:
        how = _matrix_columns(levels, detail)
    return say(
        "{label} is coded by {contrast} contrasts over {levels}{how}.",
        label=label,
        contrast=CONTRAST_WORDS.get(contrast, contrast),
        levels=join(shown),
        how=how,
    )


def _matrix_columns(levels: tuple[str, ...], detail: ContrastDetail) -> Phrase:
    """Return the weight of each level in each column of a contrast matrix."""
    columns = []
    for place, name in enumerate(detail.columns):
        weights = [f"{detail.rows[level][place]:.4g}".replace("-", MINUS) for level in levels]
        shown: list[Phrase] = [
            (f"{weight} for ", Word(level)) for level, weight in zip(levels, weights, strict=True)
        ]
        columns.append(say("[{name}] has {weights}", name=Word(name), weights=join(shown)))
    return ("; ", *join(columns))


def _sum_columns(levels: tuple[str, ...]) -> Phrase:
    """Return the level that each numbered column of sum contrasts codes."""
    more = (
        say(", [2] for {level} and so on, and each", level=Word(levels[1])) if len(levels) > 2 else (" and",)
    )
    return say(
        "; [1] is 1 for {first}{more} −1 for {last}", first=Word(levels[0]), more=more, last=Word(levels[-1])
    )
