"""The fits of one design: by REML and by ML, or by ML alone."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.mixed import Points, fit_mixed
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
    agq : int or "auto"
        Quadrature points per dimension of a generalized model.
    """

    def __init__(
        self,
        design: Design,
        *,
        control: Control | None = None,
        fits: Mapping[Method, MixedFit] | None = None,
        agq: Points = 1,
    ) -> None:
        self.design = design
        self.agq: Points = agq
        self._control = control
        self._fits: dict[Method, MixedFit] = dict(fits or {})

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that the model has: a generalized model has no REML criterion."""
        return ("REML", "ML") if self.design.response.linear else ("ML",)

    def under(self, method: Method) -> MixedFit:
        """Return the fit by REML or ML; a generalized model has the same fit for both, that of ML.

        The second fit of a linear model starts from the optimum of the first.
        """
        if method not in self.methods:
            return self.under("ML")
        if method not in self._fits:
            other = next(iter(self._fits.values()), None)
            self._fits[method] = fit_mixed(
                self.design, method=method, control=self._control, near=other, agq=self.agq
            )
        return self._fits[method]
