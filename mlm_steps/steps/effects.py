"""Compute contrasts, simple slopes and means of each rung, and contextual effects of the final rungs."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.design.coefficient_words import CoefficientWords, Named
from mlm_steps.design.matrices import Design
from mlm_steps.design.predictors import Predictors
from mlm_steps.effects import Fitted, OnResponse, contrast_test, factor_means, simple_slopes
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.inference import Context, reference
from mlm_steps.records import EffectsRecord, FitRecord
from mlm_steps.records.effects import ContrastTest, FactorMeans, SimpleSlopes
from mlm_steps.spec.means import settled
from mlm_steps.steps.parts.at_record import analysis_frame, at_optimum
from mlm_steps.steps.parts.contexts import context_lines, contexts_of
from mlm_steps.steps.parts.effect_sizes import EffectSizes
from mlm_steps.steps.parts.wanted import Wanted, value_of, wanted_on
from mlm_steps.steps.run.session import Session

__all__ = ["effects"]

STEP = "effects"


def effects(session: Session) -> None:
    """Write the record of all rungs.

    One step serves the whole ladder, since most rungs have few effects and each takes milliseconds.
    """
    with session.recorded(STEP) as recorder:
        records = [session.fit_record(rung.name) for rung in session.spec.rungs]
        fitted_rungs = [record for record in records if isinstance(record, FitRecord)]
        known = CoefficientWords(_named(fit) for fit in fitted_rungs)
        fits = [fit for fit in fitted_rungs if fit.unreliable is None]
        frame = analysis_frame(session)
        contrasts: list[ContrastTest] = []
        slopes: list[SimpleSlopes] = []
        means: list[FactorMeans] = []
        sizes = EffectSizes(session.spec.effects)
        for fit in fits:
            predictors = _predictors(session, frame, fit)
            wanted = wanted_on(session.spec, predictors, session.plan.levels, known)
            if wanted.contrasts or wanted.slopes or wanted.means or wanted.sizes:
                fitted = _fitted(session, fit, predictors)
                contrasts += _contrasts(fitted, wanted)
                slopes += _slopes(session, fitted, wanted)
                means += _means(fitted, wanted)
                sizes.add(fitted, fit, wanted, frame)
        contexts = contexts_of(session, fits, frame)
        session.say(f"{len(contrasts)} contrasts, {len(slopes)} sets of slopes, {len(means)} sets of means")
        session.say(*(line for context in contexts for line in context_lines(context)))
        record = EffectsRecord(
            contrasts=tuple(contrasts),
            slopes=tuple(slopes),
            means=tuple(means),
            contexts=contexts,
            standardized=tuple(sizes.coefficients),
            standardized_differences=tuple(sizes.differences),
        )
        recorder.write(record, session.layout.output(STEP))


def _named(fit: FitRecord) -> Iterator[Named]:
    for c in fit.coefficients:
        yield Named(c.term, c.column, fit.shared_names.get(c.column, c.column))


def _predictors(session: Session, frame: pd.DataFrame, fit: FitRecord) -> Predictors:
    formula = session.plan.read(fit.formula)  # a remedy may have replaced the formula of the spec
    design: Design = build_design(
        formula, frame, weights=fit.weights, contrasts=session.contrasts, response=fit.response
    )
    return Predictors(design, frame, formula)


def _fitted(session: Session, fit: FitRecord, predictors: Predictors) -> Fitted:
    """Return a rung at the parameters of its record, with the reference distribution of its tests."""
    at = at_optimum(predictors.design, fit.reported, fit.agq)
    df = session.spec.settings[fit.model].df
    against = reference(at, df, Context(session.plan.levels))
    response = OnResponse(at, predictors, fit.confidence) if isinstance(at, GlmmFit) else None
    return Fitted(fit.model, predictors, against, fit.confidence, response)


def _contrasts(fitted: Fitted, wanted: Wanted) -> list[ContrastTest]:
    return [contrast_test(fitted, name, hypotheses) for name, hypotheses in wanted.contrasts]


def _slopes(session: Session, fitted: Fitted, wanted: Wanted) -> list[SimpleSlopes]:
    found: list[SimpleSlopes] = []
    for pair, declared in wanted.slopes:
        moderator = fitted.predictors.by_name[pair.moderator]
        at = pair.at if isinstance(pair.at, str) else [value_of(moderator, text) for text in pair.at]
        found += simple_slopes(
            fitted,
            pair.focal,
            pair.moderator,
            at=at,
            declared=declared,
            level_2=session.plan.levels.get(pair.moderator, "1") > "1",
        )
    return found


def _means(fitted: Fitted, wanted: Wanted) -> list[FactorMeans]:
    found: list[FactorMeans] = []
    for each in wanted.means:
        at = {name: value for name, value in each.at.items() if name in fitted.predictors.by_name}
        compared, adjust = settled(each.differences, each.adjust, has_control=each.control is not None)
        found += factor_means(
            fitted, each.of, by=each.by, at=at, compared=compared, adjust=adjust, control=each.control
        )
    return found
