"""The functions of the formula language and their parameters, which the parser needs without numpy."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PARAMETERS"]

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "I": ("x",),
    "offset": ("object",),
    "log": ("x", "base"),
    "log10": ("x",),
    "log2": ("x",),
    "log1p": ("x",),
    "exp": ("x",),
    "expm1": ("x",),
    "sqrt": ("x",),
    "abs": ("x",),
    "sin": ("x",),
    "cos": ("x",),
    "factor": ("x", "levels", "labels", "ordered"),
    "as.factor": ("x",),
    "ordered": ("x", "levels", "labels"),
    "relevel": ("x", "ref"),
    "C": ("object", "contr", "base", "ref"),
    "scale": ("x", "center", "scale"),
    "center": ("x",),
    "poly": ("x", "degree", "raw"),
    "ns": ("x", "df", "knots", "intercept", "Boundary.knots"),
    "bs": ("x", "df", "knots", "degree", "intercept", "Boundary.knots"),
}
"""Names of the arguments of each function in R's order; the first is the data."""
