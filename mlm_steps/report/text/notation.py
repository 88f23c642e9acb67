"""Number formats and symbols of the report: the one place where numbers are rounded."""

from __future__ import annotations

import math

from mlm_steps.records.digits import MOST_DECIMALS, decimals_for_se, decimals_for_spread

__all__ = [
    "MINUS",
    "MOST_DECIMALS",
    "P_WORDS",
    "SUPERSCRIPTS",
    "correlation",
    "decimals_for_se",
    "decimals_for_size",
    "decimals_for_spread",
    "degrees_of_freedom",
    "fixed",
    "integer",
    "p_value",
    "percent",
    "share",
    "subscript",
    "symbol_indices",
]

MINUS = "\N{MINUS SIGN}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
SMALLEST_P = 0.001
"""Smaller p values, and those within this distance of 1, are printed as a bound (APA style)."""
ROUNDING = 1e-12
"""The rounding error of a difference of p values, for the comparison with ``NEAR_ALPHA``."""
NEAR_ALPHA = 0.005
"""A p value within this distance of the level of the test has more digits, to show on which side it is."""
LARGEST_PLAIN = 1e12
"""Numbers of this size and above are written with a power of ten, since many digits are hard to read."""
EXACTLY_ONE = 5e-7
"""A correlation within this distance of ±1 is printed as ±1.00: it equals 1 at six decimals."""
P_WORDS = {"p_boot": ", bootstrap", "p_rlrt": ", exact", "p_boundary": ", mixture", "p_naive": "", None: ""}
"""The method behind a p value, by its field; empty for one χ² distribution."""
_SUBSCRIPTS = str.maketrans("0123456789,", "₀₁₂₃₄₅₆₇₈₉,")
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def fixed(value: float, decimals: int) -> str:
    """Return a number with this many decimals and a true minus sign; never a negative zero.

    Examples
    --------
    >>> fixed(-1.5802, 2), fixed(-0.001, 2), fixed(3.2e-9, 11)
    ('−1.58', '0.00', '3.20 × 10⁻⁹')
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else f"{MINUS}∞" if value < 0 else "–"
    if decimals > MOST_DECIMALS or abs(value) >= LARGEST_PLAIN:
        return _power_of_ten(value)
    text = f"{abs(value):.{decimals}f}"
    is_zero = not text.strip("0.")
    return text if value >= 0 or is_zero else MINUS + text


def _power_of_ten(value: float) -> str:
    if value == 0:
        return "0"
    mantissa, exponent = f"{abs(value):.2e}".split("e")
    power = str(int(exponent)).translate(SUPERSCRIPTS)
    return f"{MINUS if value < 0 else ''}{mantissa} × 10{power}"


def decimals_for_size(value: float | None, digits: int = 4) -> int:
    """Return the decimals that show this many significant digits of a number.

    Examples
    --------
    >>> decimals_for_size(62.585), decimals_for_size(0.77936), decimals_for_size(0.0)
    (2, 4, 2)
    """
    if value is None or not math.isfinite(value) or value == 0:
        return 2
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


def integer(value: float) -> str:
    """Return a count."""
    return fixed(value, 0)


def share(value: float, decimals: int = 3) -> str:
    """Return a number between −1 and 1 without its leading zero (APA style).

    Examples
    --------
    >>> share(0.13787), share(-0.66), share(1.0)
    ('.138', '−.660', '1.000')
    """
    text = fixed(value, decimals)
    return text.replace("0.", ".", 1) if text.lstrip(MINUS).startswith("0.") else text


def correlation(value: float) -> str:
    """Return a correlation with two decimals, or with more if it would round to ±1.

    Examples
    --------
    >>> correlation(-0.658), correlation(-0.9973), correlation(0.99999), correlation(-1.0)
    ('−.66', '−.997', '.99999', '−1.00')
    """
    if 1.0 - abs(value) < EXACTLY_ONE:
        return fixed(value, 2)
    decimals = 2
    while decimals < MOST_DECIMALS and float(f"{abs(value):.{decimals}f}") >= 1.0:
        decimals += 1
    return share(value, decimals)


def percent(value: float, decimals: int = 1) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> percent(0.05625)
    '5.6\u202f%'
    """
    return f"{fixed(100 * value, decimals)}{NARROW_SPACE}%"


def p_value(p: float, alpha: float = 0.05) -> str:
    """Return a p value with three decimals and no leading zero, or the bound that it lies beyond.

    Near the level alpha, it has as many more decimals as are needed to show on which side it lies.

    Examples
    --------
    >>> p_value(0.0504), p_value(0.04999), p_value(0.1004, alpha=0.1), p_value(0.0604)
    ('.0504', '.04999', '.1004', '.060')
    >>> p_value(1e-9), p_value(0.9999)
    ('< .001', '> .999')
    """
    if p < SMALLEST_P:
        return f"< {share(SMALLEST_P)}"
    if p > 1 - SMALLEST_P:
        return f"> {share(1 - SMALLEST_P)}"
    if abs(p - alpha) > NEAR_ALPHA + ROUNDING:
        return share(p)
    decimals = 4
    while decimals < MOST_DECIMALS and p != alpha and float(f"{p:.{decimals}f}") == round(alpha, decimals):
        decimals += 1
    return share(p, decimals)


def degrees_of_freedom(df: float) -> str:
    """Return degrees of freedom with one decimal, or without decimals if they are whole.

    Examples
    --------
    >>> degrees_of_freedom(17.0), degrees_of_freedom(3914.62)
    ('17', '3914.6')
    """
    return fixed(df, 0 if float(df).is_integer() else 1)


def subscript(indices: str) -> str:
    """Return digits and commas as subscript characters."""
    return indices.translate(_SUBSCRIPTS)


def symbol_indices(symbol: str) -> tuple[int, ...]:
    """Return the numbers of an HLM symbol.

    Examples
    --------
    >>> symbol_indices("γ11"), symbol_indices("γ10,1")
    ((1, 1), (10, 1))
    """
    digits = symbol[1:]
    return tuple(int(text) for text in (digits.split(",") if "," in digits else digits))
