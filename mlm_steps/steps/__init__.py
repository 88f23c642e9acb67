"""The steps of a run. Each has a module, a rule of the workflow and a declaration in ``STEPS``.

To add one, write ``steps/<name>.py`` with a function ``<name>(session, *values of the options)``, a rule in
``workflow/rules``, and a declaration here, after the steps that it reads.
"""

from __future__ import annotations

from mlm_steps.steps.run.declaration import Declaration, Option, OptionalWork, Scope

__all__ = ["STEPS"]

_MODEL = Option("model", "name of the model")
_PAIR = (Option("smaller", "the smaller model"), Option("larger", "the larger model"))
_REPLICATES = Option("replicates", "which, counted from 0, the end excluded, such as 0-500")

_RUN = Scope("", (), lambda _: [()])
_PRELUDE = Scope("{model}", (_MODEL,), lambda plan: [(model.name,) for model in plan.spec.prelude])
_RUNG = Scope("{model}", (_MODEL,), lambda plan: [(name,) for name in plan.rungs])
_COMPARISON = Scope("{smaller}--{larger}", _PAIR, lambda plan: plan.pairs)
_ALL = ("figure", "tables", "report")

STEPS: dict[str, Declaration] = {
    "data": Declaration(
        "read the data, keep the common sample",
        _RUN,
        "data/profile.json",
        key=lambda plan, _: plan.data_key,
        fails_alone=False,
        changed="the data file, or what the spec says about data and variables, has changed",
    ),
    "prelude": Declaration(
        "fit one single-level model",
        _PRELUDE,
        "prelude/{of}.json",
        example="--model ols",
        key=lambda plan, of: plan.prelude_key(*of),
        read_by=_ALL,
        changed="its formula or the columns that it uses have changed",
        preload=("statsmodels.stats.sandwich_covariance",),
    ),
    "fit": Declaration(
        "fit one rung",
        _RUNG,
        "fits/{of}.json",
        example="--model slope",
        key=lambda plan, of: plan.fit_key(*of),
        read_by=_ALL,
        changed="its formula, the estimation settings or the columns that it uses have changed",
    ),
    "compare": Declaration(
        "compare two rungs",
        _COMPARISON,
        "comparisons/{of}.json",
        example="--smaller l1 --larger slope",
        models=lambda plan, of: plan.grouped(of),
        depends_on=lambda plan, of: [
            plan.spec.seed,
            plan.spec.tests.rlrt,
            plan.spec.tests.bootstrap,
            *plan.ungrouped_keys(of),
            plan.spec.estimation.bic_n,
        ],
        read_by=_ALL,
    ),
    "variance": Declaration(
        "explained variance of one rung",
        _RUNG,
        "variance/{of}.json",
        example="--model slope",
        models=lambda plan, of: plan.variance_models(*of),
        depends_on=lambda plan, _: plan.variance_settings,
        read_by=_ALL,
    ),
    "diagnostics": Declaration(
        "check one generalized rung against its distribution",
        Scope("{model}", (_MODEL,), lambda plan: [(name,) for name in plan.distributions]),
        "diagnostics/{of}.json",
        example="--model slope",
        models=lambda _, of: of,
        depends_on=lambda plan, _: [plan.spec.seed, plan.spec.effort == "full"],
        read_by=_ALL,
        record="diagnostics:DiagnosticsRecord",
    ),
    "assumptions": Declaration(
        "check the assumptions of all models",
        Scope("", (), lambda plan: [] if plan.spec.diagnostics == "none" else [()]),
        "assumptions/ladder.json",
        models=lambda plan, _: plan.rungs,
        depends_on=lambda plan, _: plan.assumption_settings,
        read_by=_ALL,
        record="diagnostics:AssumptionsRecord",
    ),
    "influence": Declaration(
        "find influential groups and rows",
        Scope("", (), lambda plan: [] if plan.spec.diagnostics == "none" else [()]),
        "influence/ladder.json",
        models=lambda plan, _: plan.rungs,
        depends_on=lambda plan, _: [plan.spec.diagnostics, plan.spec.estimation.confidence],
        read_by=_ALL,
        record="influence:InfluenceRecord",
    ),
    "effort": Declaration(
        "decide which optional work is done",
        _RUN,
        "effort/ladder.json",
        models=lambda plan, _: plan.rungs,
        after=lambda plan, _: [
            *(_COMPARISON.name("compare", pair) for pair in plan.pairs),
            *(f"diagnostics/{name}" for name in plan.distributions),
        ],
        depends_on=lambda plan, _: plan.effort_settings,
        read_by=("report",),
        record="effort:EffortRecord",
    ),
    "simulate": Declaration(
        "some bootstrap replicates of a comparison",
        Scope("{smaller}--{larger}/{replicates}", (*_PAIR, _REPLICATES), lambda plan: plan.simulated),
        "simulations/{of}.json",
        example="--smaller l1 --larger slope --replicates 0-500",
        models=lambda plan, of: plan.grouped(of[:2]),
        after=lambda _, of: [_COMPARISON.name("compare", of[:2])],
        depends_on=lambda plan, of: [plan.spec.seed, of[2], *plan.ungrouped_keys(of[:2])],
        read_by=_ALL,
        optional=OptionalWork(
            "simulate",
            "bootstrapped comparisons",
            "tests: {bootstrap: always}",
            lambda spec: spec.tests.bootstrap == "always",
            lambda _, of: [f"{of[0]}--{of[1]}"],
        ),
    ),
    "profile": Declaration(
        "profile intervals of one rung",
        Scope("{model}", (_MODEL,), lambda plan: plan.with_intervals("profile")),
        "profile/{of}.json",
        example="--model slope",
        models=lambda _, of: of,
        depends_on=lambda plan, _: plan.interval_settings("profile"),
        read_by=_ALL,
        optional=OptionalWork(
            "profile",
            "profile intervals",
            "intervals: {variance: profile, icc: profile}",
            lambda spec: bool(spec.intervals.model_fields_set & {*spec.intervals.kinds("profile")}),
            lambda _, of: of,
        ),
    ),
    "resample": Declaration(
        "some bootstrap replicates of one rung",
        Scope("{model}/{replicates}", (_MODEL, _REPLICATES), lambda plan: plan.resamples),
        "bootstrap/{of}.parquet",
        example="--model slope --replicates 0-500",
        models=lambda _, of: of[:1],
        depends_on=lambda plan, of: [plan.spec.seed, plan.spec.bootstrap.kind, of[1]],
    ),
    "bootstrap": Declaration(
        "bootstrap intervals of one rung",
        Scope("{model}", (_MODEL,), lambda plan: plan.with_intervals("bootstrap")),
        "bootstrap/{of}.json",
        example="--model slope",
        models=lambda _, of: of,
        after=lambda plan, of: [f"resample/{of[0]}/{replicates}" for replicates in plan.resampled],
        depends_on=lambda plan, _: plan.interval_settings("bootstrap"),
        read_by=_ALL,
    ),
    "cost": Declaration(
        "compare standard errors with and without clusters",
        _RUN,
        "cost/ladder.json",
        models=lambda plan, _: plan.rungs,
        depends_on=lambda plan, _: [plan.test_settings, *plan.prelude_keys],
        read_by=("tables", "report"),
        record="cost:CostRecord",
        preload=("statsmodels.stats.sandwich_covariance",),
    ),
    "effects": Declaration(
        "test contrasts, slopes and means of all rungs, and contextual effects",
        _RUN,
        "effects/ladder.json",
        models=lambda plan, _: plan.rungs,
        depends_on=lambda plan, _: [plan.readings, plan.test_settings, plan.derivations],
        read_by=_ALL,
        record="effects:EffectsRecord",
    ),
    "allfit": Declaration(
        "refit with every optimiser",
        Scope("", (), lambda plan: [] if plan.spec.estimation.allfit == "never" else [()]),
        "allfit/ladder.json",
        example="--model slope",
        options=(
            Option(
                "model",
                "print the table of this rung, write nothing (default: write the record of all rungs)",
                required=False,
            ),
        ),
        models=lambda plan, _: plan.rungs,
        depends_on=lambda plan, _: plan.allfit_settings,
        read_by=("tables", "report"),
        record="allfit:AllFitRecord",
        optional=OptionalWork(
            "allfit",
            "refits by other optimisers",
            "estimation: {allfit: always}",
            lambda spec: spec.estimation.allfit == "always",
            lambda plan, _: plan.rungs,
        ),
    ),
    "remedies": Declaration(
        "fit alternatives to singular rungs",
        _RUN,
        "remedies/ladder.json",
        models=lambda plan, _: plan.rungs,
        depends_on=lambda plan, _: [plan.spec.estimation.confidence, plan.spec.estimation.bic_n],
        read_by=("tables", "report"),
        record="remedies:RemedyRecord",
        optional=OptionalWork(
            "remedies",
            "alternatives to singular and doubtful fits",
            "effort: full",
            lambda _: False,
            lambda plan, _: plan.rungs,
        ),
    ),
    "deletions": Declaration(
        "test leaving out random effects",
        _RUN,
        "deletions/ladder.json",
        models=lambda plan, _: plan.rungs,
        depends_on=lambda plan, _: [plan.spec.seed, plan.spec.tests.rlrt, plan.spec.tests.ranova],
        read_by=("tables", "report"),
        record="deletions:DeletionsRecord",
        optional=OptionalWork(
            "deletions",
            "tests of single random effects",
            "tests: {ranova: true}",
            lambda spec: "ranova" in spec.tests.model_fields_set,
            lambda plan, _: plan.rungs,
        ),
    ),
    "sensitivity": Declaration(
        "fit variants of the final rung",
        Scope(
            "{kind}",
            (Option("kind", "what varies, such as df or centring"),),
            lambda plan: [(kind,) for kind in plan.spec.sensitivity_kinds],
        ),
        "sensitivity/{of}.json",
        example="--kind df",
        models=lambda plan, _: plan.rungs,
        depends_on=lambda plan, _: [plan.data_key, plan.readings, plan.test_settings],
        read_by=_ALL,
        record="sensitivity:SensitivityRecord",
    ),
    "figure": Declaration(
        "draw one figure",
        Scope("{name}", (Option("name", "name of the figure"),), lambda plan: plan.figures),
        "figures/{of}.json",
        example="--name ladder",
        depends_on=lambda plan, _: plan.labels,
        read_by=("report",),
        fails_alone=False,
        preload=("matplotlib.backends.backend_svg", "matplotlib.figure", "mlm_steps.figures:load_drawers"),
    ),
    "tables": Declaration(
        "write the tables as CSV",
        _RUN,
        "tables/fit.csv",
        depends_on=lambda plan, _: plan.table_settings,
        read_by=("report",),
        fails_alone=False,
    ),
    "report": Declaration(
        "render the report",
        _RUN,
        "report.{format}",
        depends_on=lambda plan, _: plan.report_settings,
        fails_alone=False,
        changed="the spec or its title and labels have changed",
        preload=("latex2mathml.converter", "mlm_steps.report.render:compile_templates"),
    ),
}
