"""Compare two fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import (
    LARGEST_SEED,
    MOST_REPLICATES,
    checked,
    names,
    one_of,
    truth,
    whole,
)  # fmt: skip
from mlm_steps.api.fitting import a_fit
from mlm_steps.api.least_squares import Lm
from mlm_steps.api.results import Fit
from mlm_steps.api.shown import Shown
from mlm_steps.api.without_groups import WithoutGroups, without_groups
from mlm_steps.compare import COMPARISONS, Simulations
from mlm_steps.errors import Fault, UsageError
from mlm_steps.records import ComparisonRecord, Notice
from mlm_steps.records.response import GAUSSIAN

__all__ = ["Comparison", "compare"]


ROLES = ("smaller", "larger")


def _two_names(key: str, value: object) -> tuple[str, str]:
    found = names(key, value)
    if len(found) != 2 or found[0] == found[1] or not all(found):
        raise UsageError(Fault(key, "two different names are needed", 'for example ("null", "full")'))
    return found[0], found[1]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Shown):
    """A comparison of two fits; ``print`` shows it as R's ``anova`` does.

    Attributes
    ----------
    record : ComparisonRecord
        All numbers of the comparison; if there is no test, the reason.
    smaller : Fit, Lm or WithoutGroups
    larger : Fit
    """

    record: ComparisonRecord
    smaller: Fit | Lm | WithoutGroups
    larger: Fit

    @property
    def table(self) -> pd.DataFrame:
        """One row per model; the larger one has the difference of the criteria, its df and its p values."""
        rows = {
            name: {of: getattr(fit, of) for of in ("npar", "aic", "bic", "loglik", "deviance")}
            for name, fit in ((self.record.smaller, self.smaller), (self.record.larger, self.larger))
        }
        table = pd.DataFrame.from_dict(rows, orient="index")
        for name in ("statistic", "df", "p_value", "p_boundary", "p_rlrt", "p_boot"):
            table[name] = [np.nan, getattr(self, name)]
        numbers = table.columns.drop(["npar", "df"])
        return table.astype({**dict.fromkeys(numbers, float), "df": "Int64"})

    @property
    def statistic(self) -> float | None:
        """Difference of the criteria of the two models."""
        return self.record.statistic

    @property
    def df(self) -> int | None:
        """Difference in the number of parameters."""
        return self.record.df

    @property
    def p_value(self) -> float | None:
        """Upper tail of the chi-square distribution, as in ``anova``."""
        return self.record.p_naive

    @property
    def p_boundary(self) -> float | None:
        """Upper tail of the chi-square mixture for tests of variances, if its weights are known."""
        return self.record.p_boundary

    @property
    def p_rlrt(self) -> float | None:
        """Exact p value of the test of a single variance."""
        return self.record.p_rlrt

    @property
    def p_boot(self) -> float | None:
        """The p value of the parametric bootstrap, if it was requested."""
        return self.record.p_boot

    def __repr__(self) -> str:
        record = self.record
        models = ((record.smaller, self.smaller), (record.larger, self.larger))
        lines = [f"{name}: {_words(fit)}" for name, fit in models]
        width = max(len(name) for name, _ in models)
        lines.append(f"{'':{width}} {'npar':>5} {'AIC':>12} {'BIC':>12} {'logLik':>12} {'deviance':>12}")
        for name, fit in models:
            numbers = " ".join(f"{value:12.4f}" for value in (fit.aic, fit.bic, fit.loglik, fit.deviance))
            lines.append(f"{name:{width}} {fit.npar:5d} {numbers}")
        return "\n".join([*lines, *self._verdict(), *(f"Note: {notice.text}" for notice in record.notices)])

    def _verdict(self) -> list[str]:
        record = self.record
        if record.statistic is None or record.df is None or record.p_naive is None:
            return [f"No test: {record.reason}"]
        line = f"{record.criterion}: Chisq {record.statistic:.4f}, df {record.df}, p {record.p_naive:.4g}"
        if record.p_boundary is not None:
            line += f"; on the boundary p {record.p_boundary:.4g}"
        if record.p_rlrt is not None:
            line += f"; exact p {record.p_rlrt:.4g}"
        if record.p_boot is not None:
            drawn = f"{record.replicates} replicates, {record.failed} failed"
            line += f"; bootstrap p {record.p_boot:.4g} ({drawn})"
        return [line]


def _a_smaller(key: str, value: object) -> object:
    return value if isinstance(value, (Lm, str)) else a_fit(key, value)


@checked(
    smaller=_a_smaller,
    larger=a_fit,
    names=_two_names,
    rlrt=truth,
    bootstrap=one_of(("where_needed", "always", "never"), "choice is"),
    replicates=whole(2, MOST_REPLICATES),
    seed=whole(0, LARGEST_SEED),
)
def compare(
    smaller: Fit | Lm | str,
    larger: Fit,
    *,
    names: tuple[str, str] = ROLES,
    rlrt: bool = True,
    bootstrap: Literal["where_needed", "always", "never"] = "never",
    replicates: int = 1000,
    seed: int = 1,
) -> Comparison:
    """Compare two nested models by the likelihood ratio test, AIC and BIC.

    If ``smaller`` contains ``larger``, the two are exchanged and a notice reports the exchange.

    Models with different fixed effects are compared by their ML fits; models that differ in their random
    effects only, by the method of the fits. If the models are not nested, there is no test and the record
    gives the reason.

    Parameters
    ----------
    smaller : Fit, Lm or str
        A model without random effects is the result of ``lm``, or a formula without bars, which is fitted to
        the rows of ``larger`` with its family, weights and exposure.
    larger : Fit
    names : tuple of two str
        Names of the models. If the models are exchanged, the names are exchanged with them.
    rlrt : bool
        Whether to compute the exact restricted likelihood ratio test if REML fits differ in one variance.
    bootstrap : {"where_needed", "always", "never"}
        When to simulate the null distribution: only if it has no closed form, always, or never.
    replicates, seed : int
        Number of bootstrap replicates, and the seed of the bootstrap and the exact test.

    Raises
    ------
    ComparisonError
        If the larger model fits worse than the smaller one that it contains.
    """
    asked = Simulations(seed, rlrt, bootstrap, replicates)
    test = COMPARISONS["lrt"]
    if not isinstance(smaller, Fit):
        given = without_groups(smaller, larger) if isinstance(smaller, str) else smaller
        record = test(given.estimates, larger.estimates, names=names, method=larger.method, asked=asked)
        return Comparison(record, given, larger)
    method = smaller.method if smaller.method == larger.method else "ML"
    record = test(smaller.estimates, larger.estimates, names=names, method=method, asked=asked)
    if record.refused != "wrong_order":
        return Comparison(record, smaller, larger)
    called = names if names == ROLES else (names[1], names[0])
    record = test(larger.estimates, smaller.estimates, names=called, method=method, asked=asked)
    notice = _exchanged(_words(larger), _words(smaller))
    return Comparison(record.with_values(notices=(notice, *record.notices)), larger, smaller)


def _words(fit: Fit | Lm | WithoutGroups) -> str:
    """Return the formula of a fit, with the family of a generalized model."""
    if isinstance(fit, Lm) or fit.family == GAUSSIAN.family:
        return fit.formula
    return f"{fit.formula} ({fit.family})"


def _exchanged(smaller: str, larger: str) -> Notice:
    text = f"The models were given the other way round: {larger} contains {smaller}."
    return Notice(code="models_exchanged", severity="info", text=text)
