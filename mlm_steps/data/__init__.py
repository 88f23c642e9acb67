"""The data stage: the file read, its columns typed and derived, one common sample, its hierarchy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlm_steps.data.values import Analysis, ModelUse

if TYPE_CHECKING:
    from mlm_steps.spec import LoadedSpec

__all__ = ["Analysis", "ModelUse", "prepare"]


def prepare(loaded: LoadedSpec, uses: Sequence[ModelUse]) -> Analysis:
    """Return the analysis sample of a spec and its profile.

    Parameters
    ----------
    loaded : LoadedSpec
    uses : sequence of ModelUse
        One for each rung and prelude model: the common sample is what is complete for all of them.

    Raises
    ------
    DataError
        With all faults of the file, its columns, the derived columns and the sample.
    """
    from mlm_steps.data.assemble import assemble  # pandas: half a second that a finished run need not pay

    return assemble(loaded, uses)
