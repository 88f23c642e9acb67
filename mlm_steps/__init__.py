"""Declarative multilevel analysis: one spec, one command, one report.

In a notebook::

    import mlm_steps

    fit = mlm_steps.fit("Reaction ~ Days + (Days | Subject)", sleepstudy)
    print(fit)
"""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False  # typing.TYPE_CHECKING without the import, which would delay every start
if TYPE_CHECKING:
    from mlm_steps.api import Comparison, Fit, allfit, compare, describe, fit, lm, lm_list
    from mlm_steps.api.power import power

__all__ = ["Comparison", "Fit", "allfit", "compare", "describe", "fit", "lm", "lm_list", "power"]


def __getattr__(name: str) -> object:
    """Import a name of the API at its first use, since the command line does not need it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "power":  # the only name that needs the models of the spec
        from mlm_steps.api.power import power

        return power
    from mlm_steps import api

    return getattr(api, name)


class _Package(ModuleType):
    """Keeps the name ``compare`` for the function; importing the sub-package would rebind it."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted(__all__)
