"""Sensitivity of the coefficients of a model to its specification.

A kind of variants is a module whose function takes a Baseline and yields Variants. Its name is the word that
``sensitivity`` in a spec takes, and it is listed in ``VARIANTS`` in the order of the report.
"""

from __future__ import annotations

from mlm_steps.sensitivity.base import Baseline, Inapplicable, Variant, Vary
from mlm_steps.sensitivity.centring import centring
from mlm_steps.sensitivity.df import df
from mlm_steps.sensitivity.estimator import estimator
from mlm_steps.sensitivity.exclude_influential import exclude_influential
from mlm_steps.sensitivity.optimisers import optimisers
from mlm_steps.sensitivity.random_structure import random_structure

__all__ = ["VARIANTS", "Baseline", "Inapplicable", "Variant", "Vary"]

VARIANTS: dict[str, Vary] = {
    "df": df,
    "estimator": estimator,
    "centring": centring,
    "random_structure": random_structure,
    "optimisers": optimisers,
    "exclude_influential": exclude_influential,
}
