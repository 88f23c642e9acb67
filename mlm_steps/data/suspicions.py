"""Faults that data files often have: group means that are off, rows and ids that occur twice."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import Factor
from mlm_steps.data.notices import listed
from mlm_steps.data.variation import varying_groups
from mlm_steps.records.base import Notice

__all__ = ["about_group_means", "about_repeated_ids", "about_repeated_rows", "is_id_name"]

_AGREES = 0.9
"""Share of the groups in which a column has to equal the computed means to pass for group means."""
_MOST_CANDIDATES = 40
_UNIQUE = 0.9
_ID_NAME = re.compile(
    r"(^|[_. ])(id|nr|number|code|key)s?$|^uu?id|^id[_. 0-9]|^[a-z]?id$|(?-i:[a-z]I[dD]$)", re.IGNORECASE
)


def is_id_name(name: str) -> bool:
    """Return whether a column is named as identifiers are.

    >>> [is_id_name(name) for name in ("id", "student_id", "pupilID", "grid")]
    [True, True, True, False]
    """
    return bool(_ID_NAME.search(name))


def about_group_means(numbers: Mapping[str, NDArray[np.float64]], factor: Factor) -> tuple[Notice, ...]:
    """Return notices on columns that are group means of another column but for some groups.

    Parameters
    ----------
    numbers : mapping of str to ndarray, shape (n,)
        The file's number columns over all rows that belong to a group: what the file calls a mean was
        hardly taken on the analysis sample.
    factor : Factor
        On the same rows.
    """
    whole = {name: x for name, x in list(numbers.items())[:_MOST_CANDIDATES] if np.isfinite(x).all()}
    varying = {name: varying_groups(x, factor).any() for name, x in whole.items()}
    supplied = {name: factor.means(x) for name, x in whole.items() if not varying[name]}
    computed = {name: factor.means(x) for name, x in whole.items() if varying[name]}
    found = []
    for name, given in supplied.items():
        tolerance = _rounding(given)
        if tolerance is None:
            continue
        for source, means in computed.items():
            off = np.abs(given - means)
            wrong = off > tolerance + 1e-9 * np.abs(means)
            if 0 < wrong.sum() <= (1 - _AGREES) * len(wrong):
                found.append(_mean_notice(name, source, factor, np.flatnonzero(wrong), off))
    return tuple(found)


def _rounding(given: NDArray[np.float64]) -> float | None:
    """Return half a unit of the last decimal that a column is written with; None if that says nothing."""
    spread = float(given.std())
    digits = next((d for d in range(7) if np.allclose(given, np.round(given, d), rtol=0, atol=1e-9)), 7)
    tolerance = 0.5001 * 10.0**-digits
    return tolerance if tolerance <= 0.05 * spread else None


def _mean_notice(
    name: str, source: str, factor: Factor, wrong: NDArray[np.intp], off: NDArray[np.float64]
) -> Notice:
    groups = listed([factor.labels[i] for i in wrong])
    text = (
        f"{name} is the mean of {source} in each level of {factor.name} but {groups}, where it is off by up "
        f"to {off[wrong].max():.3g}; derive it instead: {{mean: {source}, within: {factor.name}}}."
    )
    return Notice(code="group_mean_mismatch", severity="warning", text=text, subject=name)


def about_repeated_ids(codes: Mapping[str, NDArray[np.int64]]) -> tuple[Notice, ...]:
    """Return notices on columns that look like identifiers of rows, of which some occur twice.

    Parameters
    ----------
    codes : mapping of str to ndarray of int, shape (n,)
        Columns that may be identifiers and that no model uses, values numbered, -1 where missing; numbers
        that begin anew in each group repeat too often to count.
    """
    found = []
    for name, values in codes.items():
        n, distinct = int((values >= 0).sum()), int(values.max(initial=-1)) + 1
        if not _UNIQUE * n <= distinct < n:
            continue
        words = f"{n - distinct} row{'s repeat' if n - distinct > 1 else ' repeats'}"
        said = (
            f"{name} looks like an identifier of rows, but {words} an earlier one: rows may have been "
            "entered twice."
        )
        found.append(Notice(code="duplicate_ids", severity="warning", text=said, subject=name))
    return tuple(found)


def about_repeated_rows(frame: pd.DataFrame) -> tuple[Notice, ...]:
    """Return a notice if rows of the sample equal earlier ones in all columns."""
    mixed = np.zeros(len(frame), dtype=np.uint64)
    for name in frame.columns:
        values = frame[name]
        coded = isinstance(values.dtype, pd.CategoricalDtype)
        plain = values.cat.codes.to_numpy() if coded else values.to_numpy()
        with np.errstate(over="ignore"):
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + pd.util.hash_array(plain, categorize=False)
    repeated = len(mixed) - len(np.unique(mixed))
    if not repeated:
        return ()
    words = "One row equals an earlier one" if repeated == 1 else f"{repeated} rows equal earlier ones"
    text = f"{words} in every column; if the file has no identifier that may be chance."
    return (Notice(code="duplicate_rows", severity="info", text=text),)
