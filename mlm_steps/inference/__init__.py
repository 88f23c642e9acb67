"""Tests of fixed effects: degrees of freedom, t and F tests, Wald intervals (statistics, sections 7 and 8).

A method's key is the word a user writes in the spec, which is its module's name with dashes for underscores.
"""

from typing import TYPE_CHECKING

from mlm_steps.deferred import deferred_names

if TYPE_CHECKING:
    from mlm_steps.inference.base import Context, DfMethod, Reference
    from mlm_steps.inference.wald import (
        METHODS,
        CoefficientTests,
        JointTest,
        reference,
        test_coefficients,
        test_contrasts,
        test_jointly,
        test_rows,
        test_terms,
    )
else:
    __getattr__ = deferred_names(
        __name__,
        {
            "base": ("Context", "DfMethod", "Reference"),
            "wald": (
                "METHODS",
                "CoefficientTests",
                "JointTest",
                "reference",
                "test_coefficients",
                "test_contrasts",
                "test_jointly",
                "test_rows",
                "test_terms",
            ),
        },
    )

__all__ = [
    "METHODS",
    "CoefficientTests",
    "Context",
    "DfMethod",
    "JointTest",
    "Reference",
    "reference",
    "test_coefficients",
    "test_contrasts",
    "test_jointly",
    "test_rows",
    "test_terms",
]
