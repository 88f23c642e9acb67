"""Compute slopes within and between groups and contextual effects of the final rungs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.effects.context import ContextOf, rung_context
from mlm_steps.records import FitRecord
from mlm_steps.records.context import RungContext
from mlm_steps.records.spelling import quote_name
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.parts.control import control_of
from mlm_steps.steps.parts.described import centred_columns, places_of
from mlm_steps.steps.run.session import Session

__all__ = ["context_lines", "contexts_of"]


def contexts_of(session: Session, fits: Sequence[FitRecord], frame: pd.DataFrame) -> tuple[RungContext, ...]:
    """Return the slopes within and between groups of the headline rung, and of the last of other outcomes.

    A rung without predictors that vary within groups has none.
    """
    headline = session.headline(fits)
    final = {fit.outcome: fit for fit in (*fits, *([] if headline is None else [headline]))}
    sources, above = _sources(session, frame), tuple(places_of(session.profile))
    found = (_context(session, fit, sources, above) for fit in final.values())
    return tuple(context for context in found if context is not None)


def _context(
    session: Session,
    fit: FitRecord,
    sources: Mapping[str, NDArray[np.float64]],
    above: Sequence[str],
) -> RungContext | None:
    estimates = estimates_at_record(session, fit)
    rows = estimates.design.rows
    return rung_context(
        ContextOf(
            model=fit.model,
            estimates=estimates,
            method=fit.method,
            df_method=session.spec.settings[fit.model].df,
            confidence=fit.confidence,
            sources={name: values[rows] for name, values in sources.items()},
            above=above,
            control=control_of(session.spec.estimation),
        )
    )


def _sources(session: Session, frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Return the values before centring of each column that is centred within groups, by design column."""
    columns = centred_columns(session.profile)
    columns |= {each.name: each.source for each in session.derived if each.kind == "center" and each.within}
    return {
        quote_name(name): frame[source].to_numpy(dtype=np.float64)
        for name, source in columns.items()
        if source in frame.columns and frame[source].dtype == float
    }


def context_lines(context: RungContext) -> Iterator[str]:
    """Yield a line for the log on each contextual effect."""
    for predictor in context.predictors:
        for slope in predictor.slopes:
            if slope.kind == "contextual" and slope.test.estimate is not None:
                yield (
                    f"{context.model}: contextual effect of {predictor.column} ({slope.factor}): "
                    f"{slope.test.estimate:.4g} (SE {slope.test.se:.3g})"
                )
