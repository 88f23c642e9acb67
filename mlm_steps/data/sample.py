"""The common sample: the rows complete on all variables of all models (statistics, section 0)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.errors import DataError, Fault
from mlm_steps.records.data_profile import VariableLoss

__all__ = ["CommonSample", "common_sample", "sample_hash"]


@dataclass(frozen=True, slots=True, eq=False)
class CommonSample:
    """Which rows are kept, and how many are lost to each variable.

    Attributes
    ----------
    kept : ndarray of bool, shape (n,)
        One element per row of the file.
    lost : tuple of VariableLoss
        One for each column with missing values, in the order of use.
    """

    kept: NDArray[np.bool_]
    lost: tuple[VariableLoss, ...]


def common_sample(
    missing: Mapping[str, NDArray[np.bool_]],
    factors: Mapping[str, NDArray[np.intp]],
    rows: int,
    where: str,
) -> CommonSample:
    """Return the rows that are complete on all variables.

    Parameters
    ----------
    missing : mapping of str to ndarray of bool, shape (n,)
        For each column of the file that a model uses, the rows in which it is missing.
    factors : mapping of str to ndarray of int, shape (n,)
        Group of each row per grouping factor, -1 where missing.
    rows : int
        n.
    where : str
        Place in the spec for the fault.

    Raises
    ------
    DataError
        No row is complete; the message names the variables with most missing values.
    """
    kept = np.ones(rows, dtype=bool)
    for gone in missing.values():
        kept &= ~gone
    lost = tuple(
        VariableLoss(
            variable=name,
            rows=int(gone.sum()),
            groups={factor: _groups_lost(codes, gone) for factor, codes in factors.items()},
        )
        for name, gone in missing.items()
        if gone.any()
    )
    if not kept.any():
        raise DataError(Fault(where, *_all_lost(lost, rows)))
    return CommonSample(kept, lost)


def _groups_lost(codes: NDArray[np.intp], gone: NDArray[np.bool_]) -> int:
    """Return the number of groups that lose all rows if the rows missing on one variable are left out."""
    groups = int(codes.max(initial=-1)) + 1
    there = np.bincount(codes[codes >= 0], minlength=groups)
    left = np.bincount(codes[(codes >= 0) & ~gone], minlength=groups)
    return int(((there > 0) & (left == 0)).sum())


def _all_lost(lost: Sequence[VariableLoss], rows: int) -> tuple[str, str]:
    costliest = sorted(lost, key=lambda loss: -loss.rows)[:3]
    listed = ", ".join(f"'{loss.variable}' is missing in {loss.rows}" for loss in costliest)
    what = f"no row is complete on all variables of the models: of {rows} rows {listed}"
    return what, "check the column and the missing-value markers, or leave the variable out of the models"


def sample_hash(kept: NDArray[np.bool_]) -> str:
    """Return a hash of which rows of how many are kept."""
    digest = hashlib.sha256(f"{len(kept)}:".encode())
    digest.update(np.flatnonzero(kept).astype("<i8").tobytes())
    return digest.hexdigest()
