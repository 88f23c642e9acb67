"""Search for the optimum with optimisers of other kinds.

Each starts from the default start, and from the optimum of the rung if that search fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mlm_steps.engine.fit.all_fit import UNASKED, refit_by
from mlm_steps.sensitivity.base import Baseline, Change, Inapplicable, Variant

__all__ = ["optimisers"]

WORDS = {
    "auto": "Newton’s method with exact derivatives",
    "nelder-mead": "the simplex method of Nelder and Mead",
    "l-bfgs-b": "the quasi-Newton method L-BFGS-B",
    "trust-constr": "a trust-region method with constraints",
}


FROM_OPTIMUM = (
    "the search from the default start did not converge; the numbers are those of a search from the optimum"
)


def optimisers(baseline: Baseline, /) -> Iterator[Variant | Inapplicable]:
    """Yield the fits of three optimisers that differ in kind, and of ``auto`` if the rung has another one."""
    own = "auto" if baseline.control is None else baseline.control.optimizer
    for word in ("auto", *UNASKED):
        if word != own:
            fit = partial(refit_by, baseline.fit, word, baseline.control)
            again = partial(fit, start="optimum")
            yield Variant(
                word, Change(f"with {WORDS[word]}"), fit, otherwise=again, otherwise_note=FROM_OPTIMUM
            )
