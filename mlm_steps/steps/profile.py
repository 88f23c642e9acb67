"""Compute the profile intervals of one rung."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from mlm_steps.engine import LmmFit, MixedFit, linear_fit
from mlm_steps.engine.cost import cost_of_fit
from mlm_steps.engine.fit.all_fit import takes_long
from mlm_steps.engine.profile.profile import Profile
from mlm_steps.engine.profile.profiles import Parameter, parameters_of, profile_fit
from mlm_steps.records import (
    FitRecord,
    Interval,
    IntervalKind,
    IntervalRecord,
    Notice,
    RandomParameter,
    ZetaCurve,
)
from mlm_steps.records.failure import Absence
from mlm_steps.records.intervals import fixed_row, icc_row, random_row
from mlm_steps.steps.parts.at_record import estimates_at_record
from mlm_steps.steps.run.session import Session
from mlm_steps.variance.icc import profiled_rows
from mlm_steps.variance.icc_profile import share_at, share_interval

__all__ = ["profile", "profile_record"]

METHOD = "profile, ML"
LOWER = 1e-3
"""Decrease of the deviance along a profile above which a fit is no optimum; rounding errors are smaller."""
KINDS: Mapping[str, IntervalKind] = {
    "beta": "fixed", "sd": "variance", "correlation": "variance", "sigma": "variance", "phi": "variance",
}  # fmt: skip
SLOW = 0.02
"""Seconds of an evaluation of a generalized model above which parameters are profiled in parallel."""
PHI = "phi"
"""Name of the dispersion in the record; it has no row in the table ``random``."""


def profile(session: Session, model: str) -> None:
    """Write the profile intervals of a rung, of the kinds for which the spec asks for profiles."""
    step = f"profile/{model}"
    path = session.layout.output(step)
    with session.recorded(step) as recorder:
        record = session.usable(model)
        if isinstance(record, Absence):
            session.pass_on(record, step, path, recorder)
            return
        if not session.allows("profile", model):
            session.say(f"{model}: left out")
            recorder.write(_left_out(session, record), path)
            return
        fit = estimates_at_record(session, record, methods=("ML",)).under("ML")
        workers = len(os.sched_getaffinity(0)) if _slow(fit) else 1
        kinds = session.spec.intervals.kinds("profile")
        distribution = session.spec.estimation.distribution_variance
        found = profile_record(fit, record, kinds, workers=workers, distribution=distribution)
        session.say(f"{model}: {len(found.intervals)} intervals from {len(found.curves)} profiles")
        session.say_notices(found.notices)
        recorder.write(found, path)


def _slow(fit: MixedFit) -> bool:
    return takes_long(fit) if isinstance(fit, LmmFit) else cost_of_fit(fit).derivatives > SLOW


def _left_out(session: Session, record: FitRecord) -> IntervalRecord:
    """Return the record of a rung whose profiles the effort does not allow."""
    return IntervalRecord(
        model=record.model,
        source="profile",
        confidence=session.spec.estimation.confidence,
        intervals=(),
        left_out=True,
    )


def profile_record(
    fit: MixedFit,
    record: FitRecord,
    kinds: tuple[IntervalKind, ...],
    *,
    workers: int = 1,
    distribution: str | None = None,
) -> IntervalRecord:
    """Return the profile intervals of a rung from its ML fit.

    ``distribution`` is how the variance of a generalized model's distribution is computed.
    """
    parameters = [p for p in parameters_of(fit.design) if KINDS[p.kind] in kinds]
    profiles = profile_fit(fit, parameters, confidence=record.confidence, workers=workers)
    found = dict(zip(parameters, profiles, strict=True))
    named = _named(record)
    rows = [*_fixed(record, found), *_variance(record, found)]
    shares = _icc(fit, record.confidence, distribution) if "icc" in kinds else ()
    return IntervalRecord(
        model=record.model,
        source="profile",
        confidence=record.confidence,
        intervals=(*rows, *shares),
        curves=tuple(
            _curve(named[p].what, KINDS[p.kind], curve)
            for p, curve in found.items()
            if np.isfinite(curve.estimate)
        ),
        notices=(
            *(notice for p, curve in found.items() for notice in _notices(record, named[p], curve)),
            *(_share_notices(linear_fit(fit), record, shares) if shares and record.linear else ()),
        ),
    )


def _fixed(record: FitRecord, found: Mapping[Parameter, Profile]) -> Iterator[Interval]:
    for row in record.coefficients:
        if not row.dropped:
            curve = found.get(Parameter("beta", None, (record.columns.index(row.column),)))
            if curve is not None:
                yield _interval("fixed", fixed_row(row), curve)


def _variance(record: FitRecord, found: Mapping[Parameter, Profile]) -> Iterator[Interval]:
    """Yield the intervals of standard deviations, their squares, and correlations."""
    for row in record.random:
        curve = found.get(_parameter(record, row))
        if curve is not None and row.kind != "covariance":
            yield _interval("variance", random_row(row), curve, 2 if row.kind == "variance" else 1)
    dispersion = found.get(Parameter("phi"))
    if dispersion is not None:
        yield _interval("variance", PHI, dispersion)


def _parameter(record: FitRecord, row: RandomParameter) -> Parameter:
    """Return the parameter that a row of the ``random`` table is a function of."""
    if row.term_index is None:
        return Parameter("sigma")
    names = record.terms[row.term_index].names
    effects = tuple(names.index(name) for name in (row.effect_1, row.effect_2) if name is not None)
    return Parameter("sd" if len(effects) == 1 else "correlation", row.term_index, effects)


def _interval(kind: IntervalKind, what: str, curve: Profile, power: int = 1) -> Interval:
    wrong = "unreliable" if curve.lower > LOWER else None
    return Interval(
        kind=kind,
        what=what,
        low=None if curve.low is None else curve.low**power,
        high=None if curve.high is None else curve.high**power,
        low_code=wrong or curve.low_code,
        high_code=wrong or curve.high_code,
        method=METHOD,
    )


def _icc(fit: MixedFit, confidence: float, distribution: str | None) -> tuple[Interval, ...]:
    rows = profiled_rows(fit, distribution)
    if not rows:
        return ()
    share = share_interval(fit, confidence, distribution)
    limits = {
        "low": share.low, "high": share.high, "low_code": share.low_code, "high_code": share.high_code,
    }  # fmt: skip
    return tuple(Interval(kind="icc", what=icc_row(row), method=METHOD, **limits) for row in rows)


class _Row(NamedTuple):
    """A parameter's row: its name, its description in words, and the reported estimate."""

    what: str
    words: str
    estimate: float | None


def _named(record: FitRecord) -> dict[Parameter, _Row]:
    """Return the row of each parameter."""
    named = {
        Parameter("beta", None, (record.columns.index(row.column),)): _Row(
            fixed_row(row), row.column, row.estimate
        )
        for row in record.coefficients
        if not row.dropped
    }
    for row in record.random:
        if row.kind in ("sd", "correlation"):
            named[_parameter(record, row)] = _Row(random_row(row), _words(row), row.estimate)
    if record.ml.phi is not None:
        named[Parameter("phi")] = _Row(PHI, "the dispersion", record.ml.phi)
    return named


def _words(row: RandomParameter) -> str:
    if row.effect_1 is None:
        return "the residual standard deviation"
    if row.effect_2 is None:
        return f"the standard deviation of {row.effect_1} by {row.group}"
    return f"the correlation of {row.effect_1} and {row.effect_2} by {row.group}"


def _curve(what: str, kind: IntervalKind, curve: Profile) -> ZetaCurve:
    return ZetaCurve(
        kind=kind,
        what=what,
        estimate=curve.estimate,
        values=tuple(curve.values[np.isfinite(curve.values)].tolist()),
        zeta=tuple(curve.zeta[np.isfinite(curve.values)].tolist()),
    )


def _notices(record: FitRecord, row: _Row, curve: Profile) -> Iterator[Notice]:
    """Yield the notices on one profile."""
    if curve.lower > LOWER:
        text = (
            f"With {row.words} held, the ML deviance falls {curve.lower:.3g} below that of the fit, which is "
            "not the optimum then: its estimates and profile intervals are unreliable."
        )
        yield Notice(code="profile_lower", severity="warning", text=text, model=record.model)
    elif "unreliable" in (curve.low_code, curve.high_code):
        text = (
            f"The profile of {row.words} is not monotone, and its interval unreliable. A bootstrap "
            "(intervals: bootstrap in the spec) does not rest on it."
        )
        yield Notice(code="profile_unreliable", severity="warning", text=text, model=record.model)
    yield from _excluded(record, row, (curve.estimate, curve.low, curve.high))


def _share_notices(fit: LmmFit, record: FitRecord, shares: tuple[Interval, ...]) -> Iterator[Notice]:
    if shares:
        reported, ml = (share_at(fit, optimum.theta[0]) for optimum in (record.reported, record.ml))
        row = _Row(shares[0].what, "the intraclass correlation", reported)
        yield from _excluded(record, row, (ml, shares[0].low, shares[0].high))


def _excluded(
    record: FitRecord, row: _Row, profiled: tuple[float, float | None, float | None]
) -> Iterator[Notice]:
    """Yield a notice if an interval does not contain the reported estimate, as profiles use ML."""
    ml, low, high = profiled
    reported = row.estimate
    if reported is None or low is None or high is None or low <= reported <= high:
        return
    text = (
        f"The interval of {row.words} comes from the ML likelihood (estimate {ml:.4g}) and does not "
        f"contain the {record.method} estimate, {reported:.4g}."
    )
    yield Notice(code="interval_excludes_estimate", severity="info", text=text, model=record.model)
