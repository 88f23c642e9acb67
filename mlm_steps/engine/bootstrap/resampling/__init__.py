"""Kinds of bootstrap: the source of the data of a replicate.

A kind is a module with a function from a fit and generators to Replicates, listed in ``KINDS`` under the
module's name.
"""

from __future__ import annotations

from mlm_steps.engine.bootstrap.resampling.base import Resample
from mlm_steps.engine.bootstrap.resampling.cases import cases
from mlm_steps.engine.bootstrap.resampling.parametric import parametric
from mlm_steps.engine.bootstrap.resampling.residual import residual

__all__ = ["KINDS", "Resample"]

KINDS: dict[str, Resample] = {"parametric": parametric, "residual": residual, "cases": cases}
