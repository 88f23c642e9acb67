"""Check that the design of a mixed model, linear or generalized, can be estimated.

No module that fits a model is imported here, so that a spec is checked without them.
"""

from __future__ import annotations

from typing import Literal

from mlm_steps.design.matrices import Design
from mlm_steps.engine.families import Family, family_of
from mlm_steps.engine.result.checks import check_design
from mlm_steps.engine.result.glmm_checks import check_glmm_design
from mlm_steps.errors import Fault, FitError, listing

__all__ = ["Points", "check_mixed_design", "family_of_design", "require_quadrature"]

Points = int | Literal["auto"]

MOST_COEFFICIENTS = 3
"""Largest number of random coefficients for quadrature: the nodes are a grid in as many dimensions."""


def family_of_design(design: Design) -> Family:
    """Return the family of a design with its link."""
    return family_of(design.response.family, design.response.link)


def check_mixed_design(design: Design) -> None:
    """Raise FitError for a design that has no estimate, by the rules of its family."""
    if design.response.linear:
        check_design(design)
    else:
        check_glmm_design(design, family_of_design(design))


def require_quadrature(design: Design, agq: Points) -> None:
    """Raise FitError for quadrature points that the random effects of a design do not allow.

    Quadrature needs one grouping factor with at most ``MOST_COEFFICIENTS`` random coefficients in all.
    """
    if agq in (1, "auto"):
        return
    groups = dict.fromkeys(term.group for term in design.random)
    coefficients = sum(len(term.names) for term in design.random)
    if len(groups) > 1:
        what = f"quadrature with {agq} points needs one grouping factor; the formula has {listing(groups)}"
    elif coefficients > MOST_COEFFICIENTS:
        limit = f"quadrature needs at most {MOST_COEFFICIENTS} random coefficients"
        what = f"{limit}; the formula has {coefficients}"
    else:
        return
    raise FitError(Fault("", what, "agq: 1 is Laplace's approximation", key="agq"))
