"""Optimisers of different kinds on the engine's criterion, as a check of the engine's own search.

The engine's own optimiser, ``auto``, is Newton's method on exact second derivatives, without bounds
(`mlm_steps.engine.search.optimize`). The end of every search is
assessed by gradient and Hessian, as for every fit (`mlm_steps.engine.search.convergence`).
"""

from __future__ import annotations

from mlm_steps.engine.search.optimizers.base import Ending, Optimizer, Problem, Searched, Spent, lower_bounds
from mlm_steps.engine.search.optimizers.bobyqa import bobyqa
from mlm_steps.engine.search.optimizers.cobyqa import cobyqa
from mlm_steps.engine.search.optimizers.l_bfgs_b import l_bfgs_b
from mlm_steps.engine.search.optimizers.nelder_mead import nelder_mead
from mlm_steps.engine.search.optimizers.powell import powell
from mlm_steps.engine.search.optimizers.slsqp import slsqp
from mlm_steps.engine.search.optimizers.trust_constr import trust_constr
from mlm_steps.engine.search.optional import NEEDS, installed
from mlm_steps.errors import Fault, FitError

__all__ = [
    "NEEDS",
    "OPTIMIZERS",
    "Ending",
    "Optimizer",
    "Problem",
    "Searched",
    "Spent",
    "installed",
    "lower_bounds",
    "require_optimizer",
]

OPTIMIZERS: dict[str, Optimizer] = {
    "bobyqa": bobyqa,
    "cobyqa": cobyqa,
    "nelder-mead": nelder_mead,
    "powell": powell,
    "l-bfgs-b": l_bfgs_b,
    "trust-constr": trust_constr,
    "slsqp": slsqp,
}


def require_optimizer(word: str) -> None:
    """Raise FitError if there is no such optimiser, or if it is not installed."""
    if word not in OPTIMIZERS:
        raise FitError(Fault("", f"no optimiser {word!r}", f"one of auto, {', '.join(OPTIMIZERS)}"))
    if not installed(word):
        what = f"the optimiser {word!r} needs {NEEDS[word]}, which is not installed"
        raise FitError(Fault("", what, f"pip install 'mlm-steps[{NEEDS[word]}]'"))
