"""The functions of expressions and their parameters, which the parser needs without numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["HINTS", "SIGNATURES", "Signature"]


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of one function.

    Attributes
    ----------
    parameters : tuple of str
        In the order of arguments without a name.
    needed : int
        The first so many must be given.
    many : bool
        Whether the first parameter takes any number of arguments.
    """

    parameters: tuple[str, ...]
    needed: int = 1
    many: bool = False


_OF_ONE_NUMBER = (
    "log10", "log2", "log1p", "exp", "expm1", "sqrt", "abs", "sin", "cos", "floor", "ceiling", "sign",
)  # fmt: skip

SIGNATURES: Mapping[str, Signature] = {
    "log": Signature(("x", "base")),
    **dict.fromkeys(_OF_ONE_NUMBER, Signature(("x",))),
    "round": Signature(("x", "digits")),
    "pmin": Signature(("x",), many=True),
    "pmax": Signature(("x",), many=True),
    "missing": Signature(("x",)),
    "if_else": Signature(("condition", "yes", "no"), needed=3),
    "cut": Signature(("x", "breaks", "labels", "right", "include.lowest"), needed=2),
    "as_number": Signature(("x",)),
}
"""The functions of filters and derived columns. Each has its code in ``data.expressions``."""

HINTS: Mapping[str, str] = {
    "is.na": "write missing(x)",
    "isna": "write missing(x)",
    "isnull": "write missing(x)",
    "ifelse": "write if_else(condition, yes, no)",
    "case_when": "write if_else(condition, yes, if_else(condition, yes, no))",
    "as.numeric": "write as_number(x)",
    "as.integer": "write floor(as_number(x))",
    "factor": "declare type: category and levels under data.columns",
    "as.factor": "declare type: category under data.columns",
    "ln": "write log(x)",
    "ceil": "write ceiling(x)",
    "pow": "write x ^ y",
    "min": "write pmin(x, y) for each row, or derive: {min: x, within: group}",
    "max": "write pmax(x, y) for each row, or derive: {max: x, within: group}",
    "mean": "write derive: {mean: x, within: group}",
    "sd": "write derive: {sd: x, within: group}",
    "scale": "write derive: {standardize: x}",
    "center": "write derive: {center: x}",
    "between": "write x >= a and x <= b",
    "recode": "write derive: {recode: x, map: {a: b}}",
    "rank": "write derive: {rank: x}",
    "lag": "write derive: {lag: x, within: person, by: time}",
}
"""What to write instead of functions that other packages have."""
