"""The specification curve: one coefficient in all variants, in the order of its size.

The summary follows Simonsohn, Simmons and Nelson (2020, Nature Human Behaviour 4, 1208-1214): the median of
the estimates, their range, and how many have the sign of the median and an interval without zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from mlm_steps.records.variants import KeyCoefficients, Variant, VariantRung, variants_of

if TYPE_CHECKING:
    from mlm_steps.records.run import RunRecords

__all__ = ["Curve", "CurvePoint", "curve_of"]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One coefficient in one variant.

    Attributes
    ----------
    variant : Variant
    status : str
        That of the rung; ``not_in_model`` if the rung was fitted without the coefficient.
    estimate, se, low, high, p : float or None
    reason : str or None
        Why there is no estimate.
    """

    variant: Variant
    status: str
    estimate: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    reason: str | None = None

    @property
    def singular(self) -> bool:
        """Whether the fit is singular."""
        return self.status == "singular"

    @property
    def off_zero(self) -> bool:
        """Whether the interval does not contain zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class Curve:
    """One coefficient in all variants.

    Attributes
    ----------
    model, term, column : str
    points : tuple of CurvePoint
        In the order of the estimates; variants without an estimate come last, in the order of the spec.
    """

    model: str
    term: str
    column: str
    points: tuple[CurvePoint, ...]

    @property
    def known(self) -> tuple[CurvePoint, ...]:
        """The variants with an estimate."""
        return tuple(each for each in self.points if each.estimate is not None)

    @property
    def estimates(self) -> list[float]:
        """The estimates in ascending order."""
        return [each.estimate for each in self.points if each.estimate is not None]

    @property
    def median(self) -> float | None:
        """The median of the estimates; None if there is none."""
        return median(self.estimates) if self.estimates else None

    @property
    def same_direction(self) -> int:
        """The number of estimates with the sign of the median."""
        middle = self.median or 0.0
        return sum(each * middle > 0 for each in self.estimates)

    @property
    def count_off_zero(self) -> int:
        """The number of variants whose interval does not contain zero."""
        return sum(each.off_zero for each in self.known)

    @property
    def clear_and_same(self) -> int:
        """The number of variants with the sign of the median and an interval that does not contain zero."""
        middle = self.median or 0.0
        return sum(each.off_zero and (each.estimate or 0.0) * middle > 0 for each in self.known)


def curve_of(run: RunRecords, key: KeyCoefficients, column: str, model: str | None = None) -> Curve:
    """Return a coefficient of a rung in all variants; by default of the rung that is drawn."""
    shown = model or key.model
    points = [_point(variant, shown, column) for variant in variants_of(run)]
    known = sorted(
        (each for each in points if each.estimate is not None),
        key=lambda each: (each.estimate or 0.0, each.variant.name),
    )
    rest = [each for each in points if each.estimate is None]
    return Curve(shown, key.term, column, (*known, *rest))


def _point(variant: Variant, model: str, column: str) -> CurvePoint:
    rung: VariantRung = variant.rung(model)
    if rung.status == "failed":
        return CurvePoint(variant, "failed", reason=rung.reason or variant.reason)
    own = next((each for each in rung.coefficients if each.column == column), None)
    if own is None or own.estimate is None or not math.isfinite(own.estimate):
        why = "not_in_model" if own is None else own.code or "not_estimable"
        return CurvePoint(variant, why, reason=f"the rung has no estimate of {column}")
    limits = [end if end is not None and math.isfinite(end) else None for end in (own.ci_low, own.ci_high)]
    return CurvePoint(variant, rung.status, own.estimate, own.se, limits[0], limits[1], own.p)
