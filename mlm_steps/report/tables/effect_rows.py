"""Rows, column heads and notes that the tables of slopes, means and contrasts share."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records.effects import FactorMeans, Pairwise, SimpleSlopes, Tested
from mlm_steps.report.sentences.effects import Keys, PrintedNumbers, plain_value
from mlm_steps.report.text.facts import DF_METHODS
from mlm_steps.report.text.grid import Align, Column, Row, columns, row
from mlm_steps.report.text.notation import percent
from mlm_steps.report.text.text import Emphasis, Phrase, say

__all__ = [
    "confidence",
    "family_notes",
    "has_few_pairs",
    "heads",
    "letter",
    "method_note",
    "pair_rows",
    "with_conditions",
]

ADJUSTMENTS = {
    "tukey": "adjusted by Tukey’s studentized range",
    "holm": "*p* adjusted by Holm’s procedure, intervals by Bonferroni’s",
    "none": "not adjusted for multiple tests",
    "bonferroni": "adjusted by Bonferroni’s inequality",
    "sidak": "adjusted by Šidák’s inequality",
    "scheffe": "adjusted by Scheffé’s method",
    "dunnett": "comparisons with a control, adjusted by Dunnett’s method (exact multivariate *t*)",
    "fdr": "*p* adjusted for the false discovery rate (Benjamini & Hochberg), intervals by Bonferroni’s",
    "mvt": "adjusted by the exact multivariate *t* distribution",
}
MOST_COMPARED = 5
"""The differences of more values or levels stand in a fold: five have ten pairs, six have fifteen."""
ALIGN: tuple[Align, ...] = ("text", *("number",) * 6)


def heads(first: str, statistic: str, confidence: str) -> tuple[Column, ...]:
    """Return the heads of a table of estimates and their tests."""
    return columns(
        first, "Estimate", (Emphasis("SE"),), f"{confidence} CI", (Emphasis(statistic),), (Emphasis("df"),),
        (Emphasis("p"),),
        align=ALIGN,
    )  # fmt: skip


def confidence(value: float) -> str:
    """Return the confidence of intervals, such as ``95 %``."""
    return percent(value, 0 if (100 * value) % 1 < 1e-9 else 1)


def letter(tests: Sequence[Tested]) -> str:
    """Return the letter of the statistic: t, or z if no test has degrees of freedom."""
    return "t" if any(test.df is not None for test in tests) else "z"


def with_conditions(words: Phrase, held: Phrase) -> Phrase:
    """Return a heading with the values at which other predictors are held."""
    return (*words, "; ", *held) if held else words


def method_note(method: str) -> Phrase:
    """Return a note on the method of the degrees of freedom."""
    return (f"Degrees of freedom: {DF_METHODS.get(method, method)}.",)


def has_few_pairs(found: SimpleSlopes | FactorMeans) -> bool:
    """Return whether the differences of slopes or means are few enough to stand beside them."""
    return len(found.slopes if isinstance(found, SimpleSlopes) else found.means) <= MOST_COMPARED


def pair_rows(pairs: Sequence[Pairwise], keys: Keys) -> list[Row]:
    """Return one row per difference; its head names the two values, first minus second."""
    return [
        row(
            (*plain_value(pair.first), " − ", *plain_value(pair.second)),
            PrintedNumbers(pair.test, (*keys, pair.first, pair.second)).row,
        )
        for pair in pairs
    ]


def family_notes(found: Sequence[SimpleSlopes | FactorMeans]) -> list[Phrase]:
    """Return notes on how the differences of a family are adjusted for multiple tests."""
    words = dict.fromkeys(ADJUSTMENTS[each.adjust] for each in found if len(each.differences) > 1)
    return [say(f"Differences within a block: {each}.") for each in words]
