"""Values that a paper gives for its planning tool."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MATHIEU_FIXED", "MATHIEU_ICC", "MATHIEU_VARIANCES"]

MATHIEU_FIXED: Mapping[str, float] = {
    "(Intercept)": -0.068364,
    "xc": 0.451612,
    "xb": 0.345048,
    "w": 0.022851,
    "xb:w": 0.184721,
    "xc:w": 0.148179,
}
"""The coefficients in the listing of Mathieu, Aguinis, Culpepper and Chen (2012), from Chen et al. (2007)."""
MATHIEU_VARIANCES = (0.0032, 0.08954, 0.76877)
"""The variances of intercepts, slopes and residuals in that listing."""
MATHIEU_ICC = 0.12
"""The intraclass correlation of the level-1 predictor in that listing."""
