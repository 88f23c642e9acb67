"""From a formula and a frame to y, X and the random-effects terms."""

from __future__ import annotations

from mlm_steps.design.apply import NewDesign, NewTerm, apply_design
from mlm_steps.design.bars import Bar, GroupingFactor
from mlm_steps.design.build import build_design, factor_codes
from mlm_steps.design.formula import Formula, Offset, parse_formula
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
