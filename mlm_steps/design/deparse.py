"""Format expressions and numbers as R prints them, because R names columns so."""

from __future__ import annotations

import math

from mlm_steps.design.expressions import (
    Binary,
    Call,
    Expr,
    Name,
    Number,
    Paren,
    Text,
    Truth,
    Unary,
    left_spine,
)
from mlm_steps.records.spelling import quote_name

__all__ = ["EXACT", "deparse", "format_label", "format_number"]

EXACT = 2.0**53
"""From this size on, float64 cannot represent every whole number."""

_TIGHT = frozenset({"/", "^", ":"})
_DIGITS = 15


def deparse(expr: Expr) -> str:
    """Return the expression in R's spelling: ``I(Days - 4.5)``, ``x^2``, ``poly(x, degree = 2)``."""
    if isinstance(expr, Name):
        return quote_name(expr.name)
    if isinstance(expr, Number):
        return expr.word or format_number(expr.value)
    if isinstance(expr, Text):
        return _quoted(expr.value)
    if isinstance(expr, Truth):
        return "TRUE" if expr.value else "FALSE"
    if isinstance(expr, Unary):
        return expr.operator + deparse(expr.operand)
    if isinstance(expr, Paren):
        return f"({deparse(expr.inner)})"
    if isinstance(expr, Call):
        return f"{quote_name(expr.function)}({', '.join(_argument(a.name, a.value) for a in expr.arguments)})"
    return _binary(expr)


def _binary(expr: Binary) -> str:
    first, operations = left_spine(expr)
    pieces = [deparse(first)]
    for operation in operations:
        tight = operation.operator in _TIGHT
        pieces.append(operation.operator if tight else f" {operation.operator} ")
        pieces.append(deparse(operation.right))
    return "".join(pieces)


def _argument(name: str | None, value: Expr) -> str:
    return deparse(value) if name is None else f"{quote_name(name)} = {deparse(value)}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def format_number(value: float) -> str:
    """Return a double as R prints it: up to 15 significant digits, in the shorter notation.

    >>> [format_number(v) for v in (4.5, 100000, 123456, 0.0001, 0.1 + 0.2, -2)]
    ['4.5', '1e+05', '123456', '1e-04', '0.3', '-2']
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Inf" if value > 0 else "-Inf")
    mantissa, power = f"{value:.{_DIGITS - 1}e}".split("e")
    digits, exponent = mantissa.rstrip("0").rstrip("."), int(power)
    decimals = max(0, len(digits.lstrip("-").replace(".", "")) - 1 - exponent)
    fixed = f"{value:.{decimals}f}"
    scientific = f"{digits}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return fixed if len(fixed) <= len(scientific) else scientific


def format_label(value: float) -> str:
    """Return a number as the label of a level; whole numbers in full, as R does for integers."""
    if value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    return format_number(value)
