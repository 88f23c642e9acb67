"""Compare the fixed effects of two fits."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlm_steps.design.coefficient_words import Named, by_identity, named_columns
from mlm_steps.design.hlm import column_factors
from mlm_steps.engine import MixedFit
from mlm_steps.records.remedies import CoefficientChange
from mlm_steps.records.spelling import quote_name

__all__ = ["coefficient_changes", "renamed_column"]

Pair = tuple[float, float]


def coefficient_changes(
    here: MixedFit, there: MixedFit, renamed: Mapping[str, str]
) -> tuple[CoefficientChange, ...]:
    """Return the coefficients of two fits side by side, in the order of the first fit.

    Parameters
    ----------
    here, there : MixedFit
    renamed : mapping of str to str
        Columns of the data in the first fit, each with the column that replaces it in the second.
    """
    old, new = _coefficients(here, renamed), _coefficients(there, {})
    rows = [_change(column, *new.get(key, (None, None)), here=pair) for key, (column, pair) in old.items()]
    return (
        *rows,
        *(_change(None, column, pair, here=None) for key, (column, pair) in new.items() if key not in old),
    )


def _coefficients(fit: MixedFit, renamed: Mapping[str, str]) -> dict[str, tuple[str, Pair]]:
    """Map a key that identifies a coefficient in both fits to its column, estimate and standard error."""
    pairs = zip(fit.beta.tolist(), fit.se.tolist(), strict=True)
    values = dict(zip(fit.design.columns, pairs, strict=True))
    found = by_identity(renamed_column(each, renamed) for each in named_columns(fit.design))
    return {key: (each.column, values[each.column]) for key, each in found.items() if each.column in values}


def _change(
    column: str | None, column_there: str | None, there: Pair | None, *, here: Pair | None
) -> CoefficientChange:
    change = there[0] - here[0] if here is not None and there is not None else None
    return CoefficientChange(
        column=column,
        column_there=column_there,
        estimate=_finite(None if here is None else here[0]),
        se=_finite(None if here is None else here[1]),
        estimate_there=_finite(None if there is None else there[0]),
        se_there=_finite(None if there is None else there[1]),
        change=_finite(change),
        change_se=_finite(None if change is None or here is None else change / here[1]),
        se_ratio=_finite(there[1] / here[1] if here is not None and there is not None else None),
    )


def _finite(value: float | None) -> float | None:
    """Return a number; None for that of a separated coefficient, which is infinite or has no SE."""
    return value if value is not None and math.isfinite(value) else None


def renamed_column(column: Named, names: Mapping[str, str]) -> Named:
    """Return the column of the design after columns of the data have been replaced.

    >>> renamed_column(Named("ses:f", "ses:fb", "ses:fb"), {"ses": "ses_within_school"}).name_of_r
    'ses_within_school:fb'
    >>> renamed_column(Named("`my x`", "`my x`", "`my x`"), {"my x": "my x_within_g"}).term
    '`my x_within_g`'
    """
    written = {quote_name(old): quote_name(new) for old, new in names.items()}
    factors = column_factors(column.name_of_r, column.term)
    stems = [written.get(stem, stem) for stem, _ in factors]
    levels = [text.removeprefix(stem) for stem, text in factors]
    name = ":".join([stem + level for stem, level in zip(stems, levels, strict=True)])
    return Named(":".join(stems), column.column, name)
