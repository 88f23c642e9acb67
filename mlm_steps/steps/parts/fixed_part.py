"""The tests of a rung's fixed effects: its coefficients and its terms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.hlm import TermLevel, VariableRank, assign_symbols, hierarchy_depth
from mlm_steps.design.hypotheses import SumsOfSquares
from mlm_steps.design.matrices import Design
from mlm_steps.engine import MixedFit
from mlm_steps.engine.families import family_of
from mlm_steps.inference import Context, JointTest, Reference, reference, test_rows, test_terms
from mlm_steps.records import Coefficient, Notice, TermTest

__all__ = ["FixedPart", "Hypotheses", "fixed_part"]

BOTH_WHEN_SINGULAR = ("satterthwaite", "kenward-roger")
"""Methods that are both computed for a singular fit. Satterthwaite's method uses theta, which has a bound;
Kenward and Roger's method uses the covariances, which have none (statistics, section 7)."""


@dataclass(frozen=True, slots=True, eq=False)
class Hypotheses:
    """The hypotheses of the F tests of terms: their type, and the rows L of L beta = 0 per term."""

    kind: SumsOfSquares = "III"
    rows: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FixedPart:
    """The tests of the fixed effects, as parts of the record of a rung.

    Attributes
    ----------
    coefficients, others : tuple of Coefficient
        Tests by the declared method, and for singular fits those by the alternative method.
    vcov : tuple of tuple of float
        Covariance matrix that the tests use; empty if it is that of the estimates.
    anova, anova_other : tuple of TermTest
        Tests of terms by the declared and by the alternative method.
    notices : tuple of Notice
    """

    coefficients: tuple[Coefficient, ...]
    others: tuple[Coefficient, ...]
    vcov: tuple[tuple[float, ...], ...]
    anova: tuple[TermTest, ...]
    anova_other: tuple[TermTest, ...]
    notices: tuple[Notice, ...]


def fixed_part(
    fit: MixedFit,
    df_method: str,
    confidence: float,
    variable_levels: Mapping[str, VariableRank],
    hypotheses: Hypotheses | None = None,
) -> FixedPart:
    """Return the tests of all coefficients and terms, with one coefficient per column in R's order."""
    context = Context(variable_levels)
    against = reference(fit, df_method, context)
    others: list[Coefficient] = []
    anova_other: list[TermTest] = []
    tested = hypotheses or Hypotheses()
    if fit.singular and fit.design.response.linear:
        for method in BOTH_WHEN_SINGULAR:
            other = reference(fit, method, context) if method != against.method else against
            if other.method != against.method:
                others += _coefficients(fit.design, other, confidence, variable_levels)
                anova_other += _anova(fit.design, other, tested)
    return FixedPart(
        _with_exponentials(fit, _coefficients(fit.design, against, confidence, variable_levels)),
        tuple(others),
        () if against.vcov is fit.vcov else tuple(tuple(map(float, row)) for row in against.vcov),
        _anova(fit.design, against, tested),
        tuple(anova_other),
        against.notices,
    )


def _anova(design: Design, against: Reference, hypotheses: Hypotheses) -> tuple[TermTest, ...]:
    tests = test_terms(against, hypotheses.rows)
    includes = design.term_aliases
    return tuple(
        _term_test(hypotheses.kind, term, against.method, test, includes.get(term, ()))
        for term, test in tests.items()
    )


def _term_test(
    kind: SumsOfSquares, term: str, method: str, test: JointTest | None, includes: tuple[str, ...]
) -> TermTest:
    if test is None:
        return TermTest(type=kind, term=term, num_df=0, df_method=method, includes=includes)
    return TermTest(
        type=kind,
        term=term,
        num_df=test.num_df,
        den_df=_finite(test.den_df),
        df_method=method,
        sum_sq=_finite(test.sum_sq),
        mean_sq=_finite(test.mean_sq),
        statistic=_finite(test.F),
        chisq=_finite(test.num_df * test.F) if math.isinf(test.den_df) else None,
        p=_finite(test.p),
        includes=includes,
    )


def _coefficients(
    design: Design, against: Reference, confidence: float, variable_levels: Mapping[str, VariableRank]
) -> tuple[Coefficient, ...]:
    """Return one row per column in R's order; a dropped column has a level but no numbers and no symbol."""
    tests = test_rows(against, np.eye(design.p), confidence)
    numbers = {
        "se": tests.se,
        "df": tests.df,
        "statistic": tests.t,
        "p": tests.p,
        "ci_low": tests.ci_low,
        "ci_high": tests.ci_high,
    }
    places = dict(zip(design.columns, _symbols(design, variable_levels), strict=True))
    levels = _levels(design, variable_levels)
    terms = ("(Intercept)", *design.term_labels)
    rows = []
    for column, assign in zip(design.all_columns, design.all_assign, strict=True):
        kept = design.columns.index(column) if column in places else None
        level, symbol = places.get(column, (levels[column], ""))
        rows.append(
            Coefficient(
                term=terms[assign],
                column=column,
                level=level,
                symbol=symbol,
                df_method=against.method,
                ci_method=f"Wald, {against.method}",
                dropped=kept is None,
                estimate=None if kept is None else _known(tests.estimate[kept]),
                includes=design.aliases.get(column, ()),
                code=None if kept is None else _why_no_error(tests.estimate[kept], tests.se[kept]),
                **{name: None if kept is None else _finite(array[kept]) for name, array in numbers.items()},
            )
        )
    return tuple(rows)


def _with_exponentials(fit: MixedFit, rows: tuple[Coefficient, ...]) -> tuple[Coefficient, ...]:
    """Return the coefficients with the exponentials of estimates and limits, if these have a meaning."""
    transformed = None if fit.design.response.linear else family_of(fit.family, fit.link).transformed
    if transformed is None:
        return rows
    return tuple(
        row.with_values(
            exp_kind=transformed.code,
            exp_estimate=_exponential(row.estimate),
            exp_low=_exponential(row.ci_low),
            exp_high=_exponential(row.ci_high),
        )
        if row.estimate is not None
        else row
        for row in rows
    )


def _exponential(value: float | None) -> float | None:
    with np.errstate(over="ignore"):
        return None if value is None else float(np.exp(value))


def _why_no_error(estimate: float, se: float) -> str | None:
    """Return the code of why a coefficient has no standard error, or None if it has one."""
    if not math.isfinite(estimate):
        return "separation"
    return None if math.isfinite(se) else "not_estimable"


def _known(value: float) -> float | None:
    """Return an estimate, which may be infinite; None for NaN."""
    return None if math.isnan(value) else float(value)


def _symbols(
    design: Design, variable_levels: Mapping[str, VariableRank]
) -> tuple[tuple[TermLevel, str], ...]:
    """Return level and symbol of the columns that were kept, so that the numbering has no gaps."""
    return assign_symbols(
        design.distinct_names,
        design.assign,
        design.term_labels,
        design.term_variables,
        variable_levels,
        hierarchy_depth(design.random),
    )


def _levels(design: Design, variable_levels: Mapping[str, VariableRank]) -> dict[str, TermLevel]:
    """Return the level of each column, including dropped columns."""
    found = assign_symbols(
        design.all_distinct_names,
        design.all_assign,
        design.term_labels,
        design.term_variables,
        variable_levels,
        hierarchy_depth(design.random),
    )
    return {column: level for column, (level, _) in zip(design.all_columns, found, strict=True)}


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
