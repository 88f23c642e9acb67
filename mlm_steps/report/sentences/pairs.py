"""The differences of a factor with many levels in one sentence."""

from __future__ import annotations

from mlm_steps.records.effects import FactorMeans, Pairwise
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.effects import Keys, PrintedNumbers, condition_phrase, plain_value
from mlm_steps.report.text.facts import p_phrase
from mlm_steps.report.text.notation import share
from mlm_steps.report.text.text import Phrase, join, say

__all__ = ["pairs_sentence"]


def pairs_sentence(given: ReportInput, factor: FactorMeans) -> Phrase:
    """Return how many differences are clear, and the largest of them."""
    alpha = round(1 - factor.confidence, 12)
    tested = [pair for pair in factor.differences if None not in (pair.test.p, pair.test.estimate)]
    clear = [pair for pair in tested if (pair.test.p or 0.0) < alpha]
    crossed = join([given.prose.variable(name) for name in factor.factors], " × ")
    names = ("cells of " if len(factor.factors) > 1 else "levels of ", *crossed)
    held = condition_phrase(given, factor.conditions)
    where = say(" (at {held})", held=held) if held else ()
    if not tested:
        return say("No difference between {x}{where} can be tested.", x=names, where=where)
    if not clear:
        return say(
            "None of the {n} differences between {x}{where} was clear at α = {alpha}.",
            n=str(len(tested)),
            x=names,
            where=where,
            alpha=share(alpha, 2),
        )
    return say(
        "Of the {n} differences between {x}{where}, {k} {was} clear at α = {alpha}; the largest "
        "was {largest}.",
        n=str(len(tested)),
        x=names,
        where=where,
        k=str(len(clear)),
        was="was" if len(clear) == 1 else "were",
        alpha=share(alpha, 2),
        largest=_largest(factor, clear),
    )


def _largest(factor: FactorMeans, clear: list[Pairwise]) -> Phrase:
    pair = max(clear, key=lambda each: abs(each.test.estimate or 0.0))
    held = "; ".join(f"{each.variable}={each.value}" for each in factor.conditions)
    keys: Keys = ("mean_differences", factor.model, factor.factor, held, pair.first, pair.second)
    numbers = PrintedNumbers(pair.test, keys)
    return say(
        "{first} − {second} = {estimate} {ci}, {p}",
        first=plain_value(pair.first),
        second=plain_value(pair.second),
        estimate=numbers.estimate,
        ci=numbers.ci,
        p=p_phrase(numbers.p),
    )
