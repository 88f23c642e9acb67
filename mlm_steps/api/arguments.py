"""Checks of the arguments of the API, made before anything is computed.

``checked(confidence=share, seed=whole(0, LARGEST_SEED))`` above a function passes each argument that it names
through a check, which returns the value to use or raises UsageError at the argument's name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import wraps
from inspect import signature
from numbers import Real
from typing import ParamSpec, TypeVar, cast

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from mlm_steps.design import Formula
from mlm_steps.engine import Control
from mlm_steps.engine.search.optimizers import NEEDS, OPTIMIZERS, installed
from mlm_steps.errors import Fault, UsageError
from mlm_steps.language.faults import nearest

__all__ = [
    "LARGEST_SEED", "MOST_REPLICATES", "MOST_WORKERS", "a_control", "check_contrasts", "checked",
    "column_words", "formula_text", "given", "kind_of", "mapping", "names", "one_of", "optional", "real",
    "share", "truth",
    "whole",
]  # fmt: skip

Check = Callable[[str, object], object]
P = ParamSpec("P")
R = TypeVar("R")

LARGEST_SEED = 2**63 - 1
"""Largest accepted seed: the largest signed 64-bit integer, as in a spec."""
MOST_REPLICATES = 1_000_000
"""Largest number of bootstrap replicates. The results of more replicates would not fit into memory."""
MOST_WORKERS = 1_000
"""Largest number of processes, which exceeds what a single machine runs."""
MOST_EVALUATIONS = 1_000_000
"""Largest number of evaluations of the criterion, as in a spec."""
MOST_RESTARTS = 1000
"""Largest number of restarts of the search, as in a spec."""
TOLERANCES = (1e-15, 0.01)
"""Range of the convergence tolerance, from below rounding error to a visible change of the criterion."""
STARTS = (1e-6, 1e6)
"""Range of the starting value of theta, which is a ratio of standard deviations."""


def checked(**checks: Check) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that passes the named arguments through checks before the function is called."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        parameters = signature(function)
        known = frozenset(parameters.parameters)
        first = [p.name for p in parameters.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        required = {p.name for p in parameters.parameters.values() if p.default is p.empty}

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            given: dict[str, object] = {**dict(zip(first, args, strict=False)), **kwargs}
            if len(given) == len(args) + len(kwargs) and known >= given.keys() >= required:
                for name, check in checks.items():
                    if name in given:
                        given[name] = check(name, given[name])
                return cast("Callable[..., R]", function)(**given)
            # Arguments that do not fit, or any number of them: Python's own rules, and its own messages.
            bound = parameters.bind(*args, **kwargs)
            for name, check in checks.items():
                if name in bound.arguments:
                    bound.arguments[name] = check(name, bound.arguments[name])
            return function(*bound.args, **bound.kwargs)

        return call

    return decorate


def kind_of(value: object) -> str:
    """Return the type of a value in words, for messages."""
    if value is None:
        return "None"
    return f"{'an' if type(value).__name__[0].lower() in 'aeiou' else 'a'} {type(value).__name__}"


def formula_text(key: str, value: object) -> str:
    """Return a formula; UsageError for anything but text."""
    if not isinstance(value, str):
        hint = 'a formula is a text, such as "y ~ x + (1 | g)"'
        raise UsageError(Fault(key, f"this is {kind_of(value)}, not a text", hint))
    return str(value)


def truth(key: str, value: object) -> bool:
    """Return a Boolean value; UsageError for anything else."""
    if not isinstance(value, (bool, np.bool_)):
        raise UsageError(Fault(key, f"this is {kind_of(value)}", "True or False"))
    return bool(value)


def share(key: str, value: object) -> float:
    """Return a number strictly between 0 and 1; UsageError for anything else."""
    number = _number(key, value, "a number")
    if not 0.0 < number < 1.0:
        raise UsageError(Fault(key, f"{_shown(value)} is not between 0 and 1", "for example 0.95"))
    return number


def real(key: str, value: object) -> float:
    """Return a finite number; UsageError for anything else."""
    number = _number(key, value, "a number")
    if not math.isfinite(number):
        raise UsageError(Fault(key, f"{_shown(value)} is not a finite number"))
    return number


def given(key: str, value: object) -> object:
    """Return the value; UsageError for None."""
    if value is None:
        raise UsageError(Fault(key, "this is None, and has to be given"))
    return value


def mapping(key: str, value: object) -> Mapping[str, object]:
    """Return a mapping; UsageError for anything else."""
    if not isinstance(value, Mapping):
        raise UsageError(Fault(key, f"this is {kind_of(value)}, not a mapping", 'for example {"ses": 0.0}'))
    return value


def whole(least: int, most: int) -> Check:
    """Return a check of whole numbers within limits. A float without a fraction is a whole number."""

    def check(key: str, value: object) -> int:
        number = _number(key, value, "a whole number")
        if math.isnan(number) or (math.isfinite(number) and not number.is_integer()):
            raise UsageError(Fault(key, f"{value} is not a whole number"))
        if number < least:
            raise UsageError(Fault(key, f"{_shown(value)} is less than {least}"))
        if number > most:
            raise UsageError(Fault(key, f"{_shown(value)} is more than {most}"))
        return int(value) if isinstance(value, (int, np.integer)) else int(number)

    return check


def one_of(known: Iterable[str], what: str) -> Check:
    """Return a check of words; ``what`` names such words, as in ``no bootstrap is called 'x'``."""
    words = tuple(known)

    def check(key: str, value: object) -> str:
        if not isinstance(value, str) or value not in words:
            hint = f"known: {', '.join(words)}"
            shown = repr(value) if isinstance(value, str) else kind_of(value)
            raise UsageError(Fault(key, f"no {what} called {shown}", hint))
        return str(value)

    return check


def optional(check: Check) -> Check:
    """Return a check that accepts None and passes all other values to ``check``."""
    return lambda key, value: None if value is None else check(key, value)


def names(key: str, value: object) -> list[str]:
    """Return one name or several as a list."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, (Mapping, bytes)) or not np.iterable(value):
        raise UsageError(Fault(key, f"this is {kind_of(value)}, not a name", "one text, or a list of texts"))
    found = list(value)
    wrong = next((each for each in found if not isinstance(each, str)), "")
    if not isinstance(wrong, str):
        raise UsageError(Fault(key, f"{kind_of(wrong)} stands among the names", "names are texts"))
    if not found:
        raise UsageError(Fault(key, "names nothing"))
    return found


def column_words(known: Mapping[str, object]) -> str:
    """Return the names of at most twelve columns, for a message."""
    shown = [name for name, _ in zip(known, range(12), strict=False)]
    return ", ".join(shown) + (", …" if len(known) > len(shown) else "")


def a_control(key: str, value: object) -> Control | None:
    """Return settings of the search; UsageError for settings outside the limits of a spec."""
    if value is None:
        return None
    if not isinstance(value, Control):
        hint = "mlm_steps.api.Control(max_evaluations=2000)"
        raise UsageError(Fault(key, f"this is {kind_of(value)}, not a Control", hint))
    optimizers = ("auto", *OPTIMIZERS)
    optimizer = str(one_of(optimizers, "optimiser is")(f"{key}.optimizer", value.optimizer))
    if not installed(optimizer):
        what = f"{optimizer} needs the library {NEEDS[optimizer]}, which is not installed"
        raise UsageError(Fault(f"{key}.optimizer", what))
    whole(1, MOST_EVALUATIONS)(f"{key}.max_evaluations", value.max_evaluations)
    whole(0, MOST_RESTARTS)(f"{key}.restarts", value.restarts)
    _within(f"{key}.tolerance", value.tolerance, *TOLERANCES)
    if value.start is not None:
        _within(f"{key}.start", value.start, *STARTS)
    return value


def _within(key: str, value: object, least: float, most: float) -> None:
    if not least <= _number(key, value, "a number") <= most:
        raise UsageError(Fault(key, f"{_shown(value)} is not between {least:g} and {most:g}"))


def _number(key: str, value: object, what: str) -> float:
    """Return a number as a float, infinite if it is too large; UsageError for other types, also for bool."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, Decimal)):
        raise UsageError(Fault(key, f"this is {kind_of(value)}, not {what}"))
    try:
        return float(value)
    except OverflowError:
        return -math.inf if cast("int", value) < 0 else math.inf


def _shown(number: object) -> str:
    """Return a number for a message, without hundreds of digits."""
    digits = str(number) if not isinstance(number, int) or abs(number) < LARGEST_SEED**2 else ""
    return digits or "a number of this size"


def check_contrasts(formula: Formula, data: pd.DataFrame, contrasts: Mapping[str, str]) -> None:
    """Raise UsageError for contrasts of a variable that is not a factor of the formula."""
    if not isinstance(contrasts, Mapping):
        hint = 'for example {"sector": "sum"}'
        raise UsageError(Fault("contrasts", f"this is {kind_of(contrasts)}, not a mapping", hint))
    if not contrasts:
        return
    parts = [formula.fixed, *(bar.effects for bar in formula.bars)]
    known = dict.fromkeys(name for part in parts for name in part.names)
    for name, word in contrasts.items():
        if not isinstance(name, str) or not isinstance(word, str):
            what = f"{kind_of(name)} stands for {kind_of(word)}"
            raise UsageError(Fault("contrasts", what, "a column's name stands for the name of its contrasts"))
        if name not in known:
            hint = nearest(name, known) or f"its variables are {column_words(known)}"
            raise UsageError(Fault("contrasts", f"the formula has no variable {name!r}", hint))
        column = data[name] if name in data.columns else None
        if column is not None and is_numeric_dtype(column) and not is_bool_dtype(column):
            hint = f"factor({name}) in the formula makes it one"
            raise UsageError(Fault("contrasts", f"{name!r} holds numbers and is no factor", hint))
