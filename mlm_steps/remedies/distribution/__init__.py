"""Alternatives to a generalized model whose distribution, approximation or outcome is at fault.

Each is a module with a function of the protocol `Remedy`, listed in ``DISTRIBUTION`` under the module's name.
None of them is applied on request of ``on_singular``, since none removes a variance of zero.
"""

from __future__ import annotations

from mlm_steps.remedies.base import Remedy
from mlm_steps.remedies.distribution.drop_level import drop_level
from mlm_steps.remedies.distribution.merge_level import merge_level
from mlm_steps.remedies.distribution.negative_binomial import negative_binomial
from mlm_steps.remedies.distribution.olre import olre
from mlm_steps.remedies.distribution.quadrature import quadrature

__all__ = ["DISTRIBUTION"]

DISTRIBUTION: dict[str, Remedy] = {
    "olre": olre,
    "negative_binomial": negative_binomial,
    "quadrature": quadrature,
    "merge_level": merge_level,
    "drop_level": drop_level,
}
"""The alternatives in the order of the advice."""
