"""Tables of a run."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlm_steps.clusters.cost import MixedModel, cluster_cost
from mlm_steps.clusters.factors import default_clusters
from mlm_steps.clusters.separate import separate_level_1_fits
from mlm_steps.compare import compare_lrt
from mlm_steps.design.build import build_design
from mlm_steps.design.hypotheses import term_hypotheses
from mlm_steps.design.linear import parse_linear
from mlm_steps.design.predictors import Predictors
from mlm_steps.effects import Fitted, contrast_test, factor_means, group_difference, simple_slopes
from mlm_steps.engine import Estimates
from mlm_steps.engine.fit.ols import fit_ols
from mlm_steps.engine.posterior.random_effects import random_effects
from mlm_steps.engine.posterior.ranges import mode_covariances
from mlm_steps.inference import reference
from mlm_steps.inference import test_coefficients as coefficient_tests
from mlm_steps.records import (
    AllFitRecord,
    DataProfile,
    DeletionsRecord,
    EffectsRecord,
    FactorProfile,
    Heterogeneity,
    MixtureComponent,
    OlsCoefficient,
    OlsRecord,
    RandomEffectTest,
    RungDeletions,
    RungRefits,
    SlopeComparison,
    SlopeEstimate,
    tested,
)
from mlm_steps.records.allfit import RefitRow
from mlm_steps.records.changes import Change, ChangesRecord
from mlm_steps.records.checks import CheckedExpectation, ChecksRecord, Finding
from mlm_steps.records.context import ContextSlope, PredictorContext, RungContext
from mlm_steps.records.cost import CostRecord
from mlm_steps.records.data_profile import Occasions, UnitOccasions
from mlm_steps.records.descriptives import (
    CategoryCount,
    CorrelationLayer,
    Descriptives,
    Spread,
    VariableDescription,
)
from mlm_steps.records.diagnostics import DiagnosticCheck, DiagnosticsRecord
from mlm_steps.records.hypotheses import DeclaredHypothesis
from mlm_steps.records.influence import (
    FactorInfluence,
    InfluenceRecord,
    ModelInfluence,
    RowInfluence,
)
from mlm_steps.records.power import (
    ClosedEffect,
    ClosedScenario,
    CurvePoint,
    JointPower,
    PlannedParameter,
    PowerEffect,
    PowerRecord,
    PowerScenario,
    Required,
)
from mlm_steps.records.remedies import (
    Alternative,
    CoefficientChange,
    RemedyRecord,
    RungAdvice,
    SingularDirection,
    TermDiagnosis,
)
from mlm_steps.records.run import Labels, RunRecords
from mlm_steps.records.sensitivity import SensitivityRecord, Variation, VariedCoefficient
from mlm_steps.records.variants import Variant, VariantRung, VariantsRecord, VariantValue
from mlm_steps.steps.parts.fit_record import fit_record
from mlm_steps.steps.parts.fixed_part import Hypotheses
from mlm_steps.tables import TABLES, Table
from mlm_steps.tables.base import as_cell, table_of
from mlm_steps.variance import Explained, explain

SLEEP = pd.read_csv(
    Path(__file__).parents[2] / "reference" / "data" / "sleepstudy.csv", dtype={"Subject": str}
)
FORMULAS = {
    "null": "Reaction ~ 1 + (1 | Subject)",
    "days": "Reaction ~ Days + I(2 * Days) + (1 | Subject)",
    "slope": "Reaction ~ Days + (Days | Subject)",
}
COLUMNS = {
    "trace": "model method evaluation criterion max_gradient",
    "fixed": "model term column level symbol estimate se df df_method statistic p ci_low ci_high ci_method "
    "std_estimate dropped exp_estimate exp_low exp_high exp_kind",
    "vcov": "model method column_1 column_2 value term_1 term_2",
    "fixed_other_df": "model term column estimate se df df_method statistic p ci_low ci_high ci_method "
    "dropped",
    "anova": "model type term num_df den_df df_method sum_sq mean_sq F p chisq",
    "changes": "number area what before after before_value after_value remark",
    "expectations": "number expectation kind severity what quantity found shown expected holds message",
    "hypotheses": "name text kind direction model term column symbol estimate p verdict",
    "anova_other_df": "model type term num_df den_df df_method sum_sq mean_sq F p chisq",
    "random": "model term_index group effect_1 effect_2 kind estimate ci_low ci_high ci_method at_boundary",
    "fit": "model n J_per_factor p npar d_reml d_ml logLik AIC AICc BIC AIC_weight BIC_weight sigma "
    "converged singular rank_per_term max_gradient evaluations seconds sample_hash family link phi agq "
    "cAIC effective effective_known",
    "comparison": "from to what_changed criterion statistic df p_naive p_boundary mixture p_boot B failed "
    "delta_aic delta_bic prv delta_r2_marginal delta_r2_conditional nested reason p_rlrt p p_method "
    "p_adjusted adjustment",
    "ranova": "model term criterion npar logLik AIC statistic df p_naive p_boundary mixture p_rlrt reason",
    "heterogeneity": "model group effect statistic df p n_groups",
    "variance_explained": "model measure scope value ci_low ci_high method reference ci_method "
    "distribution_variance distribution_method lambda",
    "icc": "model group kind value ci_low ci_high x ci_method effect distribution_variance "
    "distribution_method lambda",
    "ranef": "model term_index group level effect estimate cond_sd pred_sd ols n_j shrinkage reliability "
    "coefficient ols_coefficient eb_reliability",
    "ranef_cov": "model term_index group level effect_1 effect_2 cond_cov pred_cov",
    "random_coefficients": "model term_index group effect mean sd low high share_opposite reliability "
    "n_reliable eb_reliability exp_low exp_high exp_kind",
    "random_pca": "model term_index group effects component sd share cumulative outcome_share effective_rank",
    "allfit": "model optimiser start d delta_d max_dbeta_se max_dsd evaluations seconds status",
    "remedies": "model remedy alternative formula what_changed status verdict applied d npar AIC BIC "
    "delta_aic delta_bic criterion statistic df p_naive p_boundary max_dbeta_se reason "
    "correlation correlation_there delta_deviance delta_npar",
    "remedies_fixed": "model remedy alternative formula column column_there estimate se estimate_there "
    "se_there change change_se se_ratio",
    "singular": "model term group rank sd_shares kind effects weights correlation crossing text",
    "contrasts": "model contrast test hypothesis estimate value se df df_method statistic p ci_low ci_high "
    "num_df den_df",
    "simple_slopes": "model focal moderator value slope se df p ci_low ci_high statistic df_method place "
    "focal_contrast focal_at conditions intercept intercept_se intercept_df intercept_ci_low "
    "intercept_ci_high ratio ratio_se ratio_ci_low ratio_ci_high ratio_kind population_slope population_se "
    "population_p population_ci_low population_ci_high average_slope average_se average_p average_ci_low "
    "average_ci_high",
    "slope_differences": "model focal moderator value_1 value_2 estimate se df df_method statistic p ci_low "
    "ci_high adjust p_unadjusted focal_contrast conditions ratio ratio_se ratio_ci_low ratio_ci_high "
    "ratio_kind population_difference population_se population_p population_ci_low population_ci_high "
    "average_difference average_se average_p average_ci_low average_ci_high",
    "johnson_neyman": "model focal moderator bound_low bound_high region observed_low observed_high "
    "significant share_significant unit n_units df_method focal_contrast conditions",
    "means": "model factor level mean se df ci_low ci_high df_method conditions averaged held "
    "scale response response_se response_ci_low response_ci_high population population_se "
    "population_ci_low population_ci_high typical typical_se typical_ci_low typical_ci_high",
    "mean_differences": "model factor level_1 level_2 estimate se df df_method statistic p ci_low ci_high "
    "adjust p_unadjusted conditions compared back_kind back_estimate back_se back_ci_low back_ci_high "
    "ratio ratio_se ratio_ci_low ratio_ci_high ratio_kind population_difference population_se population_p "
    "population_ci_low population_ci_high",
    "standardized_differences": "model factor level_1 level_2 by difference sd sd_df d se df ci_low ci_high "
    "ci_method g n_1 n_2 J_1 J_2",
    "influence": "model level effect dfbetas cook rvc covratio approx unit grouping_factor estimate se p "
    "changes n leverage",
    "diagnostics": "model check statistic p flag sentence of low high df replicates effect",
    "sensitivity": "model variant term column estimate se df p changed kind what column_there quantity "
    "df_method ci_low ci_high status n excluded formula reason",
    "variants": "variant model column term outcome subset file estimate se df df_method p ci_low ci_high "
    "status converged singular n groups shown formula reason",
    "variant_summary": "model column term variants estimated singular failed median min max same_direction "
    "off_zero same_and_off_zero shown",
    "variant_comparisons": "variant from to what_changed criterion statistic df p_naive p_boundary mixture "
    "p_boot B failed delta_aic delta_bic prv delta_r2_marginal delta_r2_conditional nested reason p_rlrt p "
    "p_method outcome subset file",
    "power": "scenario J n_j effect rejections B failed power ci_low ci_high alpha df_method closed "
    "conditional conditional_se singular size_at_0 ceiling n estimate se df closed_se size_se half_width "
    "half_width_assured detectable required required_value required_low required_high required_groups "
    "required_rows required_power required_power_se required_method kenward_roger kenward_roger_size_at_0",
    "power_curve": "scenario effect x_name x power ci_low ci_high method",
    "power_design": "parameter declared raw source scenario",
    "occasions": "within unit expected present absent complete compliance",
    "descriptives": "variable level unit n missing varying mean sd minimum maximum grouping_factor sd_within "
    "sd_between icc1 icc2",
    "categories": "variable level unit category n share",
    "correlations": "layer grouping_factor inside variable_1 variable_2 correlation n",
    "within_between": "outcome variable grouping_factor slope estimate se df p ci_low ci_high opposite",
    "context": "model outcome link term column grouping_factor slope estimate se df statistic p ci_low "
    "ci_high df_method icc2 raw held_means moderators method delta_deviance delta_npar delta_aic "
    "singular_there correlation_there singular correlation",
    "cost": "model cluster term column ols_estimate ols_se ols_df ols_p cr1_se cr2_se cr2_df cr2_p "
    "mixed_estimate mixed_se mixed_df mixed_p mixed_cr2_se mixed_cr2_df mixed_cr2_p se_ratio rho_x moulton "
    "naive_rate n_estimable mixed n n_clusters weighted_size icc residual_icc design_effect effective_n",
    "lm_list": "model group level n_j rank term column estimate se own_se",
    "ols": "model term column estimate se df statistic p ci_low ci_high se_cluster dropped n sigma r_squared "
    "adj_r_squared f_statistic f_df_1 f_df_2 f_p logLik AIC BIC",
}


def prelude():
    fit = fit_ols(
        build_design("Reaction ~ Days + I(2 * Days)", SLEEP, mixed=False), {"Subject": np.arange(180) // 10}
    )
    shared = {
        name: getattr(fit, name) for name in ("sigma", "r_squared", "adj_r_squared", "f_statistic", "f_df_1")
    }
    return OlsRecord(
        model="ols",
        formula="",
        outcome="Reaction",
        weights=None,
        confidence=0.95,
        sample_hash="s",
        n=180,
        p=2,
        coefficients=tuple(OlsCoefficient(**row) for row in fit.rows()),
        f_df_2=fit.f_df_2,
        f_p=fit.f_p,
        loglik=fit.loglik,
        aic=fit.aic,
        bic=fit.bic,
        **shared,
    )


def subjects():
    sizes = dict.fromkeys(("size_min", "size_median", "size_mean", "size_max", "size_harmonic"), 10)
    return FactorProfile(
        name="Subject", n_levels=18, n_levels_file=18, size_weighted=10.0, singletons=0, constant_outcome={},
        **sizes,
    )  # fmt: skip


def descriptives():
    spread = Spread(factor="Subject", sd_within=2.0, sd_between=1.0, icc1=0.2, icc2=None)
    layer = {"factor": "Subject", "variables": ("Reaction", "Days", "drug"), "rows": ((0.5,), (None, 0.1))}
    return Descriptives(
        variables=(
            VariableDescription(variable="Reaction", n=180, missing=0, mean=298.5, sd=56.3, minimum=194.3,
                                maximum=466.4, spreads=(spread,)),
            VariableDescription(variable="age", unit="Subject", n=1, missing=2, varying=1, mean=30.0,
                                minimum=30.0, maximum=30.0),
        ),
        categories=(CategoryCount(variable="drug", category="a", n=90, share=0.5),
                    CategoryCount(variable="sex", unit="Subject", category="f", n=9, share=0.5)),
        correlations=(CorrelationLayer(layer="within", n=180, **layer),
                      CorrelationLayer(layer="between", n=18, inside="clinic", **layer)),
    )  # fmt: skip


def slopes():
    numbers = {"estimate": 10.5, "se": 1.2, "df": 160.0, "ci_low": 8.1, "ci_high": 12.9, "p": 1e-14}
    kinds = ("pooled", "within", "between", "contextual")
    return SlopeComparison(
        outcome="Reaction", variable="Days", factor="Subject", opposite=False,
        slopes=tuple(SlopeEstimate(kind=kind, **numbers) for kind in kinds),
    )  # fmt: skip


def contexts():
    """Return the predictors of a refitted rung, and of one whose refit failed."""
    test = tested.Tested(estimate=2.7, se=0.3, df=700.0, statistic=9.0, p=1e-18, ci_low=2.1, ci_high=3.3)
    split = PredictorContext(
        term="ses", column="ses", factors=("Subject",), raw=True, moderators=("age",),
        slopes=(
            ContextSlope(kind="as_fitted", test=tested.Tested(estimate=3.9, se=0.1)),
            ContextSlope(kind="contextual", factor="Subject", test=test, icc2=0.9),
        ),
    )  # fmt: skip
    lost = PredictorContext(term="x", column="x", factors=("Subject",), code="not_estimable")
    shared = {"outcome": "Reaction", "link": "identity", "method": "REML", "df_method": "satterthwaite"}
    return (
        RungContext(model="slope", confidence=0.95, predictors=(split,), delta_deviance=-62.4, delta_npar=1,
                    delta_aic=-60.4, singular=True, singular_there=False, correlation=-1.0,
                    correlation_there=-0.66, **shared),
        RungContext(model="days", confidence=0.95, predictors=(lost,), reason="no variance", **shared),
    )  # fmt: skip


def run_of(formulas, comparisons=()):
    estimates = {name: Estimates(build_design(formula, SLEEP)) for name, formula in formulas.items()}
    null = ("null", estimates["null"].under("REML"))
    occasions = Occasions(
        within="Subject",
        time=("Days",),
        expected_each=10,
        units=(UnitOccasions(unit="308", present=9, complete=8),),
    )
    profile = DataProfile(
        occasions=occasions,
        file="", file_hash="", rows_file=180, rows=180, sample_hash="s", columns=(), lost=(),
        factors=(subjects(),), variable_levels=(), nesting=(), notices=(),
        descriptives=descriptives(), slopes=(slopes(),),
    )  # fmt: skip
    return RunRecords(
        name="sleep",
        title="Sleep",
        labels=Labels({}, {}, {}),
        data_profile=profile,
        prelude=(prelude(),),
        fits=tuple(
            fit_record(
                name, formulas[name], given, method="REML", df_method="satterthwaite", confidence=0.95,
                weights=None, sample_hash="s", variable_levels={},
                hypotheses=Hypotheses("III", term_hypotheses(formulas[name], SLEEP, given.design)),
            )
            for name, given in estimates.items()
        ),
        failed={},
        comparisons=tuple(
            compare_lrt(estimates[a], estimates[b], names=(a, b), method="REML") for a, b in comparisons
        ),
        variance=tuple(
            explain(Explained(name, given.under("REML"), null=None if name == "null" else null))
            for name, given in estimates.items()
        ),
        modes={name: pd.DataFrame(random_effects(given.under("REML"))) for name, given in estimates.items()},
        mode_covariances={
            name: pd.DataFrame(mode_covariances(given.under("REML"))) for name, given in estimates.items()
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def run():
    made = run_of(FORMULAS, [("null", "days"), ("days", "slope"), ("slope", "days")])
    *others, days, slope = made.fits
    singular = days.model_copy(update={"coefficients_other": days.coefficients, "anova_other": days.anova})
    return replace(
        made,
        fits=(*others, singular, slope),
        hypotheses=(DeclaredHypothesis(name="H1", text="Days slow reactions", term="Days"),),
        results={
            "allfit": refits(),
            "cost": cost(made),
            "deletions": deletions(),
            "remedies": advice(),
            "effects": effects(),
            "diagnostics/slope": checks(),
            "influence": influence(),
            "sensitivity/df": variants(),
            "variants/0-4": varied(made),
            "power_result": planned_studies(),
            "checks": expectations(),
            "changes": changed(),
        },
    )


def cost(made):
    """Return the cost of the slope rung with z tests, and least squares within each subject."""
    fit = Estimates(build_design(FORMULAS["slope"], SLEEP)).under("REML")
    clusters = default_clusters(fit)
    tests = coefficient_tests(fit, "z", 0.95)
    found = cluster_cost(fit.design, clusters, model="slope", confidence=0.95, mixed=MixedModel(fit, tests))
    return CostRecord(costs=(found,), separate=separate_level_1_fits(fit.design, clusters, model="slope"))


def expectations():
    """Return an expectation about a number that fails, and one about words that holds."""
    number = Finding(
        what="estimate of Days in rung days", quantity="estimate", found=10.5, shown="10.5",
        expected="at most 10", holds=False, message="the estimate is 10.5; at most 10 was expected",
    )  # fmt: skip
    words = number.model_copy(update={"found": None, "shown": "converged", "holds": True})
    shared = {"kind": "model", "title": "t", "severity": "error", "line": 3, "column": 5}
    return ChecksRecord(
        name="sleep",
        expectations=(
            CheckedExpectation(position=0, findings=(number,), **shared),
            CheckedExpectation(position=1, findings=(words,), **shared),
        ),
    )


def changed():
    """Return a number and a word that differ from an earlier run."""
    number = Change(
        area="estimates", what="days, estimate of Days", before="10.1", after="10.5", before_value=10.1,
        after_value=10.5, remark="the difference is 0.4, and 0.0001 is allowed",
    )  # fmt: skip
    word = Change(area="spec", what="ladder[days].formula", before="a", after="b")
    return ChangesRecord(other="results/before", changes=(number, word))


def influence():
    """Return the influence of two groups on the slope rung; the model cannot do without the second."""
    factor = FactorInfluence(
        grouping_factor="Subject", n_levels=2, levels=("308", "309"), n=(10, 10), cook=(0.1, None),
        covratio=(1.1, None), dfbetas=((0.5,), (None,)), estimate=((10.1,), (None,)),
        se=((1.5,), (None,)), p=((0.001,), (None,)), rvc=((None,), (None,)), reasons={"309": "too few"},
        cook_line=2.0, dfbetas_line=1.4,
    )  # fmt: skip
    model = ModelInfluence(
        model="slope", df_method="z", alpha=0.05, columns=("Days",), components=("var_Days|Subject",),
        factors=(factor,), rows=(RowInfluence(row=3, cook=0.2, leverage=0.1),),
    )  # fmt: skip
    return InfluenceRecord(models=(model,))


def variants():
    """Return the variants of the slope rung: z tests, and one that cannot be estimated."""
    numbers = {"estimate": 10.5, "se": 1.5, "df": 17.0, "p": 0.001, "ci_low": 7.0, "ci_high": 14.0}
    own = VariedCoefficient(
        term="Days", column="Days", column_there="Days", quantity="same", df_method="satterthwaite",
        changed=False, **numbers,
    )  # fmt: skip
    z = own.model_copy(update={"df": None, "df_method": "z", "changed": True})
    without = own.model_copy(
        update=dict.fromkeys([*numbers, "column_there", "changed"], None) | {"code": "not_estimable"}
    )
    done = Variation(name="z", what="by z", formula="f", ending="converged", n=180, coefficients=(z,))
    refused = Variation(
        name="x", what="with x", formula="", ending="not_estimable", reasons=("no",), coefficients=(without,)
    )
    return SensitivityRecord(
        model="slope", kind="df", confidence=0.95, selected=False, own=(own,), variations=(done, refused)
    )


def planned_studies():
    """Return planned studies of two sizes, one effect of one and one of two coefficients."""
    single = ClosedEffect(
        effect="x", q=1, estimate=0.3, se=0.1, df=27.5, power=0.8, power_se=0.001, power_sd=0.01, ceiling=0.9
    )
    double = ClosedEffect(
        effect="condition",
        q=2,
        estimate=None,
        se=None,
        df=30.0,
        power=0.7,
        power_se=0.0,
        power_sd=0.0,
        ceiling=0.8,
    )
    found = PowerEffect(
        effect="x", q=1, rejections=79, power=0.79, ci_low=0.7, ci_high=0.86, conditional=0.801,
        conditional_se=0.004, size_at_0=0.05, size_se=0.002, half_width=0.2, half_width_assured=0.22,
        detectable=0.3,
    )  # fmt: skip
    counted = PowerEffect(effect="condition", q=2, rejections=70, power=0.7, ci_low=0.6, ci_high=0.78)
    curve = [
        CurvePoint(
            effect="x", x_name="estimate", x=x, power=power, low=power, high=power, method="conditional"
        )
        for x, power in ((0.0, 0.05), (0.3, 0.8))
    ]
    scenarios = tuple(
        PowerScenario(
            closed=ClosedScenario(
                name=f"groups={J}, rows={n}", cell={"groups": J, "rows": n}, job="a", groups=J, rows=n,
                n=J * n, designs=1, effects=(single, double),
            ),
            B=100, failed=1, singular=2, effects=(found, counted), curve=tuple(curve),
            joint=(JointPower(effect="all of them", rejections=60, power=0.6, ci_low=0.5, ci_high=0.7),),
            required=(Required(effect="x", what="cost", value=900.0, groups=J, rows=n, power=0.8),),
        )
        for J in (20, 40)
        for n in (5, 10)
    )  # fmt: skip
    declared = PlannedParameter(
        scenario="groups=20, rows=5", parameter="groups: g", declared="20", raw=20.0, source=None
    )
    return PowerRecord(
        alpha=0.05, alternative="two-sided", target=0.8, df_method="satterthwaite", method="REML",
        solve="cost", formula="y ~ x + (1 | g)", seed=1, replicates=100, redrawn=True,
        grid={"groups": (20.0, 40.0), "rows": (5.0, 10.0)}, cost_group=10.0, cost_row=1.0,
        scenarios=scenarios, parameters=(declared,),
    )  # fmt: skip


def checks():
    row = {"check": "zeros", "statistic": 1.2, "low": 0.9, "high": 1.1, "p": 0.004, "replicates": 1000}
    none = DiagnosticCheck(
        check="binned_residuals", of="g", statistic=None, flag=None, sentence="Long.", code="too_large"
    )
    rows = (DiagnosticCheck(**row, flag="concern", sentence="12 outcomes are 0."), none)
    return DiagnosticsRecord(model="slope", checks=rows, curves=())


def advice():
    blank = {"remedy": "center", "formula": "y ~ xw + (xw | g)", "what": "x centred", "ending": "converged"}
    change = CoefficientChange(
        column="x", column_there="xw", estimate=1.0, se=0.5, estimate_there=2.0, se_there=0.25, change=1.0,
        change_se=2.0, se_ratio=0.5,
    )  # fmt: skip
    untested = Alternative(**blank, verdict="other_model", untested="not nested", changes=(change,), aic=3.0)
    term = TermDiagnosis(
        group="g", source="(x | g)", names=("(Intercept)", "x"), rank=1, shares=(1.0, 0.0), text="flat",
        directions=(SingularDirection(kind="zero_sd", effects=("x",), weights=(1.0,)),),
    )  # fmt: skip
    rung = RungAdvice(
        model="m", formula="y ~ x + (x | g)", method="REML", status="singular", reasons=(), criterion=1.0,
        npar=6, aic=2.0, bic=3.0, terms=(term,), alternatives=(untested,),
    )  # fmt: skip
    return RemedyRecord(rungs=(rung,))


def effects():
    """Return what is read from a model whose slope of Days depends on a number and on a category."""
    frame = SLEEP.assign(
        age=SLEEP["Subject"].astype(int) % 7, half=np.where(SLEEP["Days"] > 4, "late", "early")
    )
    design = build_design("Reaction ~ Days * age + Days * half + (1 | Subject)", frame)
    fit = Estimates(design).under("REML")
    against = reference(fit, "satterthwaite")
    fitted = Fitted("slope", Predictors(design, frame), against, 0.95)
    hypotheses = [parse_linear(text, design.columns) for text in ("Days - age = 1", "halflate = 0")]
    return EffectsRecord(
        contrasts=(contrast_test(fitted, "a", hypotheses),),
        slopes=(*simple_slopes(fitted, "Days", "age"), *simple_slopes(fitted, "Days", "half")),
        means=factor_means(fitted, "half"),
        contexts=contexts(),
        standardized_differences=group_difference(fitted, fit, "half", np.full(len(frame), np.nan)),
    )


def deletions():
    tests = (
        RandomEffectTest(
            term="(1 | Subject)", group="Subject", effects=("(Intercept)",), npar=3,
            loglik=-950.0, aic=1906.0, statistic=107.2, df=1, p_naive=4e-25,
            p_boundary=2e-25, p_boundary_code=None, p_rlrt=1e-4, p_rlrt_code=None,
            mixture=(MixtureComponent(df=0, weight=0.5), MixtureComponent(df=1, weight=0.5)),
        ),
        RandomEffectTest(
            term="Days in (Days | Subject)", group="Subject", effects=("Days",), npar=4,
            loglik=None, aic=None, statistic=None, df=2,
            p_naive=None, p_boundary=None, mixture=None, p_boundary_code="not_estimable", p_rlrt=None,
            p_rlrt_code="not_estimable", reason="no residual variance",
        ),
    )  # fmt: skip
    variances = (
        Heterogeneity(group="Subject", effect="(Intercept)", statistic=90.1, df=17, p=1e-11, n_groups=18),
        Heterogeneity(
            group="item",
            effect="Days",
            statistic=None,
            df=None,
            p=None,
            n_groups=None,
            code="several_factors",
        ),
    )
    rung = RungDeletions(
        model="slope", method="REML", npar=6, loglik=-871.8, aic=1755.6, deletions=tests,
        heterogeneity=variances,
    )  # fmt: skip
    return DeletionsRecord(rungs=(rung,))


def varied(made):
    """Return four variants: two with numbers, of which one is singular, one without numbers and one empty."""
    slope = made.fits[-1]
    days = slope.coefficients[-1].with_values(estimate=-1.0, ci_low=-2.0, ci_high=0.5)
    z = days.with_values(estimate=3.0, ci_low=1.0, ci_high=5.0, df=None, df_method="z")
    rungs = {
        "all": VariantRung(
            model="slope", formula="f", status="singular", df_method="z", n=180, groups={"Subject": 18},
            coefficients=(days,),
        ),
        "few": VariantRung(model="slope", formula="f", status="converged", n=90, coefficients=(z,)),
        "null": VariantRung(model="slope", formula="f", status="converged", n=90),
        "none": VariantRung(model="slope", formula="f", status="failed", reason="no row is left"),
    }  # fmt: skip
    found = tuple(
        Variant(
            name=name,
            key=name,
            values=(VariantValue(axis="subset", name=name, label=name.title(), what="Days > 1"),),
            rungs=(rung,),
            comparisons=made.comparisons[:1] if name == "all" else (),
        )
        for name, rung in rungs.items()
    )
    return VariantsRecord(confidence=0.95, coefficient=None, rung=None, variants=found)


def test_the_curve_of_variants_is_counted(run):
    (row,) = rows_of(TABLES["variant_summary"](run))
    assert (row["model"], row["column"], row["shown"]) == ("slope", "Days", "true")
    assert (row["variants"], row["estimated"], row["singular"], row["failed"]) == ("4", "2", "1", "1")
    assert (float(row["median"]), float(row["min"]), float(row["max"])) == (1.0, -1.0, 3.0)
    assert (row["same_direction"], row["off_zero"], row["same_and_off_zero"]) == ("1", "1", "1")


def test_a_variant_without_numbers_keeps_its_row_with_the_reason(run):
    rows = {row["variant"]: row for row in rows_of(TABLES["variants"](run))}
    assert rows["none"]["reason"] == "no row is left"
    assert "estimate=fit_failed" in rows["none"]["null_codes"]
    assert "estimate=not_in_model" in rows["null"]["null_codes"]
    assert "df=infinite" in rows["few"]["null_codes"]
    assert rows["all"]["groups"] == "Subject=18"


def refits():
    found = {"criterion": 1743.6, "delta": 0.0, "max_dbeta_se": None, "max_dsd": 0.0, "evaluations": 7}
    rows = (
        RefitRow(optimizer="auto", start="default", status="converged", **found),
        RefitRow(optimizer="bobyqa", start="default", status="not_installed", **dict.fromkeys(found)),
    )
    rung = RungRefits(model="slope", method="REML", agree=True, verdict="All agree.", refits=rows)
    return AllFitRecord(rungs=(rung,))


def rows_of(table):
    return list(csv.DictReader(io.StringIO(table.to_csv())))


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_those_of_the_contract(run, name):
    table = TABLES[name](run)
    assert table.name == name
    assert table.columns == (*COLUMNS[name].split(), "null_codes")
    assert table.rows


@pytest.mark.parametrize("name", TABLES)
def test_every_empty_cell_has_a_code(run, name):
    for row in rows_of(TABLES[name](run)):
        empty = {column for column, value in row.items() if value == "" and column != "null_codes"}
        coded = {
            pair.split("=")[0] for pair in row["null_codes"].split("; ") if "[" not in pair.split("=")[0]
        }
        assert coded - {""} == empty


@pytest.mark.parametrize("name", TABLES)
def test_a_run_without_results_has_tables_without_rows(run, name):
    nothing = {"occasions": None, "descriptives": Descriptives(), "slopes": ()}
    profile = run.data_profile.model_copy(update=nothing)
    nothing = RunRecords("r", "r", run.labels, profile, (), (), {}, (), (), {})
    assert TABLES[name](nothing).to_csv().splitlines() == [",".join((*COLUMNS[name].split(), "null_codes"))]


def test_numbers_are_not_rounded(run):
    row = rows_of(TABLES["fixed"](run))[-1]
    assert float(row["estimate"]) == run.fits[-1].coefficients[-1].estimate
    assert row["dropped"] == "false"


def test_the_search_is_told_evaluation_by_evaluation(run):
    table = TABLES["trace"](run)
    for fit in run.fits:
        for optimum in (fit.reml, fit.ml):
            rows = [row for row in table.rows if row[:2] == (fit.model, optimum.method)]
            assert [row[2] for row in rows] == sorted({row[2] for row in rows})
            assert 1 <= len(rows) <= optimum.convergence.evaluations
            assert min(row[3] for row in rows) == pytest.approx(optimum.criterion, rel=1e-9)


def test_only_a_cell_that_a_key_can_fill_is_called_not_requested(run):
    for row in rows_of(TABLES["fixed"](run)):
        reason = "dropped" if row["dropped"] == "true" else "not_requested"
        assert f"std_estimate={reason}" in row["null_codes"]
    for row in rows_of(TABLES["trace"](run)):
        assert "not_requested" not in row["null_codes"]


def test_a_dropped_column_keeps_its_row(run):
    row = next(row for row in rows_of(TABLES["fixed"](run)) if row["dropped"] == "true")
    assert (row["column"], row["estimate"]) == ("I(2 * Days)", "")
    assert "estimate=dropped" in row["null_codes"]


def test_a_term_of_which_nothing_is_left_has_a_row_without_numbers(run):
    rows = [row for row in rows_of(TABLES["anova"](run)) if row["model"] == "days"]
    assert [(row["term"], row["num_df"]) for row in rows] == [("Days", "1"), ("I(2 * Days)", "0")]
    t = float(run.fit("days").coefficients[1].statistic)
    assert float(rows[0]["F"]) == pytest.approx(t**2)
    assert "F=not_estimable" in rows[1]["null_codes"]


def test_weights_of_the_criteria_sum_to_one(run):
    table = TABLES["fit"](run)
    assert sum(table.column("AIC_weight")) == pytest.approx(1)
    assert table.column("AIC_weight")[2] > 0.999
    assert table.column("J_per_factor") == ("Subject=18",) * 3
    assert set(table.column("seconds")) == {None}


def test_rungs_of_other_outcomes_have_no_weights(run):
    other = run_of({"null": FORMULAS["null"], "log": "log(Reaction) ~ Days + (1 | Subject)"})
    assert TABLES["fit"](other).column("AIC_weight") == (None, None)


def test_a_comparison_holds_test_mixture_and_reductions(run):
    first, second, third = rows_of(TABLES["comparison"](run))
    assert (first["from"], first["to"], first["what_changed"], first["nested"]) == (
        "null",
        "days",
        "fixed",
        "true",
    )
    assert first["prv"].startswith("sigma2=0.")
    assert second["mixture"] == "chi2(1)=0.5; chi2(2)=0.5"
    assert "prv[Subject: Days]=not_in_reference" in second["null_codes"]
    assert (third["statistic"], third["nested"]) == ("", "false")
    assert "statistic=wrong_order" in third["null_codes"]
    assert "other way round" in third["reason"]


def test_the_residual_is_a_group_of_its_own(run):
    rows = [row for row in rows_of(TABLES["random"](run)) if row["group"] == "Residual"]
    assert [(row["model"], row["kind"]) for row in rows[:2]] == [("null", "variance"), ("null", "sd")]


def test_single_level_models_repeat_what_holds_for_all_coefficients(run):
    rows = rows_of(TABLES["ols"](run))
    assert len({row["r_squared"] for row in rows}) == 1
    assert rows[1]["se_cluster"].startswith("Subject=")


def test_an_optimiser_that_is_not_there_has_a_row_that_says_so(run):
    first, second = rows_of(TABLES["allfit"](run))
    assert (first["d"], first["status"], first["seconds"]) == ("1743.6", "converged", "")
    assert (second["d"], second["status"]) == ("", "not_installed")
    assert "d=not_installed" in second["null_codes"]


def test_a_variant_without_numbers_says_why_and_a_z_test_has_infinite_df(run):
    own, z, without = rows_of(TABLES["sensitivity"](run))
    assert (own["variant"], own["changed"], own["status"]) == ("as_fitted", "false", "converged")
    assert (z["variant"], z["df"], z["changed"]) == ("df/z", "", "true")
    assert "df=infinite" in z["null_codes"]
    assert (without["estimate"], without["changed"], without["reason"]) == ("", "", "no")
    assert "estimate=not_estimable" in without["null_codes"]


def test_an_alternative_without_a_test_says_so(run):
    (other,) = rows_of(TABLES["remedies"](run))
    assert (other["AIC"], other["statistic"], other["reason"]) == ("3.0", "", "not nested")
    assert "statistic=not_nested" in other["null_codes"]
    (fixed,) = rows_of(TABLES["remedies_fixed"](run))
    assert (fixed["column_there"], fixed["change_se"], fixed["se_ratio"]) == ("xw", "2.0", "0.5")
    (flat,) = rows_of(TABLES["singular"](run))
    assert (flat["kind"], flat["effects"], flat["sd_shares"]) == ("zero_sd", "x", "1.0; 0.0")
    assert "crossing=not_applicable" in flat["null_codes"]


def test_text_is_written_as_it_is():
    table = Table("t", ("a", "b"), (("=1+1", None), ('say "x", y', True), ("line\nbreak", 0.1)))
    assert table.to_csv() == 'a,b\n=1+1,\n"say ""x"", y",true\n"line\nbreak",0.1\n'


def test_the_same_records_give_the_same_bytes(run):
    assert [make(run).to_csv() for make in TABLES.values()] == [
        make(run).to_csv() for make in TABLES.values()
    ]


@pytest.mark.parametrize(
    ("cells", "words"), [({"a": None}, "without a code: a"), ({"a": float("nan")}, "a is nan")]
)
def test_a_cell_that_says_nothing_is_refused(cells, words):
    with pytest.raises(ValueError, match=words):
        table_of("t", ("a",), [(cells, {})])


@pytest.mark.parametrize(
    ("value", "cell"),
    [(np.float64(1.5), 1.5), (np.int64(2), 2), (float("nan"), None), (None, None), ("x", "x")],
)
def test_values_of_frames_become_cells(value, cell):
    assert as_cell(value) == cell


def test_other_values_are_no_cells():
    with pytest.raises(TypeError):
        as_cell((1, 2))


def test_a_check_without_a_statistic_has_the_reason_in_its_codes(run):
    first, second = rows_of(TABLES["diagnostics"](run))
    assert (first["of"], first["flag"], first["statistic"], first["high"]) == ("", "concern", "1.2", "1.1")
    assert first["null_codes"] == "of=rows; df=not_applicable; effect=not_applicable"
    assert second["of"] == "g"
    assert "statistic=too_large" in second["null_codes"]


def test_the_cost_of_z_tests_has_no_degrees_of_freedom_and_one_row_per_coefficient(run):
    rows = rows_of(TABLES["cost"](run))
    assert [row["column"] for row in rows] == ["(Intercept)", "Days"]
    assert all("mixed_df=infinite" in row["null_codes"] for row in rows)
    assert [row["n_estimable"] for row in rows] == ["18", "18"]
    assert float(rows[1]["cr2_df"]) == pytest.approx(17)
    within = rows_of(TABLES["lm_list"](run))
    assert len(within) == 36
    days = [float(row["estimate"]) for row in within if row["column"] == "Days"]
    assert np.mean(days) == pytest.approx(float(rows[1]["ols_estimate"]))
