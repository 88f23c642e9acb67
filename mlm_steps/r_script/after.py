"""What follows the fits in R: comparisons, intervals, means, slopes and contrasts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlm_steps.design.build import build_design
from mlm_steps.design.formula import Formula, parse_formula
from mlm_steps.design.linear import parse_linear
from mlm_steps.errors import MlmError
from mlm_steps.r_script.formulas import r_formula
from mlm_steps.r_script.models import ModelInR
from mlm_steps.r_script.plan import ScriptPlan
from mlm_steps.r_script.text import DATA, column, comment, joined, name, number, string, vector
from mlm_steps.spec.contrasts import ContrastSpec
from mlm_steps.spec.means import MeanSpec
from mlm_steps.spec.slopes import SlopeSpec

__all__ = ["HELPER_LRT", "comparisons", "contrasts_of", "intervals", "means", "slopes"]

HELPER_LRT = """\
# the likelihood ratio test of two models that anova() does not take together
lr_test <- function(smaller, larger, ...) {
  statistic <- 2 * as.numeric(logLik(larger, ...) - logLik(smaller, ...))
  df <- attr(logLik(larger), "df") - attr(logLik(smaller), "df")
  c(chisq = statistic, df = df, p = pchisq(statistic, df, lower.tail = FALSE))
}"""
MOST_LEVELS = 30
"""Largest number of levels of a factor whose means are estimated without being asked for."""
_DIFFERENCES = {"pairwise": "revpairwise", "control": "trt.vs.ctrl", "consecutive": "consec"}


def comparisons(plan: ScriptPlan, models: Sequence[ModelInR]) -> Iterator[str]:
    """Yield a line for each comparison of two models."""
    found = {each.model: each for each in models}
    for pair in plan.spec.pairs:
        yield from _comparison(plan, found[pair.smaller], found[pair.larger])


def _comparison(plan: ScriptPlan, smaller: ModelInR, larger: ModelInR) -> Iterator[str]:
    variance_only = _fixed(plan, smaller.model) == _fixed(plan, larger.model)
    pair = f"{larger.variable}, {smaller.variable}"
    if larger.function == "lmer":
        reml = variance_only and plan.spec.settings[larger.model].method == "REML"
        if variance_only:
            yield comment("a variance is on its bound under the null hypothesis: this p is too large")
        if smaller.function == "lm" and reml:
            yield f"lr_test({smaller.variable}, {larger.variable}, REML = TRUE)"
        else:
            yield f"anova({pair}{', refit = FALSE' if reml else ''})"
    elif {smaller.function, larger.function} in ({"glmer"}, {"glmmTMB"}, {"glm", "glmer"}):
        yield f"anova({pair})"
    else:
        yield f"lr_test({smaller.variable}, {larger.variable})"


def _formula(plan: ScriptPlan, model: str) -> Formula:
    return parse_formula(next(each.formula for each in plan.spec.models if each.name == model))


def _fixed(plan: ScriptPlan, model: str) -> object:
    """Return what tells the fixed parts of models apart."""
    read = _formula(plan, model)
    response = plan.spec.response_of(model)
    terms = {frozenset(read.fixed.names[i] for i in term) for term in read.fixed.terms}
    return terms, read.fixed.intercept, {each.text for each in read.offsets}, response


def intervals(plan: ScriptPlan, models: Sequence[ModelInR]) -> Iterator[str]:
    """Yield a line for each model whose intervals the spec asks for by name."""
    asked = plan.spec.intervals
    kinds = {
        key: getattr(asked, key)
        for key, parm in _PARTS.items()
        if key in asked.model_fields_set and getattr(asked, key) not in ("none", "wald")
    }
    for each in models:
        for key, method in kinds.items():
            if each.function in ("lmer", "glmer"):
                yield _confint(plan, each, _PARTS[key], method)
    for key in ("icc", "r2"):
        if key in asked.model_fields_set and getattr(asked, key) != "none":
            plan.leave_out(f"intervals of {key} are left out")


_PARTS = {"fixed": "beta_", "variance": "theta_"}


def _confint(plan: ScriptPlan, each: ModelInR, parm: str, method: str) -> str:
    boot = method == "bootstrap"
    parts = [each.variable, f"parm = {string(parm)}", f"level = {number(plan.spec.estimation.confidence)}"]
    parts += (
        ['method = "boot"', f"nsim = {plan.spec.bootstrap.replicates}", f"seed = {plan.spec.seed}"]
        if (boot)
        else ["oldNames = FALSE"]
    )
    return joined("confint(", parts)


def means(plan: ScriptPlan, models: Sequence[ModelInR]) -> Iterator[str]:
    """Yield lines of estimated marginal means: of the last rung, or those that the spec lists."""
    wanted = plan.spec.means
    rungs = [each for each in models if each.model in plan.spec.settings]
    if wanted == "none" or not rungs:
        return
    if wanted == "auto":
        for factors in _factors(plan, rungs[-1].model):
            yield _emmeans(plan, rungs[-1], MeanSpec.model_construct(of=factors))
        return
    for each in rungs:
        for mean in wanted:
            if {*mean.of, *mean.by} <= _fixed_columns(plan, each.model):
                yield _emmeans(plan, each, mean)


def _fixed_columns(plan: ScriptPlan, model: str) -> set[str]:
    return {each for term in _formula(plan, model).fixed.columns for each in term}


def _factors(plan: ScriptPlan, model: str) -> list[tuple[str, ...]]:
    """Return the factors of a model, and the cells of interactions of factors."""
    found = []
    for term in _formula(plan, model).fixed.columns:
        levels = [plan.columns[each].levels if each in plan.columns else None for each in term]
        if all(each is not None and len(each) <= MOST_LEVELS for each in levels):
            found.append(tuple(term))
    return found


def _emmeans(plan: ScriptPlan, each: ModelInR, mean: MeanSpec) -> str:
    at = [f"{name(key)} = {number(float(value))}" for key, value in mean.at.items()]
    for factor in (*mean.of, *mean.by):
        if plan.columns[factor].kind == "number":
            values = sorted(set(plan.frame[factor].dropna()))
            at.append(f"{name(factor)} = {vector(map(number, values))}")
    compared = mean.differences if mean.differences != "auto" else ("control" if mean.control else "pairwise")
    parts = [
        each.variable,
        f"{_DIFFERENCES[compared]} ~ {' * '.join(map(name, mean.of))}"
        + (f" | {' * '.join(map(name, mean.by))}" if mean.by else ""),
        *([f"at = list({', '.join(at)})"] if at else []),
        *_params(plan, each.model),
        *([f"ref = {string(mean.control)}"] if mean.control and len(mean.of) == 1 else []),
        *([f"adjust = {string(_adjust(mean.adjust))}"] if mean.adjust != "auto" else []),
    ]
    return joined("emmeans(", parts)


def _params(plan: ScriptPlan, model: str) -> list[str]:
    """Return the functions of contrasts in a formula, which emmeans() would take for columns."""
    text = r_formula(_formula(plan, model).text)
    found = dict.fromkeys(re.findall(r"\bcontr\.(?:treatment|sum|helmert|poly|sdif)\b", text))
    return [f"params = {vector(map(string, found))}"] if found else []


def _adjust(word: str) -> str:
    return {"dunnett": "mvt"}.get(word, word)


def slopes(plan: ScriptPlan, models: Sequence[ModelInR]) -> Iterator[str]:
    """Yield lines of simple slopes: of the cross-level terms of the last rung, and those that are listed."""
    rungs = [each for each in models if each.model in plan.spec.settings]
    if not rungs:
        return
    wanted = [*plan.spec.slopes, *_cross_level(plan, rungs[-1].model)]
    seen: set[tuple[str, str]] = set()
    for each in wanted:
        pair = (each.focal, each.moderator)
        if pair not in seen and _has_product(plan, rungs[-1].model, pair):
            seen.add(pair)
            yield from _emtrends(plan, rungs[-1], each)


def _has_product(plan: ScriptPlan, model: str, pair: tuple[str, str]) -> bool:
    return any({*pair} <= {*term} for term in _formula(plan, model).fixed.columns)


def _cross_level(plan: ScriptPlan, model: str) -> Iterator[SlopeSpec]:
    """Yield the products of a predictor that varies within groups and one that does not."""
    between = {v.variable for v in plan.analysis.profile.variable_levels if v.level == "between"}
    declared = {each for each, level in plan.spec.declared_levels.items() if level > 1}
    for term in _formula(plan, model).fixed.columns:
        upper = [each for each in term if each in between | declared]
        if len(term) == 2 and len(upper) == 1:
            (focal,) = {*term} - {*upper}
            yield SlopeSpec.model_construct(focal=focal, moderator=upper[0], at="sd")


def _emtrends(plan: ScriptPlan, each: ModelInR, slope: SlopeSpec) -> Iterator[str]:
    focal, moderator = plan.columns.get(slope.focal), plan.columns.get(slope.moderator)
    if focal is None or moderator is None:
        return
    if focal.kind != "number":
        yield joined(
            "emmeans(", [each.variable, f"revpairwise ~ {name(focal.name)} | {name(moderator.name)}"]
        )
        return
    parts = [each.variable, f"revpairwise ~ {name(moderator.name)}", f"var = {string(focal.name)}"]
    if moderator.kind == "number":
        parts[1] = f"~ {name(moderator.name)}"
        parts.append(f"at = list({name(moderator.name)} = {_values(plan, slope, moderator.name)})")
    yield joined("emtrends(", parts)


def _values(plan: ScriptPlan, slope: SlopeSpec, moderator: str) -> str:
    """Return the values of a moderator at which slopes are shown."""
    x = column(moderator)
    if not isinstance(slope.at, str):
        return vector(number(float(each)) for each in slope.at)
    distinct = sorted(set(plan.frame[moderator].dropna()))
    if len(distinct) == 2:
        return vector(map(number, distinct))
    if slope.at == "range":
        return f"c(min({x}), mean({x}), max({x}))"
    groups = [v.factor for v in plan.analysis.profile.variable_levels
              if v.variable == moderator and v.level == "between"]  # fmt: skip
    if groups:
        first = ":".join(groups[:1])
        by = vector(string(part) for part in first.split(":"))
        x = f"{DATA}[!duplicated({DATA}[{by}]), ]${name(moderator)}"
    return f"mean({x}) + c(-1, 0, 1) * sd({x})"


def contrasts_of(plan: ScriptPlan, models: Sequence[ModelInR]) -> Iterator[str]:
    """Yield lines that test the declared combinations of coefficients on the last model that has them."""
    rungs = [each for each in models if each.model in plan.spec.settings]
    for contrast in plan.spec.contrasts if rungs else ():
        yield comment(contrast.name)
        for weights, value in _weights(plan, rungs[-1].model, contrast):
            yield from _tested(rungs[-1], weights, value)


def _weights(
    plan: ScriptPlan, model: str, contrast: ContrastSpec
) -> Iterator[tuple[dict[str, float], float]]:
    """Yield the weights and the value of each combination of coefficients that the last rung has."""
    rung = next(each for each in plan.spec.rungs if each.name == model)
    coded = {name: c.contrast_kind for name, c in plan.spec.data.columns.items() if c.contrast_kind}
    named = {key: kind for key, kind in coded.items() if kind != "matrix"}
    design = build_design(
        rung.formula, plan.frame, weights=rung.weights, contrasts=named, response=plan.spec.response_of(model)
    )
    if contrast.weights is not None and {*contrast.weights} <= {*design.columns}:
        yield dict(contrast.weights), 0.0
    elif contrast.weights is not None:
        plan.leave_out(f"the contrast {contrast.name}: {model} does not have its coefficients")
    for text in contrast.hypothesis:
        try:
            read = parse_linear(text, design.columns)
        except MlmError:
            plan.leave_out(f"the contrast {contrast.name}: {model} does not have its coefficients")
            continue
        yield dict(read.weights), read.value


def _tested(each: ModelInR, weights: dict[str, float], value: float) -> Iterator[str]:
    coefficients = f"fixef({each.variable})" + ("$cond" if each.function == "glmmTMB" else "")
    yield f"L <- setNames(numeric(length({coefficients})), names({coefficients}))"
    pairs = vector(string(key) for key in weights)
    yield f"L[{pairs}] <- {vector(number(weight) for weight in weights.values())}"
    if each.function == "lmer":
        yield f"contest1D({each.variable}, L, rhs = {number(value)}, confint = TRUE)"
        return
    covariance = f"vcov({each.variable})" + ("$cond" if each.function == "glmmTMB" else "")
    yield f"z <- (sum(L * {coefficients}) - {number(value)}) / sqrt(sum(L * ({covariance} %*% L)))"
    yield "c(z = z, p = 2 * pnorm(-abs(z)))"
