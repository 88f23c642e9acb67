"""The results of a finished run, as two runs are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlm_steps.expectations.quantities import Quantity, quantities_of
from mlm_steps.records.base import Notice
from mlm_steps.records.comparison import ComparisonRecord
from mlm_steps.records.data_profile import DataProfile
from mlm_steps.records.fit import FitRecord
from mlm_steps.records.variance import VarianceRecord
from mlm_steps.records.variants import Variant

__all__ = ["FinishedRun"]


@dataclass(frozen=True)
class FinishedRun:
    """What a run has found.

    Attributes
    ----------
    told : mapping
        The facts on the run in ``provenance.json``, such as its versions and the text of its spec.
    profile : DataProfile
    fits : tuple of FitRecord
        The fits of all rungs, also of those whose search did not converge.
    failed : mapping of str to str
        The reason per rung that could not be fitted.
    comparisons : tuple of ComparisonRecord
    variance : tuple of VarianceRecord
    variants : tuple of Variant
        The variants of a spec with the key ``vary``.
    verdicts : mapping of str to str
        The verdict on each hypothesis and on each expectation, by its name.
    """

    told: Mapping[str, object]
    profile: DataProfile
    fits: tuple[FitRecord, ...]
    failed: Mapping[str, str]
    comparisons: tuple[ComparisonRecord, ...]
    variance: tuple[VarianceRecord, ...]
    variants: tuple[Variant, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)

    @property
    def quantities(self) -> list[Quantity]:
        """The numbers by which runs are compared."""
        return quantities_of(self.fits, self.comparisons, self.variance, self.failed, self.variants)

    @property
    def notices(self) -> dict[tuple[str, str], Notice]:
        """The notices by code and model, since their texts have numbers that may differ."""
        found = [
            *self.profile.notices,
            *(notice for fit in self.fits for notice in fit.notices),
            *(notice for record in self.comparisons for notice in record.notices),
            *(notice for record in self.variance for notice in record.notices),
        ]
        return {(notice.code, notice.model or ""): notice for notice in found}
