"""The models of an analysis in R: which function fits each, and the call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mlm_steps.design.formula import parse_formula
from mlm_steps.r_script.formulas import r_formula
from mlm_steps.r_script.plan import ScriptPlan
from mlm_steps.r_script.text import DATA, comment, joined, name
from mlm_steps.records.response import Response

__all__ = ["ModelInR", "fits", "models_in_r"]

_BY_LME4 = {("binomial", "logit"), ("poisson", "log")}
"""Generalized models whose Laplace approximation in lme4 is the one of this program (statistics, 22.2)."""
_FAMILIES = {
    "binomial": "binomial", "poisson": "poisson", "negative_binomial": "nbinom2", "gamma": "Gamma",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelInR:
    """One model in R.

    Attributes
    ----------
    model : str
        Its name in the spec.
    variable : str
        Its name in the script.
    function : str
        ``lm``, ``glm``, ``lmer``, ``glmer`` or ``glmmTMB``.
    call : str
        The line that fits it.
    agq : int
        Points per dimension of the quadrature.
    """

    model: str
    variable: str
    function: str
    call: str
    agq: int = 1


def models_in_r(plan: ScriptPlan) -> list[ModelInR]:
    """Return all models of the spec, those without random effects first."""
    spec, taken = plan.spec, set[str]()
    found = []
    for model in spec.models:
        variable = _variable(model.name, taken)
        mixed = model.name in spec.settings
        found.append(_model(plan, model.name, model.formula, model.weights, variable, mixed=mixed))
    return found


def _variable(model: str, taken: set[str]) -> str:
    """Return a name for the script that no other model has.

    >>> _variable("slope-2", set()), _variable("null", {"m_null"})
    ('m_slope_2', 'm_null_2')
    """
    base = "m_" + re.sub(r"\W", "_", model, flags=re.ASCII)
    numbered = (base if i == 1 else f"{base}_{i}" for i in range(1, 1000))
    chosen = next(each for each in numbered if each not in taken)
    taken.add(chosen)
    return chosen


def _model(
    plan: ScriptPlan, model: str, formula: str, weights: str | None, variable: str, *, mixed: bool
) -> ModelInR:
    response = plan.spec.response_of(model)
    function = _function(response, mixed=mixed)
    text, own = _with_response(plan, formula, response)
    parts = [text, f"data = {DATA}"]
    agq = 1
    if function == "lmer":
        parts.append(f"REML = {'TRUE' if plan.spec.settings[model].method == 'REML' else 'FALSE'}")
    elif function != "lm":
        parts.append(f"family = {_family(response)}")
    if function == "glmer" and mixed:
        agq = _points(plan, model, formula)
        parts += [f"nAGQ = {agq}"] if agq > 1 else []
    elif mixed and plan.spec.settings[model].agq != 1:
        plan.leave_out(f"{model}: glmmTMB has no quadrature; it uses Laplace's approximation")
    counted = weights or own
    if weights and own:
        plan.leave_out(f"{model}: weights and trials together; the weights are left out")
        counted = own
    parts += [f"weights = {name(counted)}"] if counted else []
    return ModelInR(model, variable, function, joined(f"{variable} <- {function}(", parts), agq)


def _function(response: Response, *, mixed: bool) -> str:
    if response.linear:
        return "lmer" if mixed else "lm"
    if (response.family, response.link) in _BY_LME4:
        return "glmer" if mixed else "glm"
    if response.family == "binomial" and not mixed:
        return "glm"
    return "glmmTMB"


def _family(response: Response) -> str:
    family = _FAMILIES[response.family]
    if response.family == "negative_binomial":
        return "nbinom2"
    plain = (response.family, response.link) in _BY_LME4
    return family if plain else f'{family}(link = "{response.link}")'


def _points(plan: ScriptPlan, model: str, formula: str) -> int:
    """Return the number of quadrature points that glmer can use."""
    asked = plan.spec.settings[model].agq
    if asked == 1:
        return 1
    bars = parse_formula(formula).bars
    scalar = len(bars) == 1 and bars[0].effects.intercept and not bars[0].effects.terms
    if not scalar:
        plan.leave_out(
            f"{model}: glmer has quadrature for one random intercept only; it uses Laplace's approximation"
        )
        return 1
    if asked == "auto":
        plan.leave_out(f"{model}: agq: auto has no equivalent in R; the script uses 25 points")
        return 25
    return int(asked)


def _with_response(plan: ScriptPlan, formula: str, response: Response) -> tuple[str, str | None]:
    """Return the formula with trials and exposure, and the column of trials that is given as weights."""
    text = r_formula(formula)
    own = None
    if response.trials is not None:
        left, _, right = text.partition("~")
        outcome = plan.frame[parse_formula(formula).outcomes[0]].to_numpy(dtype=float)
        if bool(np.any(outcome != np.floor(outcome))):
            own = response.trials
        else:
            text = f"cbind({left.strip()}, {name(response.trials)} - {left.strip()}) ~{right}"
    if response.exposure is not None:
        text += f" + offset(log({name(response.exposure)}))"
    return text, own


def fits(plan: ScriptPlan, models: list[ModelInR]) -> Iterator[str]:
    """Yield the lines that fit and summarise all models."""
    labels = {model.name: model.label for model in plan.spec.models if getattr(model, "label", None)}
    for each in models:
        yield comment(labels.get(each.model) or each.model)
        yield each.call
        yield _summary(plan, each)
        if plan.spec.estimation.df in ("satterthwaite", "kenward-roger") and each.function == "lmer":
            kind = plan.spec.estimation.anova
            ddf = ', ddf = "Kenward-Roger"' if plan.spec.estimation.df == "kenward-roger" else ""
            if parse_formula(_formula_of(plan, each.model)).fixed.labels:
                yield f'anova({each.variable}, type = "{kind}"{ddf})'
        yield ""


def _summary(plan: ScriptPlan, each: ModelInR) -> str:
    if each.function == "lmer" and plan.spec.estimation.df == "kenward-roger":
        return f'summary({each.variable}, ddf = "Kenward-Roger")'
    return f"summary({each.variable})"


def _formula_of(plan: ScriptPlan, model: str) -> str:
    return next(each.formula for each in plan.spec.models if each.name == model)
