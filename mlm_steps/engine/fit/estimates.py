"""The REML and the ML fit of one design."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.lmm_fit import Control, LmmFit, Method

__all__ = ["Estimates"]


class Estimates:
    """The fits of one design, each computed when it is first used.

    Parameters
    ----------
    design : Design
    control : Control, optional
    fits : mapping of method to LmmFit, optional
        Fits that exist already.
    """

    def __init__(
        self, design: Design, *, control: Control | None = None, fits: Mapping[Method, LmmFit] | None = None
    ) -> None:
        self.design = design
        self._control = control
        self._fits: dict[Method, LmmFit] = dict(fits or {})

    def under(self, method: Method) -> LmmFit:
        """Return the fit by REML or ML; the second one starts from the optimum of the first."""
        if method not in self._fits:
            other = next(iter(self._fits.values()), None)
            self._fits[method] = fit_lmm(
                self.design,
                method=method,
                control=self._control,
                start=None if other is None else other.theta,
                prepared=None if other is None else other.prepared,
            )
        return self._fits[method]
