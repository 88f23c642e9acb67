"""The record of one comparison of two rungs."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Notice, Part, Record

__all__ = ["ComparisonRecord", "MixtureComponent", "VarianceChange"]


class MixtureComponent(Part):
    """One chi-square distribution of a mixture."""

    df: int
    weight: float


class VarianceChange(Part):
    """Proportional reduction of one variance component from the smaller to the larger model."""

    group: str
    effect: str | None
    smaller: float | None
    larger: float | None
    prv: float | None
    code: str | None = None
    """Why there is no number, or ``negative`` when the component grew."""


class ComparisonRecord(Record):
    """One row of the ``comparison`` table (statistics, sections 6 and 20)."""

    smaller: str
    larger: str
    changed: Literal["fixed", "variance", "both", "none"] | None
    added: tuple[str, ...]
    """Terms that the larger model adds, as written."""
    criterion: Literal["ML", "REML"] | None
    """What the statistic is a difference of."""
    statistic: float | None
    df: int | None
    p_naive: float | None
    p_boundary: float | None
    mixture: tuple[MixtureComponent, ...] | None
    p_boundary_code: str | None
    """Why there is no boundary p: ``not_applicable``, ``no_closed_weights``, ``null_on_boundary``."""
    delta_aic: float | None
    delta_bic: float | None
    delta_deviance: float | None
    """ML deviance of the larger less that of the smaller model."""
    prv: tuple[VarianceChange, ...]
    delta_r2_marginal: float | None
    delta_r2_conditional: float | None
    nested: bool | None
    refused: str | None
    """Code of the reason why there is no test: ``not_nested``, ``sample_mismatch``, ``outcome_mismatch`` …"""
    reason: str | None
    """The reason in words."""
    notices: tuple[Notice, ...] = ()
