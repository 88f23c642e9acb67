"""R² of the fixed effects from their F tests (statistics, section 9.5)."""

from __future__ import annotations

from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained, FTest

__all__ = ["r2_beta"]

SOURCE = "Edwards et al. 2008, Kenward–Roger"
NAMES = "r2_beta", "r2_beta_partial"


def r2_beta(explained: Explained) -> Contribution:
    """Return qF/v / (1 + qF/v) of all fixed effects and of each term, if the measure is asked for.

    F is Kenward and Roger's, with q and v degrees of freedom: of all coefficients but the intercept, or of
    those of one term given all others (semi-partial; the scope is the term). A model without predictors has
    no value. Generalized models have none (``not_applicable``).
    """
    if "r2_beta" not in explained.wanted:
        return Contribution()
    if not explained.linear or explained.f_tests is None:
        return Contribution(measures=(_row("total", None, "not_applicable"),))
    return Contribution(measures=tuple(_of(test) for test in explained.f_tests()))


def _of(test: FTest) -> VarianceMeasure:
    scope = "total" if test.term is None else test.term
    if test.F is None:
        return _row(scope, None, "not_estimable")
    ratio = test.num_df * test.F / test.den_df
    return _row(scope, ratio / (1.0 + ratio), test.code)


def _row(scope: str, value: float | None, code: str | None) -> VarianceMeasure:
    name = NAMES[scope != "total"]
    return VarianceMeasure(measure=name, scope=scope, value=value, method=SOURCE, code=code)
