"""Estimate the seconds of optional steps from counts in the records of the fits (see engine/cost.py).

The numbers of evaluations and refits were counted on models of every structure by ``benchmarks/costs.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import FitRecord
from mlm_steps.records.effort import EvaluationCost
from mlm_steps.records.intervals import IntervalKind

__all__ = ["allfit", "deletions", "profile", "remedies", "simulate"]

STARTS = 2
"""Number of searches of each optimiser: one from the optimum, one from the default start."""
SIMPLEX = 30.0
"""Evaluations of a search without derivatives, per squared number of parameters."""
MOST = 1000.0
"""Largest number of evaluations that is expected for a search without derivatives."""
LINE_SEARCHES = 10.0
"""Evaluations of a search with gradients, multiplied by the number of parameters plus one."""
SLOW_CALLS = 2e-3
"""Seconds of overhead per evaluation in the slowest optimisers of scipy."""
PROFILED = 150.0
"""Evaluations to profile one parameter of a fit that is not singular."""
PROFILED_SINGULAR = 500.0
"""Evaluations to profile one parameter of a singular fit, for which other optima are also searched."""
SEARCH = 30.0
"""Smallest number of evaluations that a fit needs, with its convergence check."""
ROWS = 1e-6
"""Seconds to build a design and reduce it to cross-products, per row and column."""
EIGENVALUES = 1e-10
"""Seconds for the eigenvalues of an exact test, per cubed number of levels."""
DRAWS = 4e-4
"""Seconds for the draws of an exact test, per level."""
MOST_LEVELS = 2000
"""Largest number of levels for which the exact test is made; its eigenvalues take 0.8 s there."""


def remedies(fit: FitRecord) -> float:
    """Return the seconds for the alternatives of a rung, each fitted and compared.

    Those of a linear model are fitted by REML and ML. A generalized model that is not singular has one or two
    alternatives.
    """
    sizes = [len(term.names) for term in fit.terms]
    alternatives = sum(size + (size > 1) for size in sizes) + 1
    if not fit.linear:
        return _rounded((alternatives if fit.doubtful else 2) * (_setup(fit) + _search(fit)))
    return _rounded(alternatives * (_setup(fit) + 4.0 * _search(fit)))


def profile(fit: FitRecord, kinds: Sequence[IntervalKind]) -> float:
    """Return the seconds for the profiles of the parameters of some kinds."""
    count = len(fit.columns) if "fixed" in kinds else 0
    count += fit.npar - fit.p if "variance" in kinds else 0
    each = PROFILED_SINGULAR if fit.reported.singular else PROFILED
    return _rounded(_setup(fit) + count * each * _cost(fit).derivatives)


def deletions(fit: FitRecord) -> float:
    """Return the seconds for removing each random effect, exact tests included."""
    seconds = 0.0
    for term in fit.terms:
        seconds += len(term.names) * (_setup(fit) + _search(fit))
        if len(term.names) == 1 and term.n_levels <= MOST_LEVELS:
            seconds += EIGENVALUES * term.n_levels**3 + DRAWS * term.n_levels
    return _rounded(seconds)


def simulate(fits: Sequence[FitRecord], replicates: int) -> float:
    """Return the seconds for refitting two models to simulated outcomes."""
    return _rounded(replicates * sum(_cost(fit).refit for fit in fits))


def allfit(fit: FitRecord, *, everything: bool) -> float:
    """Return the seconds for refits by all other optimisers, or by those that run by default."""
    cost, m = _cost(fit), len(fit.reported.theta)
    m += 0 if fit.linear else fit.npar - m  # the search is over all parameters
    simplex = min(SIMPLEX * m * m, MOST) * cost.value
    lines = LINE_SEARCHES * (m + 1) * cost.derivatives
    region = LINE_SEARCHES * (m + 1) * (cost.derivatives + SLOW_CALLS)
    each = simplex + lines + region + _search(fit)
    if everything:  # two more without derivatives, one of them with slow calls, and one more with gradients
        each += 2.0 * simplex + lines + min(SIMPLEX * m, MOST) * SLOW_CALLS
    return _rounded(_setup(fit) + STARTS * each)


def _search(fit: FitRecord) -> float:
    """Return the seconds of a fit from the default start, with as many evaluations as the rung took."""
    return max(SEARCH, fit.reported.convergence.evaluations) * _cost(fit).derivatives


def _setup(fit: FitRecord) -> float:
    return ROWS * fit.n * (fit.p + sum(len(term.names) for term in fit.terms))


def _cost(fit: FitRecord) -> EvaluationCost:
    return fit.cost or EvaluationCost(value=0.0, derivatives=0.0, refit=0.0)


def _rounded(seconds: float) -> float:
    """Return an estimate rounded to two significant digits, since it errs by a factor of two."""
    return float(f"{seconds:.2g}")
