"""The functions of the formula language; a new one is a module and a line below."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.design.transforms.base import Transform
from mlm_steps.design.transforms.elementwise import ELEMENTWISE
from mlm_steps.design.transforms.factor import FACTORS
from mlm_steps.design.transforms.poly import POLY
from mlm_steps.design.transforms.scale import CENTER, SCALE
from mlm_steps.design.transforms.splines import BS, NS

__all__ = ["FUNCTIONS"]

FUNCTIONS: Mapping[str, Transform] = {
    **ELEMENTWISE,
    **FACTORS,
    "scale": SCALE,
    "center": CENTER,
    "poly": POLY,
    "ns": NS,
    "bs": BS,
}
