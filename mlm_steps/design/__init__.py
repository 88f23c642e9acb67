"""From a formula and a frame to y, X and the random-effects terms.

Formulas are read without numpy; what builds arrays is imported when it is first used, so that checking a spec
and planning a run start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mlm_steps.design.bars import Bar, GroupingFactor
from mlm_steps.design.formula import Formula, Offset, parse_formula

if TYPE_CHECKING:
    from mlm_steps.design.apply import NewDesign, NewTerm, apply_design
    from mlm_steps.design.build import build_design, factor_codes
    from mlm_steps.design.matrices import Design, RandomTerm

__all__ = [
    "Bar",
    "Design",
    "Formula",
    "GroupingFactor",
    "NewDesign",
    "NewTerm",
    "Offset",
    "RandomTerm",
    "apply_design",
    "build_design",
    "factor_codes",
    "parse_formula",
]

_ARRAYS = {
    "apply": ("NewDesign", "NewTerm", "apply_design"),
    "build": ("build_design", "factor_codes"),
    "matrices": ("Design", "RandomTerm"),
}


def __getattr__(name: str) -> object:
    for module, names in _ARRAYS.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
