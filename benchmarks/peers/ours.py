"""mlm_steps itself."""

from __future__ import annotations

import pandas as pd

from benchmarks.base import Peer, Run, Task


def fit(frame: pd.DataFrame, formula: str) -> Run:
    """Return the fit, from the formula on."""
    from mlm_steps.design.build import build_design
    from mlm_steps.engine import fit_lmm

    return lambda: fit_lmm(build_design(formula, frame)).criterion


def with_df(frame: pd.DataFrame, formula: str) -> Run:
    """Return the fit and Satterthwaite's tests."""
    import mlm_steps

    def run() -> float:
        found = mlm_steps.fit(formula, frame)
        assert found.df.size
        return float(found.criterion)

    return run


def generalized(family: str) -> Task:
    """Return the task of a generalized model, from the formula to the standard errors."""

    def task(frame: pd.DataFrame, formula: str) -> Run:
        from mlm_steps.design.build import build_design
        from mlm_steps.engine.families import family_of
        from mlm_steps.engine.fit.glmm import fit_glmm
        from mlm_steps.records.response import LINKS, Response

        response = Response(family, LINKS[family][0], None, None)

        def run() -> float:
            found = fit_glmm(build_design(formula, frame, response=response), family_of(family))
            assert found.se.size
            return found.deviance

        return run

    return task


def kenward_roger(frame: pd.DataFrame, formula: str) -> Run:
    """Return Kenward and Roger's tests of a fit at hand."""
    from mlm_steps.design.build import build_design
    from mlm_steps.engine import fit_lmm
    from mlm_steps.inference import test_coefficients

    found = fit_lmm(build_design(formula, frame))

    def run() -> float:
        test_coefficients(found, "kenward-roger", 0.95)
        return found.criterion

    return run


def bootstrap(frame: pd.DataFrame, formula: str) -> Run:
    """Return a thousand replicates of the parametric bootstrap of a fit at hand."""
    from mlm_steps.design.build import build_design
    from mlm_steps.engine import fit_lmm
    from mlm_steps.engine.bootstrap.replicates import refit_many
    from mlm_steps.engine.bootstrap.simulate import simulate

    found = fit_lmm(build_design(formula, frame))

    def run() -> float:
        assert refit_many(found, simulate(found, 1000, 1).T).failed == 0
        return found.criterion

    return run


def profile(frame: pd.DataFrame, formula: str) -> Run:
    """Return the profiles of all parameters, by ML as lme4's are, from an ML fit that is made anew."""
    from mlm_steps.design.build import build_design
    from mlm_steps.engine import fit_lmm
    from mlm_steps.engine.profile.profiles import parameters_of, profile_fit

    design = build_design(formula, frame)
    criterion = fit_lmm(design).criterion

    def run() -> float:
        found = fit_lmm(design, method="ML")
        assert profile_fit(found, parameters_of(design))
        return criterion

    return run


TASKS = {
    "fit": fit,
    "df": with_df,
    "kenward-roger": kenward_roger,
    "bootstrap": bootstrap,
    "profile": profile,
    "binomial": generalized("binomial"),
    "poisson": generalized("poisson"),
}
PEER = Peer("mlm", "mlm_steps", TASKS)
