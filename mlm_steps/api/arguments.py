"""What ``fit`` is given, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from mlm_steps.design import Formula
from mlm_steps.design.faults import nearest
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import METHODS

__all__ = ["check_contrasts", "check_options"]


def check_options(data: object, df: str, confidence: float) -> None:
    """Refuse data that are no frame, an unknown method of degrees of freedom, a confidence that is none."""
    if not isinstance(data, pd.DataFrame):
        kind = type(data).__name__
        raise UsageError(
            Fault("data", f"a {kind} is no pandas DataFrame", "pandas.DataFrame(data) makes one")
        )
    if df not in METHODS:
        known = ", ".join(METHODS)
        raise UsageError(Fault("df", f"no degrees of freedom are called {df!r}", f"known: {known}"))
    if not 0.0 < confidence < 1.0:
        raise UsageError(Fault("confidence", f"{confidence!r} is not between 0 and 1"))


def check_contrasts(formula: Formula, data: pd.DataFrame, contrasts: Mapping[str, str]) -> None:
    """Refuse contrasts of what is no factor of the formula."""
    parts = [formula.fixed, *(bar.effects for bar in formula.bars)]
    known = dict.fromkeys(name for part in parts for name in part.names)
    for name in contrasts:
        if name not in known:
            hint = nearest(name, known) or f"its variables are {', '.join(known)}"
            raise UsageError(Fault("contrasts", f"the formula has no variable {name!r}", hint))
        column = data[name] if name in data.columns else None
        if column is not None and is_numeric_dtype(column) and not is_bool_dtype(column):
            hint = f"factor({name}) in the formula makes it one"
            raise UsageError(Fault("contrasts", f"{name!r} holds numbers and is no factor", hint))
