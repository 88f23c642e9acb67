"""Sentences on fixed effects, the null model and boundary estimates (reporting standard, part I)."""

from __future__ import annotations

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import Coefficient, FitRecord, Icc, RandomParameter, VarianceRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.claims import claim, curve_setting, effect_terms, fixed_curve
from mlm_steps.report.sentences.coding import coding_of, held_settings
from mlm_steps.report.sentences.disputes import cautious_p, dispute_of, dispute_phrase
from mlm_steps.report.sentences.generalized import separated_sentence
from mlm_steps.report.sentences.on_outcome import averaged_clause
from mlm_steps.report.sentences.outcomes import ratio_interval, ratio_number, subject_of, words_of
from mlm_steps.report.sentences.settings import join_settings
from mlm_steps.report.text.facts import (
    DF_METHODS,
    CoefficientFacts,
    icc_number,
    measure_number,
    p_phrase,
    random_number,
    share_interval,
)
from mlm_steps.report.text.notation import fixed, percent
from mlm_steps.report.text.responses import MEDIAN_RATIOS
from mlm_steps.report.text.text import Number, Phrase, Symbol, capital, join, say, source

__all__ = [
    "boundary_sentences",
    "coefficient_sentence",
    "confidence",
    "effect_phrase",
    "effect_terms",
    "null_sentence",
    "setting_of",
]

COMPARING = frozenset({"number", "treatment", "sdif"})
"""Codings whose coefficients compare two values of a predictor, so that an exponential is their ratio."""
ROUNDING = 1e-9
"""A mean within this many standard deviations of 0 is 0 but for rounding in double precision."""
LEAST_MEDIAN_RATIO = 1.005
"""Smaller median ratios are not stated: they would be printed as 1.00, which is no difference."""
REDUCED_RANK: Phrase = say(
    "A covariance matrix of random effects has reduced rank: the data support fewer separate random effects "
    "than the model has."
)


def effect_phrase(given: ReportInput, name: str) -> Phrase:
    """Return a random effect in words, such as ``the slope of Socioeconomic status``."""
    terms = {column: term for fit in given.run.fits for column, term in effect_terms(fit).items()}
    return given.prose.slope(name, terms)


def null_sentence(given: ReportInput) -> Phrase | None:
    """Return the share of the outcome's variance between groups; None without an intercept-only model.

    The shares of several nested factors have a sentence of their own (``level_sentence``).
    """
    fit = given.null
    record = given.variance(fit.model) if fit is not None else None
    if fit is None or record is None:
        return None
    icc = next((item for item in record.icc if item.kind == "adjusted" and item.group is None), None)
    if icc is None or icc.value is None:
        return None
    groups = join([given.prose.units(name) for name in _groups(fit)], last=" and ")
    return say(
        "{groups} accounted for {share} of the variance in {outcome}{scale} (ICC = {icc}{interval}){shares}"
        "{design}{median}.",
        groups=capital(groups),
        outcome=given.prose.outcome(fit.outcome),
        share=Number(percent(icc.value), source("icc", fit.model, "", icc.kind, "value")),
        icc=icc_number(fit.model, icc),
        interval=_icc_interval(fit, icc),
        scale=None if fit.linear else f" on the scale of the {words_of(fit).scale}",
        shares=_level_shares(given, fit, record),
        median=_median_ratio(given, fit, record),
        design=_design_effect(given, fit),
    )


def _median_ratio(given: ReportInput, fit: FitRecord, record: VarianceRecord) -> Phrase:
    """Return the median ratio between two groups of a single factor; nothing for linear models."""
    found = [m for m in record.measures if m.measure in MEDIAN_RATIOS and m.value is not None]
    if len(found) != 1 or (found[0].value or 0.0) < LEAST_MEDIAN_RATIO:
        return ()
    words = words_of(fit)
    return say(
        "; the {name} is {value}: in half of all pairs of {group}, {subject} {differ} by more than this "
        "factor",
        name=MEDIAN_RATIOS[found[0].measure],
        value=measure_number(fit.model, found[0]),
        group=given.prose.units(found[0].scope),
        subject=subject_of(given, fit).phrase,
        differ="differ" if words.verb == "were" else "differs",
    )


def _level_shares(given: ReportInput, fit: FitRecord, record: VarianceRecord) -> Phrase:
    """Return the share of each of several grouping factors."""
    shares: list[Phrase] = [
        say(
            "{group} for {share}",
            share=Number(percent(icc.value), source("icc", fit.model, icc.group or "", icc.kind, "value")),
            group=given.prose.units(icc.group or ""),
        )
        for icc in record.icc
        if icc.kind == "level_share" and icc.value is not None
    ]
    return (": ", *join(shares, last=" and ")) if len(shares) > 1 else ()


def _groups(fit: FitRecord) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term.group for term in fit.terms))


def _icc_interval(fit: FitRecord, icc: Icc) -> Phrase:
    low = icc_number(fit.model, icc, icc.ci_low, "ci_low")
    high = icc_number(fit.model, icc, icc.ci_high, "ci_high")
    interval = share_interval(low, high)
    if interval is None:
        return ()
    return say(", {level} CI {interval}, {method}", level=confidence(fit), interval=interval,
               method=icc.ci_method)  # fmt: skip


def confidence(fit: FitRecord) -> str:
    """Return the confidence of a fit's intervals, such as ``95 %``."""
    return percent(fit.confidence, 0 if (100 * fit.confidence) % 1 < 1e-9 else 1)


def _design_effect(given: ReportInput, fit: FitRecord) -> Phrase:
    record = given.variance(fit.model)
    groups = _groups(fit)
    if record is None or len(groups) != 1:
        return ()
    measure = next((item for item in record.measures if item.measure == "design_effect"), None)
    factor = next((item for item in given.run.data_profile.factors if item.name == groups[0]), None)
    if measure is None or measure.value is None or factor is None:
        return ()
    size = Number(fixed(factor.size_weighted, 1), source("profile", "factor", factor.name, "size_weighted"))
    return say(
        "; the design effect of a mean is {effect} (size-weighted group size ñ = {size}, Kish)",
        size=size,
        effect=measure_number(fit.model, measure),
    )


def coefficient_sentence(given: ReportInput, fit: FitRecord, coefficient: Coefficient) -> Phrase | None:
    """Return how one predictor is associated with the outcome; None if it has no estimate."""
    facts = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha)
    if coefficient.estimate is None or facts.estimate is None:
        return None
    if coefficient.code == "separation":
        return separated_sentence(given, fit, coefficient)
    p, dispute = cautious_p(fit, coefficient), dispute_of(fit, coefficient)
    clear = p is not None and p < fit.alpha
    claimed = claim(given, fit, coefficient, clear=clear)
    ratio = _ratio_phrase(given, fit, coefficient, claimed)
    place = setting_of(given, fit, coefficient.column)
    return capital(
        say(
            "{where}{claim}{together}{symbol}, {ratio}{test}{dispute}{averaged}.",
            where=(*place, ", ") if place else None,
            claim=claimed,
            together=_together(given, fit, coefficient),
            symbol=say(" ({symbol})", symbol=Symbol(coefficient.symbol)) if _says(claimed, facts) else None,
            ratio=ratio,
            test=_test_phrase(fit, coefficient, claimed, with_interval=not ratio),
            dispute=None if dispute is None else dispute_phrase(dispute),
            averaged=None if fit.linear or not clear else _averaged(given, fit, coefficient),
        )
    )


def _says(claimed: Phrase, facts: CoefficientFacts) -> bool:
    """Return whether a claim holds the estimate with its sign, so that the test need not repeat it."""
    return facts.estimate in claimed and facts.ci is not None


def _averaged(given: ReportInput, fit: FitRecord, coefficient: Coefficient) -> Phrase:
    """Return the population averages of the two levels that a coefficient compares; nothing for others."""
    factors = column_factors(fit.name_of_r(coefficient.column), coefficient.term)
    if len(factors) != 1:
        return ()
    stem, text = factors[0]
    coding, level = coding_of(given, fit, factors[0]), text.removeprefix(stem)
    pair: tuple[str, ...] = ()
    if coding.kind == "treatment" and level in coding.levels[1:]:
        pair = (level, coding.levels[0])
    elif coding.kind == "sum" and len(coding.levels) == len(factors) + 1:
        pair = (coding.levels[1], coding.levels[0])
    return averaged_clause(given, fit, stem, pair, _is_at_means) if pair else ()


def _is_at_means(given: ReportInput, fit: FitRecord, name: str) -> bool:
    """Return whether a coefficient holds where marginal means do: at the mean, or averaged over levels."""
    kind = coding_of(given, fit, (name, name)).kind
    column = next((c for c in given.run.data_profile.columns if c.name == name), None)
    if kind != "number" or column is None or column.mean is None:
        return kind in ("sum", "balanced")
    return abs(column.mean) <= ROUNDING * (column.sd or 1.0)


def _together(given: ReportInput, fit: FitRecord, coefficient: Coefficient) -> Phrase:
    """Return which dropped collinear columns a coefficient includes the effects of; nothing elsewhere."""
    terms = {c.column: c.term for c in fit.coefficients}
    dropped = [given.prose.column(name, terms.get(name, name)) for name in coefficient.includes]
    return say(" (together with the dropped {names})", names=join(dropped, last=" and ")) if dropped else ()


def _ratio_phrase(given: ReportInput, fit: FitRecord, coefficient: Coefficient, claimed: Phrase) -> Phrase:
    """Return the ratio of a coefficient, unless the claim has it, with its interval; nothing without one.

    The exponential of the coefficient of a product is a ratio of such ratios. That of contrasts which sum to
    0 over the levels does not compare two levels.
    """
    number, words = ratio_number(fit, coefficient), words_of(fit).ratio
    factors = column_factors(fit.name_of_r(coefficient.column), coefficient.term)
    kinds = {coding_of(given, fit, factor).kind for factor in factors}
    if number is None or words is None or not kinds <= COMPARING:
        return ()
    name = words.code
    if len(factors) > 1:
        name = f"ratio of {words.many}"
    value = () if number in claimed else (f"{name} = ", number, ", ")
    interval = ratio_interval(fit, coefficient)
    limits = () if interval is None else say("{level} CI {ci}, ", level=confidence(fit), ci=interval)
    return (*value, *limits)


def _test_phrase(fit: FitRecord, coefficient: Coefficient, claimed: Phrase, *, with_interval: bool) -> Phrase:
    """Return estimate, interval, statistic and p; the standard error only where there is no interval."""
    facts = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha)
    letter = "*t*({df})" if facts.df is not None else "*z*"
    parts = [] if _says(claimed, facts) else ["{symbol} = {estimate}"]
    parts.append("{level} CI {ci}{how}" if facts.ci is not None and with_interval else "*SE* = {se}")
    if facts.statistic is not None:
        parts.append(f"{letter} = {{statistic}}")
    if facts.p is not None:
        parts.append("{p} ({method})")
    return say(
        ", ".join(parts),
        symbol=Symbol(coefficient.symbol),
        estimate=facts.estimate,
        se=facts.se or "not estimable",
        level=confidence(fit),
        ci=facts.ci,
        how=None if coefficient.ci_method.startswith("Wald") else f" ({coefficient.ci_method})",
        df=facts.df,
        statistic=facts.statistic,
        p=p_phrase(facts.p),
        method=DF_METHODS.get(coefficient.df_method, coefficient.df_method),
    )


def setting_of(given: ReportInput, fit: FitRecord, name: str) -> Phrase:
    """Return the values of interacting predictors, and of its own curve, at which a coefficient holds."""
    factors = {
        c.column: set(column_factors(fit.name_of_r(c.column), c.term))
        for c in fit.coefficients
        if c.estimate is not None
    }
    own = factors.get(name, set())
    partners = [factor for others in factors.values() if own and own < others for factor in others - own]
    curve = fixed_curve(fit, name)
    if curve is not None and curve.role == "part":
        return ()  # its claim states that it is not a slope at any value
    ordered = sorted(dict.fromkeys(partners), key=lambda factor: _place_in(fit, factor))
    own_place = curve_setting(given, curve)
    return join_settings([*held_settings(given, fit, ordered), *([own_place] if own_place else [])])


def _place_in(fit: FitRecord, factor: tuple[str, str]) -> int:
    """Return the position of a factor's first column: sentences name factors in this order."""
    found = (
        i for i, c in enumerate(fit.coefficients) if factor in column_factors(fit.name_of_r(c.column), c.term)
    )
    return next(found, len(fit.coefficients))


def boundary_sentences(given: ReportInput, fit: FitRecord) -> tuple[Phrase, ...]:
    """Return which standard deviations and correlations are on their boundary, and what that means."""
    sentences = tuple(
        _boundary_sentence(given, fit, parameter)
        for parameter in fit.random
        if parameter.at_boundary
        and parameter.estimate is not None
        and parameter.kind in ("sd", "correlation")
    )
    return sentences or ((REDUCED_RANK,) if fit.reported.singular else ())


def _boundary_sentence(given: ReportInput, fit: FitRecord, parameter: RandomParameter) -> Phrase:
    terms = effect_terms(fit)
    group = given.prose.units(parameter.group)
    first = given.prose.slope(parameter.effect_1 or "", terms)
    value = random_number(fit, parameter)
    if parameter.kind == "sd":
        return say(
            "The estimated standard deviation of {effect} between {group} is at its boundary "
            "({value}): the data show no more variation than the {rest} explains.",
            effect=first,
            group=group,
            value=value,
            rest="residual variance" if fit.linear else f"{words_of(fit).family} distribution",
        )
    return say(
        "The estimated correlation of {a} and {b} over {group} is at its boundary ({value}): the data do not "
        "support separate variation of the two.",
        a=first,
        b=given.prose.slope(parameter.effect_2 or "", terms),
        group=group,
        value=value,
    )
