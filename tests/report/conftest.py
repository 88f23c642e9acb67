"""A small run whose records are written by hand."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from scipy.special import ndtr

from mlm_steps.design import parse_formula
from mlm_steps.records import (
    AllFitRecord,
    Coefficient,
    ColumnProfile,
    ComparisonRecord,
    Convergence,
    DataProfile,
    DeletionsRecord,
    FactorProfile,
    FigureRecord,
    FitRecord,
    Heterogeneity,
    Icc,
    Interval,
    IntervalRecord,
    MixtureComponent,
    NestingRelation,
    Notice,
    OlsCoefficient,
    OlsRecord,
    Optimum,
    RandomEffectTest,
    RandomParameter,
    RungDeletions,
    RungRefits,
    RunIntervals,
    TermCovariance,
    TermShape,
    VariableLevel,
    VariableLoss,
    VarianceChange,
    VarianceMeasure,
    VarianceRecord,
    ZetaCurve,
)
from mlm_steps.records.allfit import RefitRow
from mlm_steps.records.diagnostics import AssumptionsRecord, DiagnosticCheck, DiagnosticsRecord, named
from mlm_steps.records.effort import EffortRecord, OptionalWork
from mlm_steps.records.intervals import random_row
from mlm_steps.records.random_effects import RandomCoefficient, RandomComponents
from mlm_steps.records.remedies import (
    Alternative,
    CoefficientChange,
    DerivedColumn,
    RemedyRecord,
    RungAdvice,
    SingularDirection,
    TermDiagnosis,
)
from mlm_steps.records.run import Labels, RunRecords
from mlm_steps.report.inputs import ReportInput
from mlm_steps.steps import STEPS

from .small_cost import cost
from .small_effects import effects
from .small_expected import changed, expected
from .small_influence import influence
from .small_levels import small_contexts, small_descriptives, small_slopes
from .small_multiverse import multiverse
from .small_variants import variants

FORMULAS = {
    "null": "math ~ 1 + (1 | school)",
    "slope": "math ~ ses * sector + (ses | school)",
    "ols": "math ~ ses",
}
SVG = (
    "<?xml version='1.0' encoding='utf-8'?>\n"
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>x</title>'
    '<path id="{name}-p" d="M0 0"/></svg>\n'
)


def coefficient(column: str, term: str, level: str, symbol: str, *numbers: float) -> Coefficient:
    names = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high")
    values = dict(zip(names, numbers, strict=True))
    return Coefficient.model_validate(
        {"term": term, "column": column, "level": level, "symbol": symbol, "df_method": "satterthwaite",
         "ci_method": "Wald, satterthwaite", **values}
    )  # fmt: skip


def optimum(
    method: str, criterion: float, beta: tuple[float, ...], names: tuple[str, ...], *, singular: bool
):
    k = len(names)
    return Optimum(
        method=method,
        criterion=criterion,
        theta=(0.3,) * (k * (k + 1) // 2),
        sigma=6.0,
        beta=beta,
        se=(0.1,) * len(beta),
        vcov=((0.01,) * len(beta),) * len(beta),
        log_det_L2=1.0,
        log_det_RX2=1.0,
        pwrss=1.0,
        terms=(
            TermCovariance(
                group="school",
                names=names,
                covariance=((1.0,) * k,) * k,
                relative_singular_values=(0.3,) * k,
                rank=1,
                singular=singular,
            ),
        ),
        singular=singular,
        convergence=Convergence(
            status="singular" if singular else "converged",
            optimizer="newton",
            evaluations=9,
            max_gradient=3.1e-9,
        ),
    )


def parameter(kind: str, estimate: float, first: str | None = None, second: str | None = None, **more):
    group = "Residual" if first is None else "school"
    index = None if first is None else 0
    return RandomParameter(
        term_index=index, group=group, effect_1=first, effect_2=second, kind=kind, estimate=estimate, **more
    )


def random_coefficient(effect: str, mean: float, sd: float, reliability: float) -> RandomCoefficient:
    return RandomCoefficient(
        term_index=0,
        group="school",
        effect=effect,
        mean=mean,
        sd=sd,
        low=mean - 1.96 * sd,
        high=mean + 1.96 * sd,
        share_opposite=float(ndtr(-abs(mean) / sd)),
        reliability=reliability,
        n_reliable=12,
        eb_reliability=reliability,
    )


def components(
    effects: tuple[str, ...], sds: tuple[float, ...], shares: tuple[float, ...], rank: int
) -> RandomComponents:
    return RandomComponents(
        term_index=0,
        group="school",
        effects=effects,
        sds=sds,
        shares=shares,
        outcome_shares=shares,
        effective_rank=rank,
    )


def null_fit() -> FitRecord:
    return FitRecord(
        model="null",
        formula=FORMULAS["null"],
        outcome="math",
        weights=None,
        method="REML",
        confidence=0.95,
        sample_hash="c0ffee" * 5,
        n=120,
        p=1,
        npar=3,
        columns=("(Intercept)",),
        dropped=(),
        terms=(TermShape(group="school", names=("(Intercept)",), n_levels=12, source="(1 | school)"),),
        n_levels={"school": 12},
        reml=optimum("REML", 801.25, (12.637,), ("(Intercept)",), singular=False),
        ml=optimum("ML", 800.123, (12.637,), ("(Intercept)",), singular=False),
        coefficients=(
            coefficient("(Intercept)", "(Intercept)", "1", "γ00", 12.637, 0.2444, 11, 51.7, 1e-9, 12.1, 13.2),
        ),
        random=(
            parameter("variance", 8.614, "(Intercept)"),
            parameter("sd", 2.935, "(Intercept)"),
            parameter("variance", 39.148),
            parameter("sd", 6.2569),
        ),
        random_coefficients=(random_coefficient("(Intercept)", 12.637, 2.935, 0.6875),),
        random_components=(components(("(Intercept)",), (0.4691,), (1.0,), 1),),
        loglik=-400.06,
        aic=806.123,
        aicc=806.33,
        bic=814.49,
        notices=(),
    )


def slope_fit() -> FitRecord:
    names = ("(Intercept)", "ses")
    beta = (11.4, 2.8, 2.81, -0.34)
    return FitRecord(
        model="slope",
        formula=FORMULAS["slope"],
        outcome="math",
        weights=None,
        method="REML",
        confidence=0.95,
        sample_hash="c0ffee" * 5,
        n=120,
        p=4,
        npar=8,
        columns=("(Intercept)", "ses", "sectorCatholic", "ses:sectorCatholic"),
        dropped=(),
        terms=(TermShape(group="school", names=names, n_levels=12, source="(ses | school)"),),
        n_levels={"school": 12},
        reml=optimum("REML", 770.5, beta, names, singular=True),
        ml=optimum("ML", 768.9, beta, names, singular=True),
        coefficients=(
            coefficient("(Intercept)", "(Intercept)", "1", "γ00", 11.4, 0.293, 10.2, 38.9, 1e-9, 10.8, 12.0),
            coefficient("ses", "ses", "1", "γ10", 2.8, 0.155, 10.1, 18.1, 1e-9, 2.45, 3.15),
            coefficient("sectorCatholic", "sector", "2", "γ01", 2.81, 0.439, 9.9, 6.4, 0.0004, 1.83, 3.79),
            coefficient(
                *("ses:sectorCatholic", "ses:sector", "cross", "γ11"),
                *(-0.34, 0.234, 9.8, -1.45, 0.178, -0.86, 0.18),
            ),
        ),
        random=(
            parameter("variance", 6.738, "(Intercept)"),
            parameter("sd", 2.5958, "(Intercept)"),
            parameter("variance", 0.2657, "ses"),
            parameter("sd", 0.5155, "ses"),
            parameter("covariance", 1.338, "(Intercept)", "ses", at_boundary=True),
            parameter("correlation", 1.0, "(Intercept)", "ses", at_boundary=True),
            parameter("variance", 36.71),
            parameter("sd", 6.0589),
        ),
        random_coefficients=(
            random_coefficient("(Intercept)", 11.4, 2.5958, 0.6473),
            random_coefficient("ses", 2.8, 0.5155, 0.0675),
        ),
        random_components=(components(names, (0.4368, 0.0), (1.0, 0.0), 1),),
        loglik=-384.45,
        aic=784.9,
        aicc=786.2,
        bic=807.2,
        notices=(
            Notice(code="singular", severity="warning", text="The matrix of (ses | school) is singular.",
                   model="slope", subject="(ses | school)"),
        ),
    )  # fmt: skip


def profile() -> DataProfile:
    def column(name: str, kind: str, **more: object) -> ColumnProfile:
        return ColumnProfile.model_validate({"name": name, "kind": kind, "used": True, **more})

    return DataProfile(
        file="data/small.csv",
        file_hash="ab" * 32,
        rows_file=123,
        rows=120,
        sample_hash="c0ffee" * 5,
        columns=(
            column("school", "group"),
            column("math", "number", mean=12.75, sd=6.88, minimum=-2.83, maximum=24.99, n_missing=3),
            column("ses", "number", mean=0.0, sd=0.66, minimum=-3.65, maximum=2.86,
                   derived="raw ses centred within school", derived_by="center"),
            column("sector", "category", levels=("Public", "Catholic"), contrast="treatment"),
        ),
        lost=(VariableLoss(variable="math", rows=3, groups={"school": 0}),),
        factors=(
            FactorProfile(name="school", n_levels=12, n_levels_file=12, size_min=8, size_median=10.0,
                          size_mean=10.0, size_max=12, size_harmonic=9.8, size_weighted=10.2, singletons=0,
                          constant_outcome={}),
        ),
        variable_levels=(
            VariableLevel(variable="math", factor="school", level="mixed", variance=47.3,
                          variance_within=39.1,
                          variance_between=8.6, icc1=0.18, icc2=0.69),
            VariableLevel(variable="ses", factor="school", level="within", variance=0.44,
                          variance_within=0.44, variance_between=0.0),
            VariableLevel(variable="sector", factor="school", level="between"),
        ),
        nesting=(),
        notices=(Notice(code="declared", severity="info", text="The slope is -0.26 in all."),),
        descriptives=small_descriptives(),
        slopes=(small_slopes(),),
    )  # fmt: skip


def prelude() -> OlsRecord:
    return OlsRecord(
        model="ols",
        formula=FORMULAS["ols"],
        outcome="math",
        weights=None,
        confidence=0.95,
        sample_hash="c0ffee" * 5,
        n=120,
        p=2,
        coefficients=(
            OlsCoefficient(term="(Intercept)", column="(Intercept)", estimate=12.7, se=0.57, df=118,
                           statistic=22.3, p=1e-9, ci_low=11.6, ci_high=13.8, se_cluster={"school": 0.9}),
            OlsCoefficient(term="ses", column="ses", estimate=3.18, se=0.87, df=118, statistic=3.66, p=0.0004,
                           ci_low=1.46, ci_high=4.9, se_cluster={"school": 1.1}),
        ),
        sigma=6.2,
        r_squared=0.102,
        adj_r_squared=0.094,
        f_statistic=13.4,
        f_df_1=1,
        f_df_2=118,
        f_p=0.0004,
        loglik=-389.0,
        aic=784.0,
        bic=792.4,
    )  # fmt: skip


def comparison() -> ComparisonRecord:
    return ComparisonRecord(
        smaller="null",
        larger="slope",
        changed="both",
        added=("ses", "sector", "ses:sector", "(ses | school)"),
        criterion="ML",
        statistic=31.22,
        df=5,
        p_naive=8.5e-6,
        p_boundary=5.2e-6,
        mixture=(MixtureComponent(df=4, weight=0.5), MixtureComponent(df=5, weight=0.5)),
        p_boundary_code=None,
        delta_aic=-21.22,
        delta_bic=-7.29,
        delta_deviance=-31.22,
        prv=(
            VarianceChange(group="Residual", effect=None, smaller=39.15, larger=36.71, prv=0.0623),
            VarianceChange(group="school", effect="(Intercept)", smaller=8.6, larger=8.7, prv=-0.0116,
                           code="negative"),
        ),
        delta_r2_marginal=0.09,
        delta_r2_conditional=0.05,
        nested=True,
        refused=None,
        reason=None,
    )  # fmt: skip


def variance(model: str) -> VarianceRecord:
    null = model == "null"
    measure = VarianceMeasure(
        measure="r2_marginal", scope="total", value=0.0 if null else 0.09, method="Nakagawa"
    )
    more = (
        (VarianceMeasure(measure="design_effect", scope="school", value=2.656, method="Kish 1965"),)
        if null
        else (
            VarianceMeasure(measure="prv_null", scope="sigma2", value=0.0623, method="R&B", reference="null"),
            VarianceMeasure(measure="prv_null", scope="school: (Intercept)", value=-0.0116, method="R&B",
                            reference="null", code="negative"),
            VarianceMeasure(measure="prv_null", scope="school: ses", value=None, method="R&B",
                            reference="null", code="not_in_reference"),
        )
    )  # fmt: skip
    shares = {"rs_f1": 0.0, "rs_m": 0.18, "rs_sigma2": 0.82} if null else {"rs_f1": 0.05, "rs_m": 0.15}
    rows = (("total", None), ("within", None if null else "sources_mix_levels"))
    more += tuple(
        VarianceMeasure(measure=name, scope=scope, value=value, method="Rights & Sterba 2019", code=code)
        for name, value in shares.items()
        for scope, code in rows
        if (name, scope) != ("rs_m", "within")
    )
    limits = {"ci_low": 0.072, "ci_high": 0.351, "ci_method": "profile, ML"} if null else {}
    return VarianceRecord(
        model=model,
        method="REML",
        variance_fixed=0.0,
        variance_random=8.6,
        variance_residual=39.1,
        icc=(Icc(group=None, kind="adjusted", value=0.18 if null else 0.157, **limits),),
        measures=(measure, *more),
    )


def refits() -> AllFitRecord:
    numbers = ("criterion", "delta", "max_dbeta_se", "max_dsd", "evaluations", "status")
    ends = {
        ("auto", "optimum"): (46711.2, 0.0, 0.0, 0.0, 1, "singular"),
        ("powell", "default"): (46711.2, 2e-4, 0.001, 0.002, 1000, "failed"),
        ("l-bfgs-b", "default"): (46798.9, 87.7, 2.8, 1.9, 2, "wrong"),
        ("bobyqa", "default"): (None, None, None, None, None, "not_installed"),
    }
    rows = [
        RefitRow(optimizer=word, start=start, **dict(zip(numbers, values, strict=True)))
        for (word, start), values in ends.items()
    ]
    verdict = "The optimisers disagree: one is at -3 | *wrong*."
    rung = RungRefits(model="slope", method="REML", agree=False, verdict=verdict, refits=tuple(rows))
    fine = rung.model_copy(update={"model": "null", "agree": True, "verdict": "All agree."})
    return AllFitRecord(rungs=(fine, rung))


def advice() -> RemedyRecord:
    change = CoefficientChange(
        column="ses:sectorCatholic", column_there="ses_w:sectorCatholic", estimate=-0.6, se=0.32,
        estimate_there=-0.65, se_there=0.37, change=-0.05, change_se=-0.156, se_ratio=1.16,
    )  # fmt: skip
    alone = CoefficientChange(
        column=None, column_there="ses_m", estimate=None, se=None, estimate_there=5.87, se_there=0.279,
        change=None, change_se=None, se_ratio=None,
    )  # fmt: skip
    alternatives = (
        Alternative(
            remedy="center", formula="math ~ ses_w * sector + ses_m + (ses_w | school)", what="ses | centred",
            ending="converged", criterion=48128.4, npar=9, aic=48137.6, bic=48199.1, delta_aic=-60.0,
            delta_bic=-53.1, untested="neither model contains the other", max_dbeta_se=0.156,
            derived=(DerivedColumn(name="ses_w", source="ses", kind="center", within=("school",)),),
            delta_deviance=-62.0, delta_npar=1, correlation=-1.0, correlation_there=-0.658,
            verdict="other_model", changes=(change, alone),
        ),
        Alternative(
            remedy="drop_correlation", formula="math ~ ses * sector + (ses || school)", what="no correlation",
            ending="converged", criterion=48211.1, npar=7, aic=48219.9, bic=48267.7, delta_aic=22.3,
            delta_bic=15.5, statistic=24.08, df=1, test_method="REML", p_naive=9.3e-7, p_boundary=9.3e-7,
            max_dbeta_se=0.44, verdict="clearly_worse",
            changes=(change.model_copy(update={"column_there": "ses:sectorCatholic"}),),
        ),
        Alternative(
            remedy="drop_term", formula="math ~ ses * sector", what="no groups", ending="not_estimable",
            reasons=("the outcome has one value",), verdict="not_estimable",
        ),
    )  # fmt: skip
    directions = (
        SingularDirection(
            kind="perfect_correlation", effects=("(Intercept)", "ses"), weights=(0.71, 0.71),
            correlation=-1.0, crossing=2.003,
        ),
        SingularDirection(kind="combination", effects=("(Intercept)", "ses"), weights=(0.6, -0.8)),
        SingularDirection(kind="zero_sd", effects=("ses",), weights=(1.0,)),
    )  # fmt: skip
    term = TermDiagnosis(
        group="school", source="(ses | school)", names=("(Intercept)", "ses"), rank=1, shares=(1.0, 0.0),
        directions=directions, text="(ses | school): flat.",
    )  # fmt: skip
    rung = RungAdvice(
        model="slope", formula=FORMULAS["slope"], method="REML", status="singular", reasons=(), criterion=1.0,
        npar=8, aic=48197.6, bic=48252.2, terms=(term,), alternatives=alternatives,
    )  # fmt: skip
    return RemedyRecord(rungs=(rung,))


def deletions() -> DeletionsRecord:
    numbers = {"loglik": -428.7, "aic": 865.4, "statistic": 9.76, "df": 2, "p_naive": 0.0076}
    left_out = RandomEffectTest(
        term="ses in (ses | school)", group="school", effects=("ses",), npar=6,
        p_boundary=None, mixture=None, p_rlrt=None, **numbers,
        p_boundary_code="null_on_boundary", p_rlrt_code="not_applicable",
    )  # fmt: skip
    mixture = (MixtureComponent(df=0, weight=0.5), MixtureComponent(df=1, weight=0.5))
    intercept = RandomEffectTest(
        term="(1 | school)", group="school", effects=("(Intercept)",), npar=2,
        p_boundary=0.0038, mixture=mixture, p_rlrt=0.0041,
        p_boundary_code=None, p_rlrt_code=None, **{**numbers, "df": 1},
    )  # fmt: skip
    failed = RandomEffectTest(
        term="(1 | class)", group="class", effects=("(Intercept)",), npar=2,
        p_boundary=None, mixture=None, p_rlrt=None, reason="the search failed",
        p_boundary_code="not_estimable", p_rlrt_code="not_estimable",
        **{name: None if name != "df" else 1 for name in numbers},
    )  # fmt: skip
    tested = Heterogeneity(
        group="school", effect="(Intercept)", statistic=1660.23, df=159, p=0.0, n_groups=160
    )
    untested = Heterogeneity(
        group="school", effect="ses", statistic=None, df=None, p=None, n_groups=None, code="not_estimable"
    )
    fit = {"method": "REML", "npar": 3, "loglik": -430.0, "aic": 866.0}
    return DeletionsRecord(
        rungs=(
            RungDeletions(model="null", deletions=(intercept, failed), heterogeneity=(tested,), **fit),
            RungDeletions(model="slope", deletions=(left_out,), heterogeneity=(tested, untested), **fit),
        )
    )


def intervals() -> RunIntervals:
    """Profiles of the standard deviations and the correlation, one limit at its bound, one in doubt."""
    limits = {
        "sd": (0.9 * 2.9, 3.3, None, None),
        "variance": (6.8, 10.9, None, None),
        "correlation": (-0.42, 1.0, "unreliable", "boundary"),
    }
    records = []
    for fit in (null_fit(), slope_fit()):
        found = tuple(
            Interval(
                kind="variance", what=random_row(row), low=limits[row.kind][0], high=limits[row.kind][1],
                low_code=limits[row.kind][2], high_code=limits[row.kind][3], method="profile, ML",
            )
            for row in fit.random
            if row.kind in limits
        )  # fmt: skip
        curve = ZetaCurve(
            kind="variance", what=found[0].what, estimate=2.9, values=(2.6, 2.9, 3.3), zeta=(-2.0, 0.0, 2.1)
        )
        notice = Notice(code="profile_unreliable", severity="warning", text="Not monotone.", model=fit.model)
        records.append(
            IntervalRecord(
                model=fit.model, source="profile", confidence=0.95, intervals=found, curves=(curve,),
                notices=(notice,),
            )
        )  # fmt: skip
    return RunIntervals({"fixed": "wald", "variance": "profile", "icc": "profile"}, tuple(records))


def run(labels: Labels, title: str) -> RunRecords:
    found = intervals()
    return RunRecords(
        name="small",
        title=title,
        labels=labels,
        data_profile=profile(),
        prelude=(prelude(),),
        fits=(found.into_fit(null_fit()), found.into_fit(slope_fit())),
        intervals=found,
        failed={},
        comparisons=(comparison(),),
        variance=(variance("null"), variance("slope")),
        modes={"null": pd.DataFrame(), "slope": pd.DataFrame()},
        figures=tuple(
            FigureRecord(name=name, title=f"Title of {name}", reading="It shows 3.", alt=f"Plot of {name}")
            for name in ("ladder", "caterpillar", "profile", "raw_data")
        ),
        results={
            "effort": planned(),
            "effects": effects().with_values(contexts=small_contexts()),
            "cost": cost(),
            "allfit": refits(),
            "remedies": advice(),
            "deletions": deletions(),
            "diagnostics/slope": checks(),
            "influence": influence(),
            "assumptions": assumed(),
            "checks": expected(),
            "changes": changed(),
            **variants(),
            **multiverse([null_fit(), slope_fit()]),
        },
    )


def assumed() -> AssumptionsRecord:
    """The checks of two models: of the first, one that does not apply; of the second, two with flags."""
    few = DiagnosticCheck(
        check="group_variances", of="school", statistic=None, flag=None, sentence="Too few.",
        code="not_estimable",
    )  # fmt: skip
    straight = DiagnosticCheck(
        check="linearity", effect="ses", statistic=0.4, df=3, p=0.7, flag="ok", sentence="Straight."
    )
    text = f"the random slopes of {named('ses')} by {named('school')} go with {named('ses:sector')}."
    slopes = DiagnosticCheck(
        check="level_2_predictors", of="school", effect="sector:ses", statistic=9.1, df=1, p=0.003,
        flag="look", sentence=text,
    )  # fmt: skip
    far = DiagnosticCheck(
        check="outliers",
        statistic=6.2,
        p=1e-6,
        flag="concern",
        sentence="Row 3 is far away.",
        worst=("row 3",),
    )
    return AssumptionsRecord(
        models=(
            DiagnosticsRecord(model="null", checks=(few,), curves=()),
            DiagnosticsRecord(model="slope", checks=(straight, slopes, far), curves=()),
        )
    )


def checks():
    """A check that holds, one that does not, and one that was left out."""
    zeros = DiagnosticCheck(
        check="zeros", statistic=1.31, low=0.87, high=1.13, p=0.002, replicates=1000, flag="concern",
        sentence="12 outcomes are 0, more than the model allows.",
    )  # fmt: skip
    sums = DiagnosticCheck(
        check="simulated_residuals", of="school", statistic=0.04, low=0.0, high=0.1, p=0.41,
        replicates=1000, flag="ok", sentence="The quantiles are uniform.",
    )  # fmt: skip
    none = DiagnosticCheck(
        check="binned_residuals", statistic=None, flag=None, sentence="Left out.", code="too_large"
    )
    return DiagnosticsRecord(model="slope", checks=(zeros, sums, none), curves=())


def planned():
    work = [
        ("remedies", "slope", 0.2, "within"),
        ("profile", "null", 0.4, "within"),
        ("profile", "slope", 12.0, "left_out"),
        ("simulate", "null--slope", 41.0, "left_out"),
    ]
    return EffortRecord(
        effort="normal",
        budget=8.0,
        work=tuple(
            OptionalWork(step=step, of=of, seconds=seconds, decision=decision, key=STEPS[step].optional.key)
            for step, of, seconds, decision in work
        ),
    )


PLAIN = Labels(
    models={"null": "Null model", "slope": "Random slope"},
    columns={"school": "School", "math": "Mathematics", "ses": "Status", "sector": "Sector"},
    units={"math": "points"},
)


def small_input(labels: Labels = PLAIN, title: str = "A small study", **more: object) -> ReportInput:
    """Return the input of a small report."""
    values: dict[str, object] = {
        "run": run(labels, title),
        "formulas": {name: parse_formula(text) for name, text in FORMULAS.items()},
        "svgs": {name: SVG.format(name=name) for name in ("ladder", "caterpillar", "profile", "raw_data")},
        "provenance": {
            "versions": {"python": "3.11.2"},
            "platform": "Linux x86_64",
            "seed": None,
            "estimation": {
                "tolerance": 1e-12,
                "max_evaluations": 1000,
                "largest_gradient": 2e-3,
                "singular_below": 1e-4,
            },
        },
    }
    return ReportInput(**(values | more))


@pytest.fixture(scope="session")
def make_given() -> Callable[..., ReportInput]:
    """Return a function that gives the input of a small report."""
    return small_input


@pytest.fixture
def nested_relation() -> NestingRelation:
    """Return classes nested in schools."""
    return NestingRelation(inner="class:school", outer="school", relation="nested", n_cells=12)
