"""The association between predictor and outcome that a coefficient estimates, in words."""

from __future__ import annotations

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import Coefficient, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coding import FactorText, coding_of
from mlm_steps.report.sentences.curves import Curve, curve_of
from mlm_steps.report.sentences.differences import difference_claim, sized, step_claim
from mlm_steps.report.sentences.interactions import product_claim, step_of
from mlm_steps.report.sentences.outcomes import ratio_number, subject_of
from mlm_steps.report.sentences.settings import two_values, zero_phrase
from mlm_steps.report.sentences.sum_contrasts import sum_claim
from mlm_steps.report.text.facts import CoefficientFacts
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.running import singular
from mlm_steps.report.text.text import Phrase, Word, say

__all__ = ["claim", "curve_setting", "effect_terms", "fixed_curve"]


def effect_terms(fit: FitRecord) -> dict[str, str]:
    """Return the term of each column of fixed and random effects."""
    random = {name: label for term in fit.terms for name, label in zip(term.names, term.labels, strict=False)}
    return random | {coefficient.column: coefficient.term for coefficient in fit.coefficients}


def fixed_curve(fit: FitRecord, name: str) -> Curve | None:
    """Return the role of a column among the fixed effects that are functions of the same variable."""
    terms = {c.column: c.term for c in fit.coefficients if c.estimate is not None}
    return curve_of(fit.formula, name, terms) if name in terms else None


def curve_setting(given: ReportInput, curve: Curve | None) -> Phrase:
    """Return the place of a linear term beside its powers, ``where age is 0``; nothing for other terms."""
    if curve is None or not (curve.role == "base" or curve.higher):
        return ()
    if curve.base == curve.variables[0]:
        return zero_phrase(given, curve.base)
    return say("where {x} is 0", x=given.prose.column(curve.base, curve.base))


def claim(given: ReportInput, fit: FitRecord, coefficient: Coefficient, *, clear: bool) -> Phrase:
    """Return the claim of a coefficient without its test; ``clear`` tells whether the test supports it.

    It starts with a small letter, since a place may stand before it.
    """
    factors = column_factors(fit.name_of_r(coefficient.column), coefficient.term)
    curve = fixed_curve(fit, coefficient.column)
    if len(factors) > 1:
        return product_claim(given, fit, coefficient, factors, curve, clear=clear)
    if curve is not None:
        return _curve_claim(given, fit, coefficient, curve, clear=clear)
    coded = None
    for each in (sum_claim, difference_claim, _level_claim, _number_claim) if factors else ():
        coded = coded or each(given, fit, coefficient, factors[0], clear=clear)
    return coded or _direction(given, fit, coefficient, clear=clear)


def _direction(given: ReportInput, fit: FitRecord, coefficient: Coefficient, *, clear: bool) -> Phrase:
    """Return the claim of a coefficient whose unit has no word."""
    x, y = given.prose.column(coefficient.column, coefficient.term), subject_of(given, fit).phrase
    causal, rises = given.run.experimental, (coefficient.estimate or 0.0) > 0
    if not clear:
        what = "an effect of {x} on {y}" if causal else "an association between {x} and {y}"
        return say(f"there was no clear evidence of {what}", x=x, y=y)
    if causal:
        return say(f"{{x}} had a {'positive' if rises else 'negative'} effect on {{y}}", x=x, y=y)
    return say(f"{{x}} was {'positively' if rises else 'negatively'} associated with {{y}}", x=x, y=y)


def _level_claim(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, factor: FactorText, *, clear: bool
) -> Phrase | None:
    """Return the claim of a level against the reference, or of a number with two values; None for others."""
    stem, text = factor
    name, level, coding = stem.strip("`"), text.removeprefix(stem), coding_of(given, fit, factor)
    if coding.kind == "number" and not level:
        values = two_values(given, name)
        return None if values is None else step_claim(given, fit, coefficient, name, values, clear=clear)
    has_intercept = any(c.column == INTERCEPT for c in fit.coefficients)
    if coding.kind != "treatment" or not has_intercept or level not in coding.levels[1:]:
        return None
    return step_claim(given, fit, coefficient, name, (level, coding.levels[0]), clear=clear)


def _number_claim(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, factor: FactorText, *, clear: bool
) -> Phrase | None:
    """Return the claim of one more unit of a number; None for other coefficients and unclear ones."""
    stem, text = factor
    if not clear or text != stem or coding_of(given, fit, factor).kind != "number":
        return None
    subject, unit = subject_of(given, fit), given.names.unit(fit.outcome)
    name = stem.strip("`")
    step = step_of(given, name, given.prose.variable(name))
    if not fit.linear:
        ratio = ratio_number(fit, coefficient)
        template = f"{{step}} {_verb(given)} {{n}} times {{y}}"
        return None if ratio is None else say(template, step=step, n=ratio, y=subject.phrase)
    estimate = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha).estimate
    if estimate is None:
        return None
    size, rises = sized(given, fit, estimate), (coefficient.estimate or 0.0) > 0
    if unit is None or singular(unit) == unit:
        way = "higher" if rises else "lower"
        return say(f"{{y}} was {{size}} {way} for {{step}}", y=subject.phrase, size=size, step=step)
    outcomes = {other.outcome for other in given.run.fits}
    return say(
        f"{{step}} {_verb(given)} {{n}} {'more' if rises else 'fewer'} {{units}}{{of}}",
        step=step,
        n=size[0],
        units=Word(unit),
        of=say(" of {y}", y=subject.phrase) if len(outcomes) > 1 else None,
    )


def _verb(given: ReportInput) -> str:
    """Return the verb between a predictor and the outcome: only an experiment supports a causal one."""
    return "led to" if given.run.experimental else "was associated with"


def _curve_claim(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, curve: Curve, *, clear: bool
) -> Phrase:
    """Return the claim of one of several terms that are functions of the same variable."""
    y, v = subject_of(given, fit).phrase, given.prose.several(list(curve.variables))
    x = given.prose.column(coefficient.column, coefficient.term)
    if curve.role == "bend":
        way = "upwards" if (coefficient.estimate or 0.0) > 0 else "downwards"
        evidence = f"the curve of {{y}} over {{v}} bent {way}"
        unclear = "there was no clear evidence of curvature in {y} over {v}"
        return say(evidence if clear else unclear, y=y, v=v)
    if curve.role == "part":
        return say(
            "{x} is one of several terms that form the curve of {y} over {v}; its coefficient alone is not a "
            "slope",
            x=x,
            y=y,
            v=v,
        )
    if not clear:
        return say("there was no clear evidence of a slope of {y} over {v}", y=y, v=v)
    way = "rose" if (coefficient.estimate or 0.0) > 0 else "fell"
    estimate = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha).estimate
    if estimate is None or not fit.linear:
        return say(f"{{y}} {way} with {{x}}", y=y, x=x)
    unit = given.names.unit(curve.base)
    per = () if unit is None else (" per ", Word(singular(unit)))
    size = sized(given, fit, estimate)
    return say(f"{{y}} {way} with {{x}} by {{size}}{{per}}", y=y, x=x, size=size, per=per or " per unit")
