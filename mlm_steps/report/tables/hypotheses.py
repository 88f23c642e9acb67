"""The declared hypotheses with their coefficients and verdicts."""

from __future__ import annotations

from mlm_steps.records.hypotheses import Judgement, Verdict, judged
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.answer import joint_phrase
from mlm_steps.report.sentences.outcomes import ratio_interval, ratio_number
from mlm_steps.report.text.facts import CoefficientFacts
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.text import Phrase, Symbol, Word, say

__all__ = ["hypothesis_grid"]

VERDICTS: dict[Verdict, str] = {
    "supported": "supported",
    "contradicted": "contradicted: the sign is the opposite",
    "unclear": "no clear evidence",
    "untested": "not tested",
}
"""The words for the verdicts."""
EXPECTED = {"positive": "> 0", "negative": "< 0", "any": "≠ 0"}
"""The expected coefficient, by the direction of a hypothesis."""


def hypothesis_grid(given: ReportInput) -> Grid | None:
    """Return the table of hypotheses; None if the spec declares none."""
    found = [judged(each, given.run.fits) for each in given.run.hypotheses]
    if not found:
        return None
    heads = columns(
        "Hypothesis", "Coefficient", "Rung", "Expected", "Estimate", "Interval", "p", "Verdict",
        align=("text", "text", "text", "text", "number", "number", "number", "text"),
    )  # fmt: skip
    rows = tuple(_row(given, each) for each in found)
    caption = ("Hypotheses and what the models say about them",)
    return Grid(caption, heads, rows, notes=_notes(given), wide=True)


def _row(given: ReportInput, found: Judgement) -> Row:
    declared, fit, c = found.hypothesis, found.fit, found.coefficient
    head: Phrase = (Word(declared.name), ": ", Word(declared.text))
    if declared.kind == "exploratory":
        head = (*head, " (exploratory)")
    rung: Phrase = () if fit is None else (given.names.model(fit.model),)
    verdict = VERDICTS[found.verdict]
    if fit is None or (c is None and found.test is None):
        return row(
            head, [(Word(declared.term),), rung, EXPECTED[declared.direction], None, None, None, verdict]
        )
    if c is None and found.test is not None:
        label = given.names.column(found.test.term, found.test.term)
        return row(head, [label, rung, "any", joint_phrase(fit, found.test), None, None, verdict])
    assert c is not None  # noqa: S101 - the other cases have returned
    facts = CoefficientFacts("fixed", fit.model, c, fit.alpha)
    name = (Symbol(c.symbol),) if c.symbol else given.names.column(c.column, c.term)
    estimate, interval = facts.estimate, facts.ci
    ratio = ratio_number(fit, c)
    if ratio is not None:
        estimate, interval = ratio, ratio_interval(fit, c)
    expected = EXPECTED[declared.direction]
    if ratio is not None:
        expected = expected.replace("0", "1")
    return row(head, [name, rung, expected, estimate, interval, facts.p, verdict])


def _notes(given: ReportInput) -> tuple[Phrase, ...]:
    text = (
        "All tests are two-sided. Supported: *p* < {alpha} with the expected sign. Contradicted: the same "
        "with the opposite sign."
    )
    alpha = f"{given.alpha:g}".removeprefix("0")
    return (say(text, alpha=alpha),)
