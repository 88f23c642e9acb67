"""Descriptives of a data frame per level of its hierarchy, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from mlm_steps.api.arguments import checked, column_words, names, optional, share
from mlm_steps.api.frames import a_frame
from mlm_steps.api.shown import Shown
from mlm_steps.data.factors import CodedFactor, make_factor, relate
from mlm_steps.data.variation import level_of
from mlm_steps.errors import Fault, FitError, UsageError, did_you_mean
from mlm_steps.records import SlopeComparison, VariableLevel
from mlm_steps.records.data_profile import NestingRelation
from mlm_steps.records.descriptives import Descriptives
from mlm_steps.records.places import outer_factors, place_variables
from mlm_steps.variance.aggregation import aggregation, comparison_of, simpson_check
from mlm_steps.variance.descriptives import Described, Hierarchy, describe_levels

__all__ = ["Description", "describe"]

MOMENTS = ("n", "missing", "varying", "mean", "sd", "minimum", "maximum")
SPREADS = ("sd_within", "sd_between", "icc1", "icc2")
MOST_NAMED = 3
"""Largest number of columns that an error names, those with the most missing values."""
NUMBERS = ("estimate", "se", "df", "p", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Description(Shown):
    """The variables of a frame at the level of their units; ``print`` shows all tables.

    Attributes
    ----------
    record : Descriptives
    comparisons : tuple of SlopeComparison
        The slopes of the numeric predictors of level 1; empty without an outcome.
    left_out : int
        Number of rows with a missing value in any of the variables or groups.
    """

    record: Descriptives
    comparisons: tuple[SlopeComparison, ...]
    left_out: int = 0

    @property
    def table(self) -> pd.DataFrame:
        """One row per numeric variable and grouping factor, as the table ``descriptives`` of a run.

        ``unit`` is the factor whose groups the variable describes, empty for rows.
        """
        rows = [
            {
                "variable": each.variable,
                "unit": each.unit,
                **{name: getattr(each, name) for name in MOMENTS},
                "factor": None if spread is None else spread.factor,
                **{name: None if spread is None else getattr(spread, name) for name in SPREADS},
            }
            for each in self.record.variables
            for spread in (each.spreads or (None,))
        ]
        frame = pd.DataFrame(rows, columns=["variable", "unit", *MOMENTS, "factor", *SPREADS])
        return frame.astype(dict.fromkeys(SPREADS, float))

    @property
    def categories(self) -> pd.DataFrame:
        """Counts and shares per category, over the units that the variable describes."""
        columns = ["variable", "unit", "category", "n", "share"]
        return pd.DataFrame([each.model_dump() for each in self.record.categories], columns=columns)

    @property
    def correlations(self) -> dict[tuple[str, str], pd.DataFrame]:
        """A matrix of correlations for each layer: ``("within", factor)`` and ``("between", factor)``.

        Within: of deviations from the group means. Between: of group means, weighted by group size; of
        groups nested in others, of their deviations from the means of these.
        """
        found: dict[tuple[str, str], pd.DataFrame] = {}
        for layer in self.record.correlations:
            labels = list(layer.variables)
            matrix = np.eye(len(labels))
            for i, row in enumerate(layer.rows, start=1):
                for j, value in enumerate(row):
                    matrix[i, j] = matrix[j, i] = np.nan if value is None else value
            found[layer.layer, layer.factor] = pd.DataFrame(matrix, index=labels, columns=labels)
        return found

    @property
    def slopes(self) -> pd.DataFrame:
        """Pooled, within, between and contextual slope of each predictor, as the table ``within_between``."""
        rows = [
            {
                "predictor": each.variable,
                "factor": each.factor,
                "slope": slope.kind,
                **{name: getattr(slope, name) for name in NUMBERS},
                "opposite": each.opposite,
            }
            for each in self.comparisons
            for slope in each.slopes
        ]
        return pd.DataFrame(rows, columns=["predictor", "factor", "slope", *NUMBERS, "opposite"])

    def __repr__(self) -> str:
        parts = []
        for unit in dict.fromkeys(each.unit for each in self.record.variables):
            own = self.table[self.table["unit"] == unit].drop(columns="unit")
            if own["factor"].isna().all():
                own = own.drop(columns=["factor", *SPREADS])
            parts += [f"Units: {unit or 'rows'}", _text(own), ""]
        if self.record.categories:
            parts += ["Categories", _text(self.categories), ""]
        for (layer, factor), matrix in self.correlations.items():
            parts += [f"Correlations {layer} {factor}", matrix.to_string(float_format=_short, na_rep="-"), ""]
        if self.comparisons:
            parts += ["Slopes within and between groups", _text(self.slopes)]
        if self.left_out:
            rows = f"{self.left_out} rows are" if self.left_out > 1 else "1 row is"
            parts += ["", f"Note: {rows} left out, since a variable is missing there."]
        return "\n".join(parts).rstrip()


@checked(confidence=share, variables=optional(names))
def describe(
    frame: pd.DataFrame,
    group: str | Sequence[str],
    variables: str | Sequence[str] | None = None,
    *,
    outcome: str | None = None,
    level: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> Description:
    """Return the variables of a frame described per level, with correlations within and between groups.

    Parameters
    ----------
    frame : DataFrame, or a table with Arrow's interface
        Rows with a missing value in any of the variables or groups are left out.
    group : str or sequence of str
        Grouping columns; ``"class:school"`` joins two. Nested and crossed factors are recognised.
    variables : str or sequence of str, optional
        Default: all columns that form no groups. Texts and truth values are categories.
    outcome : str, optional
        Add the pooled, within, between and contextual slope of this variable on each numeric predictor of
        level 1.
    level : mapping of str to str, optional
        For variables of a higher level the factor that they describe, such as ``{"public": "school"}``.
        Default: the highest factor within whose groups the variable is constant.
    confidence : float
        Of the intervals of slopes.

    Raises
    ------
    UsageError
        For unknown columns, an outcome that is not numeric, and factors with a single group.
    """
    data = a_frame("frame", frame)
    groups = [
        tuple(name.split(":")) if name not in data.columns else (name,) for name in names("group", group)
    ]
    grouping = {part for parts in groups for part in parts}
    chosen = [name for name in data.columns if name not in grouping] if variables is None else list(variables)
    if outcome is not None and outcome not in chosen:
        chosen.insert(0, outcome)
    _require(data, [*grouping, *chosen])
    if outcome is not None and not _is_number(data[outcome]):
        raise UsageError(Fault("outcome", f"{outcome!r} is not numeric"))
    complete = data[[*grouping, *chosen]].notna().all(axis=1)
    sample = data[complete]
    factors = [_factor(sample, parts, _emptiest(data[[*grouping, *chosen]])) for parts in groups]
    found = _Sample(data, sample, chosen, factors, dict(level or {}))
    slopes = tuple(found.slopes(outcome, confidence))
    return Description(found.descriptives, slopes, len(data) - len(sample))


def _require(data: pd.DataFrame, wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in data.columns:
            hint = did_you_mean(name, data.columns) or f"its columns are {column_words(dict(data))}"
            raise UsageError(Fault("frame", f"there is no column {name!r}", hint))


def _emptiest(data: pd.DataFrame) -> str:
    """Return a hint that names the columns with the most missing values."""
    missing = data.isna().sum().sort_values(ascending=False, kind="stable")
    worst = [f"{name} misses {count}" for name, count in missing.head(MOST_NAMED).items() if count]
    return f"leave variables out by naming the others: of {len(data)} rows {', '.join(worst)}"


def _is_number(values: pd.Series) -> bool:
    return bool(is_numeric_dtype(values) and not is_bool_dtype(values))


def _factor(sample: pd.DataFrame, parts: Sequence[str], emptiest: str) -> CodedFactor:
    coded = []
    for part in parts:
        codes, levels = pd.factorize(sample[part], sort=True)
        coded.append((np.asarray(codes, dtype=np.intp), [str(level) for level in levels]))
    if len(sample) == 0:
        raise UsageError(Fault("frame", "no row has a value in all columns", emptiest))
    factor = make_factor(parts, coded)
    if len(factor.labels) < 2:
        raise UsageError(Fault("group", f"{factor.name!r} has one group", "levels need at least two"))
    return factor


class _Sample:
    """The complete rows of a frame with its hierarchy."""

    def __init__(
        self,
        data: pd.DataFrame,
        sample: pd.DataFrame,
        variables: Sequence[str],
        factors: Sequence[CodedFactor],
        level: dict[str, str],
    ) -> None:
        self.data, self.sample, self.factors = data, sample, {each.name: each for each in factors}
        unknown = next((name for name in level.values() if name not in self.factors), None)
        if unknown is not None:
            raise UsageError(
                Fault("level", f"{unknown!r} is no grouping factor", did_you_mean(unknown, self.factors))
            )
        self.values = {name: self._values(name) for name in variables}
        self.nesting: tuple[NestingRelation, ...] = relate(factors)
        self.levels: list[VariableLevel] = [
            level_of(name, values, factor, declared=level.get(name) == factor.name)
            for name, values in self.values.items()
            for factor in factors
        ]
        sizes = {name: len(factor.labels) for name, factor in self.factors.items()}
        self.places = {**place_variables(self.levels, {}, sizes, self.nesting), **level}

    def _values(self, name: str) -> np.ndarray | pd.Categorical:
        values = self.sample[name]
        if _is_number(values):
            return values.to_numpy(dtype=np.float64)
        return pd.Categorical(values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype(str))

    @property
    def descriptives(self) -> Descriptives:
        """The variables per level, and the correlations of all."""
        hierarchy = Hierarchy(
            refs={name: factor.codes for name, factor in self.factors.items()},
            outer=outer_factors(self.factors, self.nesting),
            places=self.places,
        )
        return describe_levels([self._described(name) for name in self.values], list(self.values), hierarchy)

    def _described(self, name: str) -> Described:
        values = self.values[name]
        missing = {"": int(self.data[name].isna().sum()), **dict(self._groups_without(name))}
        if isinstance(values, pd.Categorical):
            labels = tuple(map(str, values.categories))
            return Described(name, np.asarray(values.codes, dtype=np.float64), labels, missing)
        return Described(name, values, None, missing, dict(self._indices(name, values)))

    def _groups_without(self, name: str) -> Iterator[tuple[str, int]]:
        """Yield per factor the number of groups without any value of a variable."""
        for factor in self.factors.values():
            present = self.data.dropna(subset=list(factor.columns)).groupby(
                list(factor.columns), observed=True
            )
            yield factor.name, int((present[name].count() == 0).sum())

    def _indices(self, name: str, x: np.ndarray) -> Iterator[tuple[str, tuple[float | None, float | None]]]:
        if name in self.places:
            return
        for factor in self.factors.values():
            try:
                yield factor.name, aggregation(x, factor.codes)
            except FitError:
                continue  # without an estimate of the null model there is no intraclass correlation

    def slopes(self, outcome: str | None, confidence: float) -> Iterator[SlopeComparison]:
        """Yield the slopes of the outcome on each numeric predictor of level 1."""
        y = None if outcome is None else self.values[outcome]
        for entry in self.levels:
            x = self.values[entry.variable]
            place = self.places.get(entry.variable)
            if entry.level != "mixed" or entry.variable == outcome or place == entry.factor:
                continue
            if y is None or isinstance(x, pd.Categorical) or isinstance(y, pd.Categorical):
                continue
            try:
                check = simpson_check(y, x, self.factors[entry.factor].codes, confidence=confidence)
            except FitError:
                continue  # for example an outcome that the predictor reproduces exactly
            if check is not None and check.within is not None and check.between is not None:
                yield comparison_of(str(outcome), entry.variable, entry.factor, check)


def _text(table: pd.DataFrame) -> str:
    return table.to_string(index=False, float_format=_short, na_rep="-")


def _short(value: float) -> str:
    return f"{value:.4g}"
