"""The functions of expressions; a new one is a module and a line below."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.data.expressions.base import Function
from mlm_steps.data.expressions.choose import CHOICES
from mlm_steps.data.expressions.cut import CUT
from mlm_steps.data.expressions.elementwise import ELEMENTWISE

__all__ = ["FUNCTIONS"]

FUNCTIONS: Mapping[str, Function] = {**ELEMENTWISE, **CHOICES, **CUT}
