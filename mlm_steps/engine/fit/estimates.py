"""The REML and the ML fit of one design."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.mixed import fit_mixed
from mlm_steps.engine.result.lmm_fit import Control, Method
from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["Estimates"]


class Estimates:
    """The fits of one design, each computed when it is first used.

    Parameters
    ----------
    design : Design
    control : Control, optional
    fits : mapping of method to MixedFit, optional
        Fits that exist already.
    """

    def __init__(
        self, design: Design, *, control: Control | None = None, fits: Mapping[Method, MixedFit] | None = None
    ) -> None:
        self.design = design
        self._control = control
        self._fits: dict[Method, MixedFit] = dict(fits or {})

    def under(self, method: Method) -> MixedFit:
        """Return the fit by REML or ML; the second one starts from the optimum of the first."""
        if method not in self._fits:
            other = next(iter(self._fits.values()), None)
            self._fits[method] = fit_mixed(self.design, method=method, control=self._control, near=other)
        return self._fits[method]
