"""Tables of the fixed effects of one rung: coefficients, and tests of terms with several coefficients."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import Coefficient, FitRecord, TermTest
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import confidence
from mlm_steps.report.sentences.disputes import dispute_of, dispute_phrase
from mlm_steps.report.sentences.outcomes import ratio_interval, ratio_number, words_of
from mlm_steps.report.text.facts import DF_METHODS, CoefficientFacts
from mlm_steps.report.text.grid import Align, Grid, Row, columns, row
from mlm_steps.report.text.notation import degrees_of_freedom, fixed, p_value
from mlm_steps.report.text.text import Emphasis, Number, Phrase, Symbol, join, say, source

__all__ = ["coefficient_grid", "dispute_notes", "term_grid"]

INCLUDES = "†"
"""Mark of a coefficient or term that includes the effect of a dropped collinear column."""
TERM_NOTE = say(
    "† A column of this term was dropped as collinear, or its coefficients include the effect of one: the "
    "test is of the combinations of effects that the data can tell apart."
)


def coefficient_grid(
    given: ReportInput,
    fit: FitRecord,
    caption: Phrase,
    only: Sequence[Coefficient] | None = None,
    *,
    notes: bool = True,
) -> Grid:
    """Return the coefficients of a rung, all or only some of them, with their tests."""
    shown = fit.coefficients if only is None else only
    tested_by = "t" if any(c.df is not None for c in fit.coefficients) else "z"
    ratio, tested_df = words_of(fit).ratio, fit.linear or tested_by == "t"
    heads: list[str | Phrase] = [
        "Term", "Estimate", (Emphasis("SE"),), f"{confidence(fit)} CI",
        *(() if ratio is None else (ratio.code, f"{confidence(fit)} CI of the {ratio.code}")),
        (Emphasis(tested_by),), *(((Emphasis("df"),),) if tested_df else ()), (Emphasis("p"),),
    ]  # fmt: skip
    align: tuple[Align, ...] = ("text", *_numbers(len(heads) - 1))
    return Grid(
        caption=caption,
        columns=columns(*heads, align=align),
        rows=tuple(_coefficient_row(given, fit, c, with_df=tested_df) for c in shown),
        notes=(*_includes(given, shown, fit), *(_other_df(fit) if notes else ())),
        wide=True,
    )


def _coefficient_row(given: ReportInput, fit: FitRecord, c: Coefficient, *, with_df: bool) -> Row:
    facts = CoefficientFacts("fixed", fit.model, c, fit.alpha)
    head = given.names.column(c.column, c.term)
    if c.dropped:
        return row(head, ["dropped (collinear)", *(None for _ in range(5))])
    head = (*head, " ", Symbol(c.symbol), *((INCLUDES,) if c.includes else ()))
    ratio = [] if words_of(fit).ratio is None else [ratio_number(fit, c), ratio_interval(fit, c)]
    df = [facts.df] if with_df else []
    return row(head, [facts.estimate, facts.se, facts.ci, *ratio, facts.statistic, *df, facts.p])


def _numbers(count: int) -> list[Align]:
    """Return the alignment of columns of numbers."""
    return ["number"] * count


def _includes(given: ReportInput, shown: Sequence[Coefficient], fit: FitRecord) -> tuple[Phrase, ...]:
    """Return the explanation of the mark, if a coefficient has it."""
    terms = {c.column: c.term for c in fit.coefficients}
    dropped = dict.fromkeys(name for c in shown for name in c.includes)
    if not dropped:
        return ()
    return (
        say(
            "† The data cannot tell this coefficient apart from the effect of a dropped column ({dropped}): "
            "it estimates a combination of both.",
            dropped=join([given.names.column(name, terms.get(name, name)) for name in dropped]),
        ),
    )


def _other_df(fit: FitRecord) -> tuple[Phrase, ...]:
    """Return the degrees of freedom of a singular fit by the method that the table does not show."""
    notes = []
    for method in dict.fromkeys(c.df_method for c in fit.coefficients_other):
        rows = [c for c in fit.coefficients_other if c.df_method == method]
        numbers = [
            Number(degrees_of_freedom(c.df), source("fixed_other_df", fit.model, c.column, method, "df"))
            for c in rows
            if c.df is not None
        ]
        words = (
            f"The fit is singular. {DF_METHODS.get(method, method)} degrees of freedom, in the same order: "
        )
        notes.append((words, *join([(number,) for number in numbers]), "."))
    return tuple(notes)


def dispute_notes(given: ReportInput, fit: FitRecord) -> list[Phrase]:
    """Return the tests of a singular fit for which the Satterthwaite and Kenward–Roger methods disagree."""
    tests: list[Coefficient | TermTest] = [
        *fit.coefficients,
        *(test for test in fit.anova if test.num_df > 1),
    ]
    return [
        (*given.names.column(getattr(test, "column", test.term), test.term), *dispute_phrase(found), ".")
        for test in tests
        if (found := dispute_of(fit, test)) is not None
    ]


def term_grid(given: ReportInput, fit: FitRecord, caption: Phrase) -> Grid | None:
    """Return the tests of the terms if some term has several coefficients; the others are squared t tests.

    The caption follows the name of the tests. The tests of a generalized model are Wald's χ² tests unless
    they have denominator degrees of freedom.
    """
    tests = [test for test in fit.anova if test.num_df]
    if not any(test.num_df > 1 for test in tests):
        return None
    by_wald = not fit.linear and all(test.chisq is not None for test in tests)
    method = DF_METHODS.get(tests[0].df_method, tests[0].df_method)
    statistic: Phrase = ("Wald χ²",) if by_wald else (Emphasis("F"),)
    heads: list[str | Phrase] = [
        "Term", ("χ²",) if by_wald else statistic, (Emphasis("df"), *(() if by_wald else (" of the term",))),
        *(() if by_wald else (("Denominator ", Emphasis("df")),)), (Emphasis("p"),),
    ]  # fmt: skip
    return Grid(
        caption=(f"Type {tests[0].type} ", *statistic, " tests of the terms", *caption),
        columns=columns(*heads),
        rows=tuple(_term_row(given, fit, test, by_wald=by_wald) for test in tests),
        notes=(
            *(() if by_wald else ((f"Denominator degrees of freedom: {method}.",),)),
            *((TERM_NOTE,) if any(test.includes for test in tests) else ()),
        ),
    )


def _term_row(given: ReportInput, fit: FitRecord, test: TermTest, *, by_wald: bool) -> Row:
    value, field = (test.chisq, "chisq") if by_wald else (test.statistic, "F")
    shown = {
        field: None if value is None else fixed(value, 2),
        "num_df": str(test.num_df),
        **({} if by_wald else {"den_df": None if test.den_df is None else degrees_of_freedom(test.den_df)}),
        "p": None if test.p is None else p_value(test.p, fit.alpha),
    }
    numbers = [
        None if text is None else Number(text, source("anova", fit.model, test.term, field))
        for field, text in shown.items()
    ]
    head = given.names.column(test.term, test.term)
    return row((*head, INCLUDES) if test.includes else head, numbers)
