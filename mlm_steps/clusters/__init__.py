"""Dependence of the rows of a cluster: what it costs to ignore it, and each cluster analysed alone."""

from __future__ import annotations

from mlm_steps.clusters.sandwich import Sandwich, mixed_sandwich, ols_sandwich

__all__ = ["Sandwich", "mixed_sandwich", "ols_sandwich"]
