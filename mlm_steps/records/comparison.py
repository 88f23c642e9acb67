"""The record of one comparison of two rungs."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Notice, Part, Record

__all__ = ["ComparisonRecord", "MixtureComponent", "PValue", "VarianceChange"]

PValue = Literal["p_boot", "p_rlrt", "p_boundary", "p_naive"]

TRUSTWORTHY: tuple[PValue, ...] = ("p_boot", "p_rlrt", "p_boundary", "p_naive")
"""Order of preference: simulated before asymptotic p values, boundary-corrected before naive ones."""


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
    """The reason for a missing number, or ``negative`` if the component increased."""


class ComparisonRecord(Record):
    """One row of the ``comparison`` table (statistics, sections 6 and 20)."""

    smaller: str
    larger: str
    changed: Literal["fixed", "variance", "both", "family", "none"] | None = None
    """``family``: the distribution of the outcome, as negative binomial in place of Poisson."""
    added: tuple[str, ...] = ()
    """Terms that the larger model adds, as written."""
    criterion: Literal["ML", "REML"] | None = None
    """The criterion of which the statistic is a difference."""
    statistic: float | None = None
    df: int | None = None
    p_naive: float | None = None
    p_boundary: float | None = None
    mixture: tuple[MixtureComponent, ...] | None = None
    p_boundary_code: str | None = None
    """Why there is no boundary p: ``not_applicable``, ``no_closed_weights``, ``null_on_boundary``."""
    p_rlrt: float | None = None
    """The p value of the exact restricted likelihood ratio test of one variance."""
    p_rlrt_code: str | None = "not_requested"
    """Why there is none: ``not_requested``, ``not_applicable``, ``not_reml``, ``too_large``."""
    rlrt_approximate: bool = False
    """Whether the test ignores other random effects of the model."""
    p_boot: float | None = None
    """The p value of the parametric bootstrap of the statistic."""
    p_boot_code: str | None = "not_requested"
    """Why there is none: ``not_requested``, ``not_needed``, ``not_estimable``, ``too_large``, or ``left_out``
    where the test calls for it and the effort does not allow it."""
    replicates: int | None = None
    """Number of simulated data sets."""
    failed: int | None = None
    """Number of data sets to which a model could not be fitted; ``p_boot`` ignores them."""
    delta_aic: float | None = None
    delta_bic: float | None = None
    delta_deviance: float | None = None
    """ML deviance of the larger model minus that of the smaller model."""
    prv: tuple[VarianceChange, ...] = ()
    delta_r2_marginal: float | None = None
    delta_r2_conditional: float | None = None
    nested: bool | None = None
    refused: str | None = None
    """Code of the reason why there is no test: ``not_nested``, ``sample_mismatch``, ``outcome_mismatch`` …"""
    reason: str | None = None
    """The reason in words."""
    notices: tuple[Notice, ...] = ()

    @property
    def p(self) -> float | None:
        """The p value to report, the most trustworthy of those there are."""
        return None if self.p_from is None else getattr(self, self.p_from)

    @property
    def p_from(self) -> PValue | None:
        """Name of the field that holds it."""
        return next((name for name in TRUSTWORTHY if getattr(self, name) is not None), None)
