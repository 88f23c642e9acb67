"""Every rung with all tests, the covariance matrices and the outcome of the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlm_steps.records import Coefficient, FitRecord, RandomParameter, TermTest
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import boundary_sentences, confidence, effect_terms
from mlm_steps.report.sentences.disputes import dispute_of, dispute_phrase
from mlm_steps.report.sentences.effects import number_text
from mlm_steps.report.sentences.fits import status_words
from mlm_steps.report.sentences.outcomes import ratio_interval, ratio_number, words_of
from mlm_steps.report.sentences.random_slopes import slope_sentences
from mlm_steps.report.text.facts import (
    DF_METHODS,
    CoefficientFacts,
    fit_number,
    on_boundary,
    random_interval,
    random_number,
    random_source,
)
from mlm_steps.report.text.grid import Align, Grid, Row, columns, row
from mlm_steps.report.text.intervals import limit_notes
from mlm_steps.report.text.names import INTERCEPT, RESIDUAL
from mlm_steps.report.text.notation import decimals_for_spread, degrees_of_freedom, fixed, p_value
from mlm_steps.report.text.text import Code, Emphasis, Number, Phrase, Symbol, Word, join, say, source

__all__ = ["context"]

INCLUDES = "†"
"""Mark of a coefficient or term that includes the effect of a dropped collinear column."""
TERM_NOTE = say(
    "† A column of this term was dropped as collinear, or its coefficients include the effect of one: the "
    "test is of the combinations of effects that the data can tell apart."
)
GRADIENT_DECIMALS = 9
"""Number of decimals of gradients, beyond the limit of plain notation, so that they have a power of ten."""


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return one block per rung in the order of the ladder; a rung without a fit has the reason only."""
    blocks = {fit.model: _rung(given, fit) for fit in given.run.fits}
    blocks |= {fit.model: _unreliable(given, fit) for fit in given.run.unreliable}
    rungs = [name for name, formula in given.formulas.items() if formula.bars]  # prelude models have no bars
    blocks |= {n: _failed(given, n, given.run.failed[n]) for n in rungs if n in given.run.failed}
    if not blocks:
        return None
    return {"rungs": [blocks[name] for name in rungs if name in blocks], "search": _tolerances(given)}


def _tolerances(given: ReportInput) -> Phrase | None:
    """Return the criteria of convergence and singularity; None if they are not known."""
    control = given.provenance.get("estimation")
    if not isinstance(control, Mapping):
        return None
    if given.run.fits and not any(fit.linear for fit in given.run.fits):
        return say(
            "A search fails after {most} evaluations. A fit has converged if a Newton step from its end "
            "would lower the deviance by less than {decrement}, and the Hessian is positive definite. It is "
            "singular if a diagonal element of a covariance factor is below {singular}.",
            most=_setting(control, "max_evaluations"),
            decrement="5 × 10⁻⁷",
            singular=_setting(control, "singular_below"),
        )
    return say(
        "A search stops when the relative change of the criterion is below {tolerance}, and fails after "
        "{most} evaluations. A fit has converged if the scaled gradient is at most {gradient} and the "
        "Hessian has no negative eigenvalue. It is singular if a diagonal element of a relative covariance "
        "factor is below {singular}.",
        tolerance=_setting(control, "tolerance"),
        most=_setting(control, "max_evaluations"),
        gradient=_setting(control, "largest_gradient"),
        singular=_setting(control, "singular_below"),
    )


def _setting(control: Mapping[str, Any], name: str) -> Number:
    return Number(number_text(float(control[name])), source("provenance", "run", "estimation", name))


def _unreliable(given: ReportInput, fit: FitRecord) -> dict[str, Any]:
    """Return how the search of a rung ended, without the numbers that are valid only at an optimum."""
    return {
        "label": given.names.model(fit.model),
        "formula": Code(fit.formula),
        "status": "failed",
        "why": _search(fit),
        "final": True,
    }


def _failed(given: ReportInput, model: str, why: str) -> dict[str, Any]:
    return {
        "label": given.names.model(model),
        "formula": Code(given.formulas[model].text),
        "status": "failed",
        "why": say("The rung could not be fitted: {why}.", why=Word(why.rstrip("."))),
        "final": True,
    }


def _rung(given: ReportInput, fit: FitRecord) -> dict[str, Any]:
    return {
        "label": given.names.model(fit.model),
        "why": None,
        "formula": Code(fit.formula),
        "status": fit.reported.convergence.status,
        "fixed": _fixed(given, fit),
        "terms": _terms(given, fit),
        "random": _random(given, fit),
        "search": _search(fit),
        "sentences": []
        if fit is given.headline  # the section on groups has the sentences of the final rung
        else [*slope_sentences(given, fit), *boundary_sentences(given, fit)],
        "final": fit is given.headline,
    }


def _fixed(given: ReportInput, fit: FitRecord) -> Grid:
    tested_by = "t" if any(c.df is not None for c in fit.coefficients) else "z"
    ratio, tested_df = words_of(fit).ratio, fit.linear or tested_by == "t"
    heads: list[str | Phrase] = [
        "Term", "Symbol", "Estimate", (Emphasis("SE"),), f"{confidence(fit)} CI",
        *(() if ratio is None else (ratio.code, f"{confidence(fit)} CI of the {ratio.code}")),
        (Emphasis(tested_by),), *(((Emphasis("df"),),) if tested_df else ()), (Emphasis("p"),),
    ]  # fmt: skip
    align: tuple[Align, ...] = tuple("text" if place < 2 else "number" for place in range(len(heads)))
    return Grid(
        caption=("Fixed effects of ", given.names.model(fit.model)),
        columns=columns(*heads, align=align),
        rows=tuple(_fixed_row(given, fit, c, with_df=tested_df) for c in fit.coefficients),
        notes=(*_includes(given, fit), *_other_df(fit), *_disputes(given, fit, fit.coefficients)),
        wide=True,
    )  # fmt: skip


def _fixed_row(given: ReportInput, fit: FitRecord, c: Coefficient, *, with_df: bool) -> Row:
    facts = CoefficientFacts("fixed", fit.model, c, fit.alpha)
    head = given.names.column(c.column, c.term)
    if c.dropped:
        return row(head, ["", "dropped (collinear)", *(None for _ in range(5))])
    head = (*head, INCLUDES) if c.includes else head
    ratio = [] if words_of(fit).ratio is None else [ratio_number(fit, c), ratio_interval(fit, c)]
    df = [facts.df] if with_df else []
    return row(
        head, [Symbol(c.symbol), facts.estimate, facts.se, facts.ci, *ratio, facts.statistic, *df, facts.p]
    )


def _includes(given: ReportInput, fit: FitRecord) -> tuple[Phrase, ...]:
    """Return the explanation of the mark, if a coefficient has it."""
    terms = {c.column: c.term for c in fit.coefficients}
    columns = dict.fromkeys(name for c in fit.coefficients for name in c.includes)
    if not columns:
        return ()
    return (
        say(
            "† The data cannot tell this coefficient apart from the effect of a dropped column ({dropped}): "
            "it estimates a combination of both.",
            dropped=join([given.names.column(name, terms.get(name, name)) for name in columns]),
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


def _disputes(given: ReportInput, fit: FitRecord, tests: Sequence[Coefficient | TermTest]) -> list[Phrase]:
    """Return the tests of a singular fit for which the Satterthwaite and Kenward–Roger methods disagree."""
    return [
        (*given.names.column(getattr(test, "column", test.term), test.term), *dispute_phrase(found), ".")
        for test in tests
        if (found := dispute_of(fit, test)) is not None
    ]


def _terms(given: ReportInput, fit: FitRecord) -> Grid | None:
    """Return the F tests if some term has several coefficients; the others are squared t tests."""
    tests = [test for test in fit.anova if test.num_df]
    if not any(test.num_df > 1 for test in tests):
        return None
    method = tests[0].df_method
    if not fit.linear and all(test.chisq is not None for test in tests):
        return _wald_terms(given, fit, tests)
    return Grid(
        caption=(
            f"Type {tests[0].type} ", Emphasis("F"), " tests of the terms of ", given.names.model(fit.model)
        ),
        columns=columns(
            "Term", (Emphasis("F"),), (Emphasis("df"), " of the term"), ("Denominator ", Emphasis("df")),
            (Emphasis("p"),),
        ),
        rows=tuple(_term_row(given, fit, test) for test in tests),
        notes=(
            (f"Denominator degrees of freedom: {DF_METHODS.get(method, method)}.",),
            *((TERM_NOTE,) if any(test.includes for test in tests) else ()),
            *_disputes(given, fit, [test for test in tests if test.num_df > 1]),
        ),
        wide=True,
    )  # fmt: skip


def _wald_terms(given: ReportInput, fit: FitRecord, tests: list[TermTest]) -> Grid:
    """Return the χ² tests of the terms of a generalized model."""

    def cells(test: TermTest) -> list[Number | None]:
        shown = {
            "chisq": None if test.chisq is None else fixed(test.chisq, 2),
            "num_df": str(test.num_df),
            "p": None if test.p is None else p_value(test.p, fit.alpha),
        }
        return [
            None if text is None else Number(text, source("anova", fit.model, test.term, field))
            for field, text in shown.items()
        ]

    heads = [given.names.column(test.term, test.term) for test in tests]
    return Grid(
        caption=(f"Type {tests[0].type} Wald χ² tests of the terms of ", given.names.model(fit.model)),
        columns=columns("Term", "χ²", (Emphasis("df"),), (Emphasis("p"),)),
        rows=tuple(
            row((*head, INCLUDES) if test.includes else head, cells(test))
            for head, test in zip(heads, tests, strict=True)
        ),
        notes=((TERM_NOTE,) if any(test.includes for test in tests) else ()),
    )


def _term_row(given: ReportInput, fit: FitRecord, test: TermTest) -> Row:
    shown = {
        "F": None if test.statistic is None else fixed(test.statistic, 2),
        "num_df": str(test.num_df),
        "den_df": None if test.den_df is None else degrees_of_freedom(test.den_df),
        "p": None if test.p is None else p_value(test.p, fit.alpha),
    }
    numbers = [
        None if text is None else Number(text, source("anova", fit.model, test.term, field))
        for field, text in shown.items()
    ]
    head = given.names.column(test.term, test.term)
    return row((*head, INCLUDES) if test.includes else head, numbers)


def _random(given: ReportInput, fit: FitRecord) -> Grid:
    shown = [p for p in fit.random if p.kind in ("variance", "covariance", "correlation")]
    interval = f"{confidence(fit)} CI"
    return Grid(
        caption=("Variances and covariances of the random effects of ", given.names.model(fit.model)),
        columns=columns(
            "Group", "Effect", "Kind", "Estimate", interval, "Standard deviation", interval,
            align=("text", "text", "text", *("number",) * 4),
        ),
        rows=tuple(_random_row(given, fit, parameter) for parameter in shown),
        notes=(*_random_method(fit), *limit_notes([fit])),
        wide=True,
    )  # fmt: skip


def _random_row(given: ReportInput, fit: FitRecord, parameter: RandomParameter) -> Row:
    terms = effect_terms(fit)
    number = random_number(fit, parameter)
    sd = _standard_deviation(fit, parameter) if parameter.kind == "variance" else None
    around = random_interval(fit, parameter)
    sd_around = _standard_deviation_interval(fit, parameter) if parameter.kind == "variance" else None
    if parameter.group == RESIDUAL:
        return row("Residual", [None, "variance", number, around, sd, sd_around])
    effect = given.names.effect(parameter.effect_1 or INTERCEPT, terms)
    if parameter.effect_2 is not None:
        effect = (*effect, ", ", *given.names.effect(parameter.effect_2, terms))
    estimate = None if number is None else (number, *(("‡",) if on_boundary(fit, parameter) else ()))
    return row(given.names.group(parameter.group), [effect, parameter.kind, estimate, around, sd, sd_around])


def _standard_deviation(fit: FitRecord, variance: RandomParameter) -> Number | None:
    if variance.estimate is None:
        return None
    value = max(variance.estimate, 0.0) ** 0.5
    return Number(fixed(value, decimals_for_spread(value)), random_source(fit, variance))


def _standard_deviation_interval(fit: FitRecord, variance: RandomParameter) -> Phrase | None:
    for sd in fit.random:
        same = (sd.term_index, sd.effect_1) == (variance.term_index, variance.effect_1)
        if sd.kind == "sd" and same:
            return random_interval(fit, sd)
    return None


def _random_method(fit: FitRecord) -> tuple[Phrase, ...]:
    methods = dict.fromkeys(row.ci_method for row in fit.random if row.ci_low is not None)
    return ((f"Intervals: {' and '.join(methods)}.",),) if methods else ()


def _search(fit: FitRecord) -> Phrase:
    convergence = fit.reported.convergence
    reasons = "; ".join(convergence.reasons)
    return say(
        "{status} {criterion_name} {criterion}; optimiser {optimizer}, {evaluations} evaluations, largest "
        "free gradient {gradient}.{reasons}",
        status=status_words(fit),
        criterion_name=f"{fit.method} criterion" if fit.linear else "Deviance",
        criterion=fit_number(fit, "d_reml" if fit.method == "REML" else "d_ml", fit.reported.criterion, 4),
        optimizer=convergence.optimizer,
        evaluations=fit_number(fit, "evaluations", convergence.evaluations),
        gradient=Number(
            fixed(convergence.max_gradient, GRADIENT_DECIMALS), source("fit", fit.model, "max_gradient")
        ),
        reasons=f" {reasons[:1].upper()}{reasons[1:]}." if reasons else None,
    )
