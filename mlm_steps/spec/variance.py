"""The key ``variance``: measures of explained variance besides the usual ones."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.types import each_differs, nothing_is_empty

__all__ = ["MeasureWord", "VarianceSpec"]

MeasureWord = Literal["r2_beta", "local_f2", "r2_xu"]


class VarianceSpec(SpecBlock):
    """Measures of explained variance besides the usual ones."""

    measures: Annotated[
        tuple[MeasureWord, ...], BeforeValidator(nothing_is_empty), AfterValidator(each_differs)
    ] = ()
    """Measures that are added to ``tables/variance_explained.csv``, for example ``[r2_beta, local_f2]``.

    ``r2_beta``: *R*² of all fixed effects and of each term, from Kenward and Roger's *F* (Edwards et al.
    2008); ``local_f2``: Cohen's *f*² of the rung relative to the one before and of each term, from marginal
    *R*² (Selya et al. 2012); ``r2_xu``: the share of the outcome's variance that the fitted values explain
    (Xu 2003). Of rungs with a ``family``, only ``local_f2`` is computed.
    """
