"""Contrasts, slopes, regions and means as a notebook prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mlm_steps.design.predictors import Level
from mlm_steps.records.effects import (
    Condition,
    ContrastTest,
    FactorMeans,
    Pairwise,
    SimpleSlopes,
    Tested,
)

__all__ = ["Contrast", "Means", "Regions", "Slopes"]

NUMBERS = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Combinations of coefficients, tested one by one and jointly; ``print`` shows both.

    Attributes
    ----------
    record : ContrastTest
        Every number.
    """

    record: ContrastTest

    @property
    def table(self) -> pd.DataFrame:
        """One row per hypothesis; the estimate is of the sum that is compared with ``value``."""
        rows = [{"value": row.value, **_numbers(row.test)} for row in self.record.rows]
        return pd.DataFrame(rows, index=[row.text for row in self.record.rows])

    def __repr__(self) -> str:
        record = self.record
        lines = [self.table.to_string(float_format=_number)]
        if len(record.rows) > 1 and record.statistic is not None and record.p is not None:
            den = "Inf" if record.den_df is None else f"{record.den_df:.2f}"
            lines.append(f"Jointly: F({record.num_df}, {den}) = {record.statistic:.4f}, p {record.p:.4g}")
        return "\n".join([*lines, _method(record.df_method)])


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Simple slopes; ``print`` shows them and their differences.

    Attributes
    ----------
    records : tuple of SimpleSlopes
        Every number.
    """

    records: tuple[SimpleSlopes, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per value of the moderator, within what else was held."""
        return pd.DataFrame(
            {**_where(pair), pair.moderator: at.value, "place": at.place, **_numbers(at.slope)}
            for pair in self.records
            for at in pair.slopes
        )

    @property
    def intercepts(self) -> pd.DataFrame:
        """The expected outcomes where the focal predictor is 0 or at its first level."""
        return pd.DataFrame(
            {**_where(pair), pair.moderator: at.value, "place": at.place, **_numbers(at.intercept)}
            for pair in self.records
            for at in pair.slopes
        )

    @property
    def differences(self) -> pd.DataFrame:
        """Pairwise differences between the levels of a moderator; without rows for numbers of many values."""
        return pd.DataFrame(
            {**_where(pair), **_pair(each)} for pair in self.records for each in pair.differences
        )

    def __repr__(self) -> str:
        first = self.records[0]
        lines = [f"Slopes of {first.focal} by {first.moderator}", _shown(self.table)]
        if any(pair.differences for pair in self.records):
            lines += ["", f"Differences (adjustment: {first.adjust})", _shown(self.differences)]
        return "\n".join([*lines, _method(first.df_method)])


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Johnson and Neyman's regions; ``print`` shows them.

    Attributes
    ----------
    records : tuple of SimpleSlopes
        Every number, with the curve of each slope and its band.
    """

    records: tuple[SimpleSlopes, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per slope: bounds, where it differs from 0, observed range, share of units there."""
        return pd.DataFrame(
            {
                **_where(pair),
                "bounds": pair.region.bounds,
                "region": pair.region.region,
                "observed_low": pair.region.observed_low,
                "observed_high": pair.region.observed_high,
                "stretches": tuple((part.low, part.high) for part in pair.region.stretches),
                "share": pair.region.share,
                "unit": pair.region.unit or "rows",
            }
            for pair in self.records
            if pair.region is not None
        )

    def __repr__(self) -> str:
        first = self.records[0]
        lines = [f"The slope of {first.focal} along {first.moderator}"]
        for pair in self.records:
            if pair.region is None:
                continue
            region = pair.region
            held = ", ".join(f"{name} = {value}" for name, value in _where(pair).items())
            low, high = region.observed_low, region.observed_high
            bounds = ", ".join(_number(bound) for bound in region.bounds if low <= bound <= high) or "none"
            parts = "; ".join(f"{_number(p.low)} to {_number(p.high)}" for p in region.stretches) or "nowhere"
            lines += [
                *([held] if held else []),
                f"  observed from {_number(low)} to {_number(high)}; bounds in that range: {bounds}",
                f"  differs from 0 at {parts}",
                f"  {100 * region.share:.0f} % of {region.n_units} {region.unit or 'rows'} lie there",
            ]
        return "\n".join([*lines, _method(first.df_method)])


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Estimated marginal means; ``print`` shows them and their differences.

    Attributes
    ----------
    records : tuple of FactorMeans
        Every number.
    """

    records: tuple[FactorMeans, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per level."""
        return pd.DataFrame(
            {**_held(each.conditions), each.factor: mean.level, **_numbers(mean.test)}
            for each in self.records
            for mean in each.means
        )

    @property
    def differences(self) -> pd.DataFrame:
        """One row per pair of levels; p and interval are adjusted."""
        return pd.DataFrame(
            {**_held(each.conditions), **_pair(pair)} for each in self.records for pair in each.differences
        )

    def __repr__(self) -> str:
        first = self.records[0]
        notes = [f"averaged over: {', '.join(first.averaged)}"] if first.averaged else []
        notes += [f"at their mean: {', '.join(each.variable for each in first.held)}"] if first.held else []
        lines = [f"Means of {first.factor}", _shown(self.table), *notes, ""]
        lines += [f"Differences (adjustment: {first.adjust})", _shown(self.differences)]
        return "\n".join([*lines, _method(first.df_method)])


def _numbers(test: Tested) -> dict[str, float | None]:
    return {name: getattr(test, name) for name in NUMBERS}


def _held(conditions: Sequence[Condition]) -> dict[str, Level]:
    return {each.variable: each.value for each in conditions}


def _where(pair: SimpleSlopes) -> dict[str, Level]:
    contrast: dict[str, Level] = {"contrast": pair.focal_contrast} if pair.focal_contrast else {}
    return {**contrast, **_held(pair.conditions)}


def _pair(pair: Pairwise) -> dict[str, Level | None]:
    return {"first": pair.first, "second": pair.second, **_numbers(pair.test)}


def _number(value: float) -> str:
    return f"{value:.4g}"


def _shown(table: pd.DataFrame) -> str:
    return table.to_string(index=False, float_format=_number)


def _method(df_method: str) -> str:
    return f"Degrees of freedom: {df_method}"
