"""Limits for a number that an expectation is about."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, model_validator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import NothingIsNone, Real, objection
from mlm_steps.spec.written import Block, Items, Written, is_nothing

__all__ = ["Bounds", "BoundsSpec"]

EXAMPLE = "for example {min: 0.1} or {between: [1, 2]}"


class BoundsSpec(SpecBlock):
    """Limits for a number; a number alone stands for ``equals``."""

    no_keys: ClassVar[Mapping[str, str]] = {
        "tolerance": "the key is within",
        "value": "the key is equals",
    }

    min: Annotated[Real | None, NothingIsNone] = None
    """The smallest allowed value, ``{min: 0.1}``."""
    max: Annotated[Real | None, NothingIsNone] = None
    """The largest allowed value, ``{max: 0.05}``."""
    between: Annotated[tuple[Real, ...] | None, NothingIsNone] = None
    """The smallest and the largest allowed value, ``{between: [-1.0, -0.2]}``."""
    equals: Annotated[Real | None, NothingIsNone] = None
    """The expected value. Without ``within`` it agrees to the digits that are written: ``2.80`` allows 2.795
    to 2.805, and ``7185`` a count of 7185 alone."""
    within: Annotated[Real | None, NothingIsNone] = None
    """For ``equals``, the largest allowed difference, ``{equals: 2.8, within: 0.2}``."""

    @model_validator(mode="before")
    @classmethod
    def _written_digits_are_meant(cls, value: object) -> object:
        """Add half a unit of the last digit of ``equals`` if there is no ``within``."""
        if not isinstance(value, Block) or not isinstance(value.get("equals"), Written) or "within" in value:
            return value
        half = _half_unit(str(value["equals"]))
        if half is None:
            return value
        return Block({**value, "within": Written(half, (*value.at, "equals"))}, value.at)

    @model_validator(mode="after")
    def _limits_agree(self) -> BoundsSpec:
        if self.between is not None and len(self.between) != 2:
            raise objection("needs the smallest and the largest value", "write [low, high]", ("between",))
        given = [key for key in ("between", "equals") if getattr(self, key) is not None]
        given += ["min or max"] if self.min is not None or self.max is not None else []
        if not given:
            raise objection("gives no limit", EXAMPLE)
        if len(given) > 1:
            raise objection(f"has {' and '.join(given)} together", "one of them is enough")
        if self.within is not None and self.equals is None:
            raise objection("belongs to equals", "write {equals: 2.8, within: 0.2}", ("within",))
        if self.within is not None and self.within < 0:
            raise objection("is below 0", None, ("within",))
        if self.low is not None and self.high is not None and self.low > self.high:
            key = "between" if self.between is not None else "max"
            raise objection("the smallest value is above the largest", None, (key,))
        return self

    @property
    def low(self) -> float | None:
        """The smallest allowed value, if there is one."""
        if self.between is not None:
            return self.between[0]
        return self.min if self.equals is None else self.equals - (self.within or 0.0)

    @property
    def high(self) -> float | None:
        """The largest allowed value, if there is one."""
        if self.between is not None:
            return self.between[1]
        return self.max if self.equals is None else self.equals + (self.within or 0.0)

    def hold(self, value: float) -> bool:
        """Return whether a value lies within the limits; rounding error of the limits is allowed for."""
        slack = 1e-12 * max(abs(self.equals or 0.0), abs(value)) if self.equals is not None else 0.0
        low, high = self.low, self.high
        return (low is None or value >= low - slack) and (high is None or value <= high + slack)

    @property
    def words(self) -> str:
        """The limits in words, for example ``at least 0.1``."""
        if self.equals is not None:
            within = self.within or 0.0
            exact = float(self.equals).is_integer() and within <= 0.5
            return f"{self.equals:.12g}" + ("" if exact or not within else f" ± {within:.6g}")
        if self.low is None or self.high is None:
            return f"at most {self.high:.12g}" if self.low is None else f"at least {self.low:.12g}"
        return f"between {self.low:.12g} and {self.high:.12g}"


def _half_unit(text: str) -> str | None:
    """Return half a unit of the last digit of a number; None if the text is no number.

    >>> _half_unit("2.80"), _half_unit("7185")
    ('0.005', '0.5')
    """
    try:
        exponent = Decimal(text).as_tuple().exponent
    except InvalidOperation:
        return None
    return f"{Decimal(5).scaleb(exponent - 1):f}" if isinstance(exponent, int) else None


def _number_alone(value: object) -> object:
    """Return a number alone as the block that it stands for."""
    if isinstance(value, Written) and not is_nothing(value):
        return Block({"equals": value}, value.at)
    if is_nothing(value):
        return None
    if isinstance(value, Items) or (isinstance(value, Mapping) and not value):
        raise objection("gives no limit", EXAMPLE)
    return value


Bounds = Annotated[BoundsSpec | None, BeforeValidator(_number_alone)]
"""Limits, or none if the value is empty."""
