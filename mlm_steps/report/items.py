"""The items of the reporting standard, and whether a run answers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlm_steps.records import FitRecord
from mlm_steps.report.effect_words import effects_of, has_products
from mlm_steps.report.inputs import ReportInput

__all__ = ["ITEMS", "Item"]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the reporting standard.

    Attributes
    ----------
    id, text : str
        As in the standard.
    section : str
        Where it is answered, or where its placeholder stands.
    note : str
        How it is answered, or what is missing.
    filled : callable
        Whether a run answers it.
    prompt : str or None
        What the author is asked to write where it is not answered; None where a later analysis answers it.
    applies : callable
        Whether it concerns the run at all.
    """

    id: str
    text: str
    section: str
    note: str
    filled: Callable[[ReportInput], bool]
    prompt: str | None = None
    applies: Callable[[ReportInput], bool] = lambda _: True


def _always(_: ReportInput) -> bool:
    return True


def _never(_: ReportInput) -> bool:
    return False


def _fitted(given: ReportInput) -> bool:
    return bool(given.run.fits)


def _compared(given: ReportInput) -> bool:
    return bool(given.run.comparisons)


def _explained(given: ReportInput) -> bool:
    return bool(given.run.variance)


def _has_slopes(given: ReportInput) -> bool:
    return any(name != "(Intercept)" for fit in given.run.fits for term in fit.terms for name in term.names)


def _has_slopes_read(given: ReportInput) -> bool:
    return bool(effects_of(given).slopes)


def _has_intervals(fit: FitRecord) -> bool:
    return all(row.ci_low is not None for row in fit.random if row.kind != "covariance")


def _has_derived(given: ReportInput) -> bool:
    return any(column.derived for column in given.run.profile.columns)


ITEMS: tuple[Item, ...] = (
    Item(
        "A1",
        "Hierarchical design, levels, random intercepts and slopes stated",
        "summary",
        "Stated from the final rung.",
        _fitted,
    ),
    Item(
        "A2",
        "Why a multilevel analysis",
        "author",
        "ICC and design effect are given; the reason is yours.",
        _never,
        "State why the question and the design call for a multilevel analysis.",
    ),
    Item(
        "A3",
        "Hypotheses and the coefficients that test them",
        "author",
        "Not declared.",
        _never,
        "List the hypotheses with coefficient, rung and direction, and say which were confirmatory.",
    ),
    Item("A4", "Level of the outcome and of every predictor", "data", "Detected from the data.", _always),
    Item(
        "A5",
        "Diagram of the levels with units, counts and variables",
        "data",
        "Drawn from the data.",
        _always,
    ),
    Item(
        "A6",
        "Choice of the levels; groups as fixed or random",
        "author",
        "Not stated.",
        _never,
        "Justify the level of analysis and the treatment of groups as random.",
    ),
    Item(
        "A7",
        "Preregistration, availability of data and code, ethics",
        "author",
        "Hashes of spec and data are given; links are not.",
        _never,
        "Give links to preregistration, data and code, and the ethics statement.",
    ),
    Item("B1", "Units per level, group sizes, singletons", "data", "Counted.", _always),
    Item(
        "B2",
        "Sampling and eligibility at each level, period, weights",
        "author",
        "Not stated.",
        _never,
        "Describe sampling and eligibility at each level, and the period of data collection.",
    ),
    Item(
        "B3",
        "Repeated measures: occasions and spacing",
        "data",
        "No time variable is declared.",
        _never,
        applies=_never,
    ),
    Item(
        "B4",
        "Missing data: amount, mechanism, treatment",
        "data",
        "Losses per variable are counted, rows are deleted listwise; the mechanism is not stated.",
        _never,
        "State the assumed mechanism of missingness and why complete rows suffice.",
    ),
    Item(
        "B5",
        "Descriptives per level and correlations",
        "data",
        "Means, SDs within and between, and ICCs are given; correlations are not.",
        _never,
    ),
    Item("B6", "Coding, units, transformations, contrasts, reference levels", "data", "Listed.", _always),
    Item(
        "B7",
        "Centring of each predictor, and why",
        "author",
        "Derived columns are listed with the data; the reason is yours.",
        _never,
        "State how each predictor was centred, and why.",
    ),
    Item("B8", "Flags of data quality", "data", "Checked.", _always),
    Item(
        "B9",
        "Rationale of the sample size, or power",
        "author",
        "Not stated.",
        _never,
        "Give the rationale of the sample size, with the ICC that it assumed and where that came from.",
    ),
    Item(
        "C1",
        "Equations by level and combined, with distributions",
        "equations",
        "Written for each rung.",
        _fitted,
    ),
    Item("C2", "Formula of each rung", "equations", "Given in lme4 syntax.", _fitted),
    Item(
        "C3",
        "How rungs were chosen; number of models fitted",
        "author",
        "Order and number of all models fitted are given; how they were chosen is not.",
        _never,
        "Say which rungs were planned, which were driven by the data, and which models were dropped.",
    ),
    Item(
        "C4",
        "Structure of the random effects, and why",
        "author",
        "The structure is given in the equations; its reason is yours.",
        _never,
        "Justify which slopes vary and how they covary; applied simplifications are listed in the notices.",
    ),
    Item("C5", "Residual structure, weights, offset", "equations", "Part of the equations.", _fitted),
    Item("C6", "Common analysis sample", "data", "One sample for all rungs, with its hash.", _always),
    Item("D1", "Software with versions, platform, hashes", "provenance", "Listed.", _always),
    Item("D2", "ML or REML per use, optimiser", "rungs", "Given for each rung.", _fitted),
    Item(
        "D3",
        "Convergence, singularity, boundary estimates and what was done",
        "rungs",
        "Given for each rung; alternatives to singular and doubtful fits in their section.",
        _fitted,
    ),
    Item(
        "D4",
        "Inference for fixed effects and variances; level of confidence",
        "ladder",
        "Given in the notes of the table.",
        _fitted,
    ),
    Item("D5", "Deviations between spec and run", "notices", "None, or listed.", _always),
    Item(
        "E1",
        "Fixed effects: estimate, SE, CI, statistic with df, exact p",
        "rungs",
        "Given for each rung.",
        _fitted,
    ),
    Item(
        "E2",
        "All variance components with intervals",
        "rungs",
        "Variances, SDs and correlations, with intervals unless the spec leaves them out.",
        lambda given: _fitted(given) and all(map(_has_intervals, given.run.fits)),
    ),
    Item("E3", "ICC of the null model, conditional ICC", "variance", "Given.", _explained),
    Item(
        "E4",
        "Deviance, REML criterion, parameters, AIC, BIC, n, J",
        "ladder",
        "Given for each rung.",
        _fitted,
    ),
    Item(
        "E5", "Comparison with the previous rung, with boundary treatment", "comparisons", "Given.", _compared
    ),
    Item("E6", "Effect sizes: reductions of variance, R²", "variance", "Given.", _explained),
    Item(
        "E7",
        "Reading of the random slopes",
        "groups",
        "Standard deviation, range of plausible slopes, share of the opposite sign, reliability.",
        _has_slopes,
        applies=_has_slopes,
    ),
    Item(
        "E8",
        "Interactions: simple slopes, region of significance",
        "effects",
        "Simple slopes with intervals, and regions along moderators that are numbers; products within a "
        "level are read where slopes: names them.",
        _has_slopes_read,
        applies=has_products,
    ),
    Item(
        "E9",
        "Covariance matrix of the fixed effects; full-precision tables",
        "provenance",
        "In the records of the fits and the CSV files beside this report.",
        _fitted,
    ),
    Item(
        "F1",
        "Assumptions at each level",
        "author",
        "Not checked in this run.",
        _never,
        "Report checks of linearity, homogeneity and normality at each level.",
    ),
    Item(
        "F2",
        "Collinearity",
        "author",
        "Not checked in this run.",
        _never,
        "Report collinearity of the predictors.",
    ),
    Item(
        "F3",
        "Influential groups and rows",
        "author",
        "Not checked in this run.",
        _never,
        "Report influential groups, and the results without them.",
    ),
    Item(
        "F4",
        "Sensitivity analyses",
        "author",
        "None in this run.",
        _never,
        "Report results under other centring, random structure or exclusions.",
    ),
    Item(
        "F5",
        "Predictive check",
        "author",
        "None in this run.",
        _never,
        "Report how well the model reproduces the data or predicts new ones.",
    ),
    Item(
        "G1",
        "Summary of findings with uncertainty",
        "author",
        "Findings are put in sentences in the summary; their interpretation is yours.",
        _never,
        "Interpret the findings per hypothesis.",
    ),
    Item("G2", "Limitations", "author", "Not stated.", _never, "Discuss the limitations."),
    Item(
        "G3",
        "Generalisability: which populations of groups",
        "author",
        "Not stated.",
        _never,
        "Say to which populations of groups the findings generalise.",
    ),
    Item("H", "Ladder table, one column per rung", "ladder", "Given.", _fitted),
)
