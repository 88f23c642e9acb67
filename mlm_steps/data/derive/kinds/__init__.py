"""The ways to derive a column; a new one is a module, a line below and a key in ``spec.derive``."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.data.derive.base import Way
from mlm_steps.data.derive.kinds.expression import EXPRESSION
from mlm_steps.data.derive.kinds.groups import GROUPS
from mlm_steps.data.derive.kinds.levels import LEVELS
from mlm_steps.data.derive.kinds.means import MEANS
from mlm_steps.data.derive.kinds.order import ORDER

__all__ = ["WAYS"]

WAYS: Mapping[str, Way] = {**MEANS, **GROUPS, **EXPRESSION, **LEVELS, **ORDER}
