"""Kenward and Roger's F tests of the fixed effects, from which R² of them is computed (statistics, 9.5)."""

from __future__ import annotations

import numpy as np

from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.inference import reference, test_jointly
from mlm_steps.variance.base import FTest

__all__ = ["kenward_roger_tests"]

METHOD = "kenward-roger"


def kenward_roger_tests(fit: MixedFit) -> tuple[FTest, ...]:
    """Return the F test that all coefficients but the intercept are 0, and that of each term's coefficients.

    The code is ``too_large`` if the tests are Satterthwaite's, since Kenward and Roger's method does not
    exist for the fit. Without predictors there is no test.
    """
    design = fit.design
    against = reference(fit, METHOD)
    code = None if against.method == METHOD else "too_large"
    columns = np.eye(design.p)
    assign = np.array(design.assign, dtype=np.intp)
    rows: list[tuple[str | None, np.ndarray]] = [(None, columns[assign > 0])]
    rows += [
        (label, columns[assign == position]) for position, label in enumerate(design.term_labels, start=1)
    ]
    found = []
    for term, L in rows:
        if len(L):
            test = test_jointly(against, L)
            F = float(test.F) if np.isfinite(test.F) else None
            found.append(FTest(term, test.num_df, test.den_df, F, code))
    return tuple(found)
