"""Simple slopes, one row per value of the moderator (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records.effects import SimpleSlopes, SlopeAt
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import (
    AVERAGE,
    NUMBERS,
    RATIO,
    RESPONSE,
    conditions,
    effects_of,
    missing,
    numbers,
    ratio_cells,
    response_cells,
)

__all__ = ["simple_slopes"]

INTERCEPTS = {
    "intercept": "estimate",
    "intercept_se": "se",
    "intercept_df": "df",
    "intercept_ci_low": "ci_low",
    "intercept_ci_high": "ci_high",
}
COLUMNS = (
    "model",
    "focal",
    "moderator",
    "value",
    "slope",
    "se",
    "df",
    "p",
    "ci_low",
    "ci_high",
    "statistic",
    "df_method",
    "place",
    "focal_contrast",
    "focal_at",
    "conditions",
    *INTERCEPTS,
    *RATIO,
    "population_slope",
    *RESPONSE,
    "average_slope",
    *AVERAGE,
)


def simple_slopes(run: RunRecords) -> Table:
    """Return the slopes of all rungs.

    ``place`` describes the value of the moderator, for example as its mean. For a focal category,
    ``focal_contrast`` names the two levels whose difference is the slope; for a curve, ``focal_at`` is the
    value at which its slope is taken. ``conditions`` are the values of other predictors on which the slope
    depends. The intercept is the expected outcome where the focal predictor is 0, at its first level or, for
    a curve, at ``focal_at``.

    For a generalized model slope and intercept are on the scale of the link, ``ratio`` is the exponential of
    the slope, and ``population_slope`` the slope of the population average at the mean of the focal
    predictor; ``average_slope`` is its mean over the rows, with the moderator at its value in all of them.
    """
    rows = [_row(pair, slope) for pair in effects_of(run).slopes for slope in pair.slopes]
    return table_of("simple_slopes", COLUMNS, rows)


def _row(pair: SimpleSlopes, at: SlopeAt) -> tuple[dict[str, Cell], Codes]:
    cells = numbers(at.slope)
    cells |= {
        "slope": cells.pop("estimate"),
        "model": pair.model,
        "focal": pair.focal,
        "moderator": pair.moderator,
        "value": at.value,
        "df_method": pair.df_method,
        "place": at.place,
        "focal_contrast": pair.focal_contrast,
        "focal_at": pair.focal_at,
        "conditions": conditions(pair.conditions),
    }
    cells |= {name: getattr(at.intercept, field) for name, field in INTERCEPTS.items()}
    codes = {
        **missing(at.slope, ("slope", *NUMBERS[1:])),
        **missing(at.intercept, tuple(INTERCEPTS)),
        **dict.fromkeys(("focal_contrast", "focal_at", "conditions"), "not_applicable"),
    }
    ratio, ratio_codes = ratio_cells(at.ratio, pair.ratio_kind)
    response, response_codes = response_cells("population_slope", at.response)
    average, average_codes = response_cells("average_slope", at.average, AVERAGE)
    return {**cells, **ratio, **response, **average}, {
        **codes,
        **ratio_codes,
        **response_codes,
        **average_codes,
    }
