"""Check the levels that the coding of a category names, and put its reference level first."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mlm_steps.errors import did_you_mean, listing
from mlm_steps.spec import ColumnSpec
from mlm_steps.spec.written import quoted

__all__ = ["Misfit", "with_coding"]


class Misfit(Exception):  # noqa: N818 - the caller turns it into a DataError
    """A column contradicts its entry in the spec; ``key`` is the key at fault."""

    def __init__(self, what: str, hint: str | None = None, *, key: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.key = key


def with_coding(values: pd.Categorical, spec: ColumnSpec, contrast: str | None) -> pd.Categorical:
    """Return a category with its reference level first.

    Parameters
    ----------
    values : Categorical
        Its categories are text.
    spec : ColumnSpec
        The entry of the column, which may name a reference, an omitted level, or the rows of a matrix.
    contrast : str or None
        The contrasts that apply, by default those of an ordered category included.

    Raises
    ------
    Misfit
        A level is named that the column does not have, or the contrasts have no reference.
    """
    levels = [str(level) for level in values.categories]
    detail = spec.contrast_detail
    if detail is not None and detail.omitted is not None:
        _require(detail.omitted, levels, key="contrast")
    if detail is not None and detail.rows and set(detail.rows) != set(levels):
        missing = [level for level in levels if level not in detail.rows]
        extra = [level for level in detail.rows if level not in levels]
        what = f"no row for the level {quoted(missing[0])}" if missing else f"a row for {quoted(extra[0])}"
        raise Misfit(f"is coded by a matrix with {what}", f"the levels are {listing(levels)}", key="contrast")
    if spec.reference is None:
        return values
    _require(spec.reference, levels, key="reference")
    if contrast not in (None, "treatment"):
        hint = "declare type: category, or contrast: treatment"
        raise Misfit(f"has {contrast} contrasts, which have no reference level", hint, key="reference")
    order = [spec.reference, *(level for level in levels if level != spec.reference)]
    return values.reorder_categories(order)


def _require(level: str, levels: Sequence[str], *, key: str) -> None:
    if level not in levels:
        hint = did_you_mean(level, levels) or f"the levels are {listing(levels)}"
        raise Misfit(f"has no level {quoted(level)}", hint, key=key)
