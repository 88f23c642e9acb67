"""Fitted values and residuals of every row, which the key ``save`` asks for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine import LmmFit, MixedFit
from mlm_steps.engine.posterior.residuals import LINEAR_KINDS, RESIDUALS, marginal_residuals
from mlm_steps.records import Notice, write_whole
from mlm_steps.steps.run.parquet import read_parquet
from mlm_steps.steps.run.session import Session

__all__ = ["about_rows", "save_rows", "saved_columns"]

Array = NDArray[np.float64]

KINDS = {
    "residual": "response",
    "residual_marginal": "marginal",
    "residual_pearson": "pearson",
    "residual_scaled": "scaled",
}
"""The kind of residuals of each column."""

WORDS = {"fitted": "fitted values", "residuals": "residuals"}


def save_rows(session: Session, model: str, fit: MixedFit) -> Path:
    """Write what the spec asks for of each row of a rung, in the order of the data; return the file."""
    path, numbers = session.layout.saved_rows(model), read_parquet(session.layout.row_numbers)["row"]
    frame = pd.DataFrame(
        {"row": numbers.to_numpy()[fit.design.rows], **saved_columns(fit, session.spec.save)}
    )
    stream = io.StringIO()
    frame.to_csv(stream, index=False, lineterminator="\n")
    write_whole(path, stream.getvalue().encode())
    return path


def saved_columns(fit: MixedFit, words: tuple[str, ...]) -> dict[str, Array]:
    """Return the outcome and the columns that the words name, each of shape (n,).

    Of a binomial outcome, they are numbers of events.
    """
    design = fit.design
    found: dict[str, Array] = {"outcome": design.y}
    if "fitted" in words:
        found["fitted"] = fit.fitted if design.trials is None else design.trials * fit.fitted
        found["fitted_fixed"] = design.y - marginal_residuals(fit)
    if "residuals" in words:
        linear = isinstance(fit, LmmFit)
        found |= {
            name: RESIDUALS[kind](fit) for name, kind in KINDS.items() if linear or kind not in LINEAR_KINDS
        }
    return found


def about_rows(session: Session, model: str, design: Design) -> Iterator[Notice]:
    """Yield, for the last rung, a notice on where its rows are saved and how many rows are left out."""
    if not session.spec.save or model != session.spec.rungs[-1].name:
        return
    profile = session.profile
    left = profile.rows_file - design.n
    lost = f"{left} of {profile.rows_file} rows of the data are not in them" if left else "no row is left out"
    what = " and ".join(WORDS[word] for word in session.spec.save)
    text = (
        f"The {what} of the rows are in the folder rows, a file per rung; {lost}. "
        "The column row counts the rows of the data file from 1."
    )
    yield Notice(code="rows_saved", severity="info", text=text)
