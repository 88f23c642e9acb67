"""Figures of models that are really fitted, on small simulated data."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.design.predictors import Predictors
from mlm_steps.diagnose import Subject, diagnose
from mlm_steps.diagnose.assumptions import check_assumptions
from mlm_steps.diagnose.parts.influence import Tested, influence_of
from mlm_steps.diagnose.parts.subject import Model
from mlm_steps.diagnose.parts.variables import variables_of
from mlm_steps.effects import Fitted, factor_means, simple_slopes
from mlm_steps.engine import Estimates
from mlm_steps.engine.posterior.random_effects import random_effects
from mlm_steps.engine.result.mixed_fit import MixedFit, generalized_fit, linear_fit
from mlm_steps.figures import FigureInput
from mlm_steps.inference import reference, test_coefficients
from mlm_steps.records import EffectsRecord, RunIntervals, SlopeComparison
from mlm_steps.records.allfit import AllFitRecord, RefitRow, RungRefits
from mlm_steps.records.diagnostics import AssumptionsRecord
from mlm_steps.records.effects import FactorMeans, SimpleSlopes
from mlm_steps.records.influence import InfluenceRecord, ModelInfluence
from mlm_steps.records.response import Response
from mlm_steps.records.run import Labels, RunRecords
from mlm_steps.records.sensitivity import SensitivityRecord
from mlm_steps.sensitivity import Baseline
from mlm_steps.sensitivity.examine import examine
from mlm_steps.steps.parts.fit_record import fit_record
from mlm_steps.steps.profile import profile_record
from mlm_steps.variance import Explained, explain
from mlm_steps.variance.aggregation import comparison_of, simpson_check

BETWEEN = SimpleNamespace(variable="w", factor="g", level="between")


def simulated(groups: int, size: int, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(groups), size)
    x = rng.normal(size=len(g))
    w = rng.integers(0, 2, groups)[g]
    b = rng.normal(size=(groups, 2))
    y = 10 + b[g, 0] + (2 + 0.5 * b[g, 1]) * x - w * x + rng.normal(size=len(g))
    return pd.DataFrame(
        {
            "y": y,
            "x": x,
            "w": pd.Categorical(np.where(w == 1, "yes", "no"), categories=["no", "yes"]),
            "c": pd.Categorical(rng.choice(["a", "b", "c"], len(g))),
            "g": pd.Categorical([f"group {name}" for name in g]),
        }
    )


def _slopes(model: str, estimates: Estimates, frame: pd.DataFrame) -> list[SimpleSlopes]:
    """Return each slope of a pair of predictors that share a term, by the other."""
    fit = estimates.under("REML")
    fitted = Fitted(model, Predictors(fit.design, frame), reference(fit, "residual"), 0.95)
    pairs = [(a, b) for a in fitted.predictors.by_name for b in fitted.predictors.partners(a)]
    return [each for pair in pairs for each in simple_slopes(fitted, *pair)]


def _means(model: str, estimates: Estimates, frame: pd.DataFrame) -> tuple[FactorMeans, ...]:
    """Return the means of the levels of c, if the model has it."""
    fit = estimates.under("REML")
    fitted = Fitted(model, Predictors(fit.design, frame), reference(fit, "residual"), 0.95)
    return factor_means(fitted, "c") if "c" in fitted.predictors.by_name else ()


def _factor(frame: pd.DataFrame) -> SimpleNamespace:
    sizes = frame["g"].value_counts()
    return SimpleNamespace(
        name="g",
        n_levels=len(sizes),
        size_min=int(sizes.min()),
        size_max=int(sizes.max()),
        size_median=float(sizes.median()),
    )


def _refits(model: str) -> RungRefits:
    """Return refits of which one ended at another point."""
    ended = (("newton", "optimum", 0.0), ("newton", "default", 1e-9), ("bfgs", "default", 4.0))
    rows = [
        RefitRow(
            optimizer=name, start=start, criterion=1.0 + delta, delta=delta, max_dbeta_se=0.0, max_dsd=0.0,
            evaluations=10, status="wrong" if delta > 1 else "converged",
        )
        for name, start, delta in ended
    ]  # fmt: skip
    return RungRefits(model=model, method="REML", agree=False, verdict="bfgs differs", refits=tuple(rows))


def _influence(model: str, fit: MixedFit) -> ModelInfluence:
    tests = test_coefficients(fit, "residual", 0.95)
    tested = Tested("residual", tests.df, tests.se, tests.p, 0.05)
    return influence_of(model, fit, tested, "quick")


def _within_between(frame: pd.DataFrame) -> tuple[SlopeComparison, ...]:
    """Return the slopes of y on x, if there are groups enough."""
    codes = frame["g"].cat.codes.to_numpy()
    check = simpson_check(frame["y"].to_numpy(), frame["x"].to_numpy(), codes)
    return () if check is None else (comparison_of("y", "x", "g", check),)


def _variants(model: str, text: str, fit: MixedFit, frame: pd.DataFrame) -> dict[str, SensitivityRecord]:
    """Return the records of two kinds of variants of a model; none if it has no predictors."""
    if fit.design.p == 1:
        return {}
    baseline = Baseline(model, parse_formula(text), fit, frame, "residual")
    return {f"sensitivity/{kind}": examine(baseline, kind) for kind in ("df", "centring")}


def _checked(model: str, estimates: Estimates, frame: pd.DataFrame) -> Model:
    """Return the last model with its predictors, whose assumptions the figures show."""
    design = estimates.under("REML").design
    names = [name for columns in design.term_variables for name in columns]
    variables = variables_of(frame, design.rows, dict.fromkeys(names))
    return Model(model, linear_fit(estimates.under("REML")), variables)


@pytest.fixture
def make_input() -> Callable[..., FigureInput]:
    """Return a function that fits a ladder and gives the input of its figures."""

    def make(formulas: dict[str, str], frame: pd.DataFrame, labels: Labels | None = None) -> FigureInput:
        fits, modes, profiles, slopes, variance = [], {}, [], [], []
        for model, text in formulas.items():
            estimates = Estimates(build_design(text, frame))
            fits.append(
                fit_record(
                    model, text, estimates, method="REML", df_method="residual", confidence=0.95,
                    weights=None,
                    sample_hash="s", variable_levels={},
                )
            )  # fmt: skip
            profiles.append(profile_record(estimates.under("ML"), fits[-1], ("variance",)))
            slopes += _slopes(model, estimates, frame)
            variance.append(explain(Explained(model, estimates.under("REML"))))
            modes[model] = pd.DataFrame(random_effects(estimates.under("REML")))
        run = RunRecords(
            name="small",
            title="Small",
            labels=labels or Labels({}, {}, {}),
            data_profile=SimpleNamespace(
                columns=(),
                variable_levels=(BETWEEN,),
                nesting=(),
                factors=(_factor(frame),),
                rows=len(frame),
                slopes=_within_between(frame),
            ),
            prelude=(),
            fits=tuple(fits),
            failed={},
            comparisons=(),
            variance=tuple(variance),
            modes=modes,
            intervals=RunIntervals({"variance": "profile"}, tuple(profiles)),
            results={
                "effects": EffectsRecord(slopes=tuple(slopes), means=_means(model, estimates, frame)),
                "allfit": AllFitRecord(rungs=(_refits(model),)),
                "influence": InfluenceRecord(models=(_influence(model, estimates.under("REML")),)),
                **_variants(model, text, estimates.under("REML"), frame),
                "assumptions": AssumptionsRecord(
                    models=(check_assumptions(_checked(model, estimates, frame)),)
                ),
            },
        )
        return FigureInput(run, frame, {name: parse_formula(text) for name, text in formulas.items()})

    return make


@pytest.fixture
def simulate() -> Callable[..., pd.DataFrame]:
    """Return a function that simulates data of so many groups of so many rows."""
    return simulated


@pytest.fixture
def make_generalized() -> Callable[..., FigureInput]:
    """Return a function that fits and checks one generalized model and gives the input of its figures."""

    def make(text: str, frame: pd.DataFrame, response: Response, labels: Labels | None = None) -> FigureInput:
        estimates = Estimates(build_design(text, frame, response=response))
        fit = estimates.under("ML")
        record = fit_record(
            "m", text, estimates, method="ML", df_method="z", confidence=0.95, weights=None,
            sample_hash="s", variable_levels={},
        )  # fmt: skip
        run = RunRecords(
            name="small",
            title="Small",
            labels=labels or Labels({}, {}, {}),
            data_profile=SimpleNamespace(columns=(), variable_levels=(BETWEEN,), nesting=()),
            prelude=(),
            fits=(record,),
            failed={},
            comparisons=(),
            variance=(),
            modes={"m": pd.DataFrame(random_effects(fit))},
            results={"diagnostics/m": diagnose(Subject("m", generalized_fit(fit), 1))},
        )
        return FigureInput(run, frame, {"m": parse_formula(text)})

    return make
