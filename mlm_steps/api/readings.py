"""Results for contrasts, slopes, regions and means, with their tables and printed forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mlm_steps.api.shown import Shown
from mlm_steps.design.predictors import PredictorValue
from mlm_steps.records.effects import (
    BackTransformed,
    Condition,
    ContrastTest,
    FactorMeans,
    LevelMean,
    Pairwise,
    SimpleSlopes,
    SlopeAt,
    Tested,
)

__all__ = ["Contrast", "Means", "Regions", "Slopes"]

BACK = ("estimate", "se", "ci_low", "ci_high")
NUMBERS = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True, eq=False)
class Contrast(Shown):
    """Tests of linear combinations of coefficients, singly and jointly; ``print`` shows both.

    Attributes
    ----------
    record : ContrastTest
        Every number.
    """

    record: ContrastTest

    @property
    def table(self) -> pd.DataFrame:
        """One row per hypothesis. The estimate is of the weighted sum that is compared with ``value``."""
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
class Slopes(Shown):
    """Simple slopes; ``print`` shows them and their differences.

    Attributes
    ----------
    records : tuple of SimpleSlopes
        Every number.
    """

    records: tuple[SimpleSlopes, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per value of the moderator, for each setting of the other predictors."""
        return pd.DataFrame(
            {**_where(pair), pair.moderator: at.value, "place": at.place, **_numbers(at.slope)}
            for pair in self.records
            for at in pair.slopes
        )

    @property
    def intercepts(self) -> pd.DataFrame:
        """The expected outcomes with the focal predictor at 0 or at its first level."""
        return pd.DataFrame(
            {**_where(pair), pair.moderator: at.value, "place": at.place, **_numbers(at.intercept)}
            for pair in self.records
            for at in pair.slopes
        )

    @property
    def differences(self) -> pd.DataFrame:
        """Pairwise differences between the levels of a moderator; no rows for a number with many values."""
        return pd.DataFrame(
            {**_where(pair), **_pair(each)} for pair in self.records for each in pair.differences
        )

    @property
    def response(self) -> pd.DataFrame:
        """The slopes of a model with a family as ratios, such as ``OR``, and of the population averages.

        The latter are at the mean of the focal predictor, or differences between two of its levels.
        """
        return pd.DataFrame(
            {**_where(pair), pair.moderator: at.value, "place": at.place, **form}
            for pair in self.records
            for at in pair.slopes
            for form in _slope_forms(at, pair.ratio_kind)
        )

    @property
    def response_differences(self) -> pd.DataFrame:
        """The differences of these slopes: the interaction on the scale of the outcome."""
        return pd.DataFrame(
            {**_where(pair), **_pair_names(each), **form}
            for pair in self.records
            for each in pair.differences
            for form in _forms(each, pair.ratio_kind)
        )

    def __repr__(self) -> str:
        first = self.records[0]
        lines = [f"Slopes of {first.focal} by {first.moderator}", _shown(self.table)]
        if any(pair.differences for pair in self.records):
            lines += ["", f"Differences (adjustment: {first.adjust})", _shown(self.differences)]
        if not self.response.empty:
            lines += ["", "As ratios, and on the scale of the outcome", _shown(self.response)]
        if not self.response_differences.empty:
            lines += ["", "Their differences", _shown(self.response_differences)]
        return "\n".join([*lines, _method(first.df_method)])


@dataclass(frozen=True, slots=True, eq=False)
class Regions(Shown):
    """Johnson-Neyman regions; ``print`` shows them.

    Attributes
    ----------
    records : tuple of SimpleSlopes
        All numbers of the regions, with the curve of each slope and its confidence band.
    """

    records: tuple[SimpleSlopes, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per slope: bounds, region where it differs from 0, observed range, share of units in it."""
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
class Means(Shown):
    """Estimated marginal means; ``print`` shows them and their differences.

    Attributes
    ----------
    records : tuple of FactorMeans
        Every number.
    """

    records: tuple[FactorMeans, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per level, or per combination of the levels of several factors."""
        return pd.DataFrame(
            {**_cell(each, mean), **_numbers(mean.test)} for each in self.records for mean in each.means
        )

    @property
    def differences(self) -> pd.DataFrame:
        """One row per difference, ``first`` minus ``second``; p values and intervals are adjusted."""
        return pd.DataFrame(
            {**_held(each.conditions), **_pair(pair)} for each in self.records for pair in each.differences
        )

    @property
    def response(self) -> pd.DataFrame:
        """The means on the scale of the data column; no rows if the outcome is not transformed.

        The back-transformed mean of logarithms is the geometric mean, not the mean of the column. A model
        with a family has two rows per mean, as ``scale`` says: the population average over the groups, and
        the mean of a typical group, whose random effects are 0.
        """
        return pd.DataFrame(
            {**_cell(each, mean), **named, **_back(back)}
            for each in self.records
            for mean in each.means
            for named, back in (
                ({}, mean.back),
                ({"scale": "population"}, mean.population),
                ({"scale": "typical"}, mean.typical),
            )
            if back is not None
        )

    @property
    def response_differences(self) -> pd.DataFrame:
        """The differences as ratios or differences of the data column, if they have such a form.

        A model with a family has ratios, such as ``OR``, and differences of the population averages.
        """
        return pd.DataFrame(
            {**_held(each.conditions), **_pair_names(pair), **form}
            for each in self.records
            for pair in each.differences
            for form in (*_column_forms(pair, each.back_difference), *_forms(pair, each.ratio_kind))
        )

    def __repr__(self) -> str:
        first = self.records[0]
        notes = [f"averaged over: {', '.join(first.averaged)}"] if first.averaged else []
        notes += [f"nested: {', '.join(first.nested)}"] if first.nested else []
        at_mean = [each.variable for each in first.held if each.at_mean]
        notes += [f"at their mean: {', '.join(at_mean)}"] if at_mean else []
        notes += [f"at {each.variable} = {_number(float(each.value))}"
                  for each in first.held if not each.at_mean]  # fmt: skip
        notes += self._reasons()
        lines = [f"Means of {first.factor}{f' on the scale of {first.scale}' if first.scale else ''}"]
        lines += [_shown(self.table), *notes]
        if not self.response.empty:
            lines += ["", f"Back on the scale of {first.response or 'the outcome'}", _shown(self.response)]
        if any(each.differences for each in self.records):
            lines += ["", f"Differences (adjustment: {first.adjust})", _shown(self.differences)]
        if not self.response_differences.empty:
            lines += [
                "",
                f"As {first.back_difference}s of {first.response}"
                if first.response
                else "As ratios, and as differences of the population averages",
                _shown(self.response_differences),
            ]
        return "\n".join([*lines, _method(first.df_method)])

    def _reasons(self) -> list[str]:
        """Return the reasons why means are not estimated, without duplicates."""
        found = {
            f"{_where_cell(each, mean)}: {_why(mean)}": None
            for each in self.records
            for mean in each.means
            if mean.test.code is not None
        }
        return list(found)


def _cell(means: FactorMeans, mean: LevelMean) -> dict[str, PredictorValue]:
    return {**_held(means.conditions), **dict(zip(means.factors, mean.levels, strict=True))}


def _where_cell(means: FactorMeans, mean: LevelMean) -> str:
    return ", ".join(f"{name} = {value}" for name, value in _cell(means, mean).items())


def _why(mean: LevelMean) -> str:
    words = (mean.test.code or "").replace("_", " ")
    return f"{words}: {mean.reason}" if mean.reason else words


def _back(back: BackTransformed | None) -> dict[str, float | None]:
    return {} if back is None else {name: getattr(back, name) for name in BACK}


def _column_forms(pair: Pairwise, kind: str | None) -> list[dict[str, PredictorValue | None]]:
    """Return a difference on the scale of the data column, if it has such a form."""
    return [] if pair.back is None else [{"kind": kind, **_back(pair.back)}]


def _forms(pair: Pairwise, kind: str | None) -> list[dict[str, PredictorValue | None]]:
    """Return a difference of a model with a family as a ratio and on the scale of the outcome."""
    return _on_response(pair.test, pair.ratio, pair.response, kind, "difference")


def _slope_forms(at: SlopeAt, kind: str | None) -> list[dict[str, PredictorValue | None]]:
    return _on_response(at.slope, at.ratio, at.response, kind, "slope")


def _on_response(
    test: Tested, ratio: BackTransformed | None, response: Tested | None, kind: str | None, name: str
) -> list[dict[str, PredictorValue | None]]:
    found: list[dict[str, PredictorValue | None]] = []
    if ratio is not None:
        found.append({"kind": kind, **_back(ratio), "p": test.p})
    if response is not None:
        numbers = {each: getattr(response, each) for each in (*BACK, "p")}
        found.append({"kind": name, **numbers})
    return found


def _pair_names(pair: Pairwise) -> dict[str, PredictorValue]:
    return {"first": pair.first, "second": pair.second}


def _numbers(test: Tested) -> dict[str, float | None]:
    return {name: getattr(test, name) for name in NUMBERS}


def _held(conditions: Sequence[Condition]) -> dict[str, PredictorValue]:
    return {each.variable: each.value for each in conditions}


def _where(pair: SimpleSlopes) -> dict[str, PredictorValue]:
    contrast: dict[str, PredictorValue] = {"contrast": pair.focal_contrast} if pair.focal_contrast else {}
    return {**contrast, **_held(pair.conditions)}


def _pair(pair: Pairwise) -> dict[str, PredictorValue | None]:
    return {**_pair_names(pair), **_numbers(pair.test)}


def _number(value: float) -> str:
    return f"{value:.4g}"


def _shown(table: pd.DataFrame) -> str:
    return table.to_string(index=False, float_format=_number)


def _method(df_method: str) -> str:
    return f"Degrees of freedom: {df_method}"
