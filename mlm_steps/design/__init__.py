"""Formulas, and the design matrices y, X and Z that a formula makes of a data frame.

The package itself imports only the formula language, which needs no numpy: a run is planned, and a spec is
checked, without it. Import ``build``, ``apply`` and ``matrices`` for arrays.
"""

from mlm_steps.design.bars import Bar, GroupingFactor
from mlm_steps.design.formula import Formula, Offset, parse_formula

__all__ = ["Bar", "Formula", "GroupingFactor", "Offset", "parse_formula"]
