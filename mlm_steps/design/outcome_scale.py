"""The scale of a transformed outcome, and the inverse transformation to the data column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.arguments import EVENTS
from mlm_steps.design.columns import ChosenColumns
from mlm_steps.design.deparse import deparse
from mlm_steps.design.evaluate import Evaluator
from mlm_steps.design.expressions import Binary, Call, Expr, Name, Paren, Unary, columns_of
from mlm_steps.design.formula import Formula
from mlm_steps.design.transforms.base import State

__all__ = ["OutcomeScale", "outcome_scale"]

Array = NDArray[np.float64]
Step = tuple[Callable[[Array], Array], Callable[[Array], Array]]
"""The inverse of one function, and the derivative of that inverse."""
LOGARITHMS = {"log": np.e, "log2": 2.0, "log10": 10.0}
"""Default base of each logarithm of the formula language."""


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeScale:
    """A transformed outcome, such as ``log(score)``.

    Attributes
    ----------
    text : str
        The outcome as the formula writes it.
    column : str or None
        The column to which values are transformed back; None if the function has no inverse.
    steps : tuple of Step
        The inverse functions; the inverse of the outermost function is first.
    difference : {"ratio", "difference"} or None
        Meaning of a difference of transformed values on the scale of the column. It is a ratio for logarithms
        and a difference for linear functions; other functions have none.
    """

    text: str
    column: str | None
    steps: tuple[Step, ...]
    difference: Literal["ratio", "difference"] | None

    def back(self, values: Array) -> tuple[Array, Array]:
        """Transform values back to the column; return them and the derivatives, NaN outside the range."""
        slope = np.ones_like(values)
        with np.errstate(all="ignore"):
            for inverse, derivative in self.steps:
                slope = slope * derivative(values)
                values = inverse(values)
        return values, slope

    def back_difference(self, values: Array) -> tuple[Array, Array]:
        """Transform differences back to ratios or differences of the column; return the derivatives too."""
        back, slope = self.back(values)
        zero = self.back(np.zeros_like(values))[0]
        if self.difference == "ratio":
            return back / zero, slope / zero
        return back - zero, slope


def outcome_scale(formula: Formula, states: Mapping[str, State], lowest: float) -> OutcomeScale | None:
    """Return the scale of a formula's outcome; None if the outcome is an untransformed column.

    Parameters
    ----------
    formula : Formula
    states : mapping
        Values that the transforms computed from the data, such as means.
    lowest : float
        The smallest value of the data column, if there is one column. An even power has an inverse only if
        the data are not negative.
    """
    expr: Expr = formula.response
    while isinstance(expr, Paren):
        expr = expr.inner
    if isinstance(expr, Name) or (isinstance(expr, Call) and expr.function == EVENTS):
        return None
    walk = _Walk(formula, states, lowest)
    steps = walk.steps(expr)
    if steps is None:
        return OutcomeScale(formula.outcome_label, None, (), None)
    difference: Literal["ratio", "difference"] | None = "difference" if walk.linear else None
    if walk.logarithm:
        difference = "ratio"
    return OutcomeScale(formula.outcome_label, formula.outcomes[0], tuple(steps), difference)


class _Walk:
    """Finds the inverse of an outcome, starting with the outermost function.

    Attributes
    ----------
    linear : bool
        Whether all functions so far are linear.
    logarithm : bool
        Whether the outcome is so far linear in the logarithm of a multiple of the column. After an addition
        inside the logarithm, differences are not ratios of the column.
    """

    def __init__(self, formula: Formula, states: Mapping[str, State], lowest: float) -> None:
        self.formula, self.states, self.lowest = formula, states, lowest
        self.linear, self.logarithm = True, False

    def steps(self, expr: Expr) -> list[Step] | None:
        """Return the inverses of the functions applied to a column; None if one has no inverse."""
        found: list[Step] = []
        while not isinstance(expr, Name):
            step = self._step(expr)
            if step is None:
                return None
            found.append(step[0])
            expr = step[1]
        return found

    def _step(self, expr: Expr) -> tuple[Step, Expr] | None:
        """Return the inverse of the outermost function, and the argument of that function."""
        if isinstance(expr, Paren):
            return _multiplied(1.0), expr.inner
        if isinstance(expr, Unary):
            return _multiplied(-1.0 if expr.operator == "-" else 1.0), expr.operand
        if isinstance(expr, Call):
            step = self._call(expr)
            return None if step is None else (step, expr.data)
        if isinstance(expr, Binary):
            return self._binary(expr)
        return None

    def _call(self, call: Call) -> Step | None:
        name = call.function
        if name == "I":
            return _multiplied(1.0)
        if name in ("scale", "center"):
            state = self.states.get(deparse(call), {})
            self.logarithm = False
            scale, center = (float(str(state.get(key, default))) for key, default in _LEARNED)
            return (lambda e: e * scale + center), (lambda e: np.full_like(e, scale))
        straight = self.linear
        self.linear = self.logarithm = False
        if name in LOGARITHMS:
            self.logarithm = straight
            base = dict(call.options).get("base")
            rate = float(np.log(base if isinstance(base, float) else LOGARITHMS[name]))
            return (lambda e: np.exp(rate * e)), (lambda e: rate * np.exp(rate * e))
        return _INVERSES.get(name)

    def _binary(self, expr: Binary) -> tuple[Step, Expr] | None:
        left, right = any(columns_of(expr.left)), any(columns_of(expr.right))
        if left == right:
            return None
        inner, c = (
            (expr.left, self._constant(expr.right)) if left else (expr.right, self._constant(expr.left))
        )
        operator = expr.operator
        if operator in ("+", "-"):
            self.logarithm = False
            sign = -1.0 if operator == "-" and not left else 1.0
            shift = c if operator == "+" or not left else -c
            return ((lambda e: sign * (e - shift)), (lambda e: np.full_like(e, sign))), inner
        if operator in ("*", "/") and (left or operator == "*") and c != 0.0:
            return _multiplied(1.0 / c if operator == "*" else c), inner
        self.linear = self.logarithm = False
        if operator == "/" and c != 0.0:
            return self._reciprocal(c, inner)
        if operator == "^" and left and c != 0.0:
            return self._root(c, inner)
        if operator == "^" and c > 0.0 and c != 1.0:
            rate = float(np.log(c))
            return ((lambda e: np.log(e) / rate), (lambda e: 1.0 / (rate * e))), inner
        return None

    def _reciprocal(self, c: float, inner: Expr) -> tuple[Step, Expr] | None:
        """Return the inverse of c / y; None unless y is a positive column, because c / y has a pole at 0."""
        if not isinstance(inner, Name) or self.lowest <= 0.0:
            return None
        return ((lambda e: np.where(c * e > 0.0, c / e, np.nan)), (lambda e: -c / e**2)), inner

    def _root(self, power: float, inner: Expr) -> tuple[Step, Expr] | None:
        if not isinstance(inner, Name) or (self.lowest <= 0.0 and power < 0.0):
            return None
        if self.lowest >= 0.0:
            return ((lambda e: e ** (1.0 / power)), (lambda e: e ** (1.0 / power - 1.0) / power)), inner
        return (_odd_root(power), inner) if power % 2.0 == 1.0 else None

    def _constant(self, expr: Expr) -> float:
        return float(Evaluator(self.formula.text, ChosenColumns({}, 1)).numbers(expr)[0])


_LEARNED = (("scale", 1.0), ("center", 0.0))
"""Values that ``scale`` and ``center`` compute from the data, and defaults that change nothing."""


def _multiplied(factor: float) -> Step:
    return (lambda e: factor * e), (lambda e: np.full_like(e, factor))


def _odd_root(power: float) -> Step:
    def root(e: Array) -> Array:
        return np.asarray(np.sign(e) * np.abs(e) ** (1.0 / power))

    return root, (lambda e: np.abs(e) ** (1.0 / power - 1.0) / power)


def _squared(e: Array) -> Array:
    return np.where(e >= 0.0, e**2, np.nan)


_INVERSES: Mapping[str, Step] = {
    "exp": (np.log, lambda e: 1.0 / e),
    "expm1": (np.log1p, lambda e: 1.0 / (1.0 + e)),
    "log1p": (np.expm1, np.exp),
    "sqrt": (_squared, lambda e: 2.0 * e),
}
"""Inverses of functions of the formula language; ``abs``, ``sin`` and ``cos`` have no inverse."""
