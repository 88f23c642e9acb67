"""Write the whole script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlm_steps.data import Analysis
from mlm_steps.r_script.after import HELPER_LRT, comparisons, contrasts_of, intervals, means, slopes
from mlm_steps.r_script.columns import columns, contrasts, derived_names, sample
from mlm_steps.r_script.derive import LAG
from mlm_steps.r_script.formulas import CENTER, calls_of
from mlm_steps.r_script.models import ModelInR, fits, models_in_r
from mlm_steps.r_script.omissions import omissions
from mlm_steps.r_script.plan import ScriptPlan
from mlm_steps.r_script.reading import libraries_of, reading
from mlm_steps.r_script.text import comment
from mlm_steps.spec import LoadedSpec

__all__ = ["Script", "write_script"]

_RULE = "# ---- {} "
WIDTH = 92
"""Length of the lines that separate the parts of a script."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script of R.

    Attributes
    ----------
    text : str
    models : tuple of ModelInR
        The models that it fits, in their order.
    unsaid : tuple of str
        What the spec says and the script does not.
    """

    text: str
    models: tuple[ModelInR, ...]
    unsaid: tuple[str, ...]


def write_script(loaded: LoadedSpec, analysis: Analysis, uses: Iterable[object]) -> Script:
    """Return the script that does in R what a spec says.

    Parameters
    ----------
    loaded : LoadedSpec
    analysis : Analysis
        The analysis sample of the spec: types and levels of columns are those that its data have.
    uses : iterable of ModelUse
        The columns of each model.
    """
    plan = ScriptPlan(loaded, analysis, tuple(uses))  # type: ignore[arg-type]  # ModelUse, by its docstring
    models = models_in_r(plan)
    body = [
        *_part("data", reading(plan)),
        *_part("columns", columns(plan)),
        *_part("sample", [*sample(plan), *contrasts(plan)]),
        *_part("models", fits(plan, models)),
        *_part("comparisons", comparisons(plan, models)),
        *_part("intervals", intervals(plan, models)),
        *_part("means", means(plan, models)),
        *_part("simple slopes", slopes(plan, models)),
        *_part("contrasts", contrasts_of(plan, models)),
    ]
    for what in omissions(plan.spec):
        plan.leave_out(what)
    lines = [*_head(plan, models, body), *body, "", "sessionInfo()"]
    return Script("\n".join(lines) + "\n", tuple(models), tuple(plan.unsaid))


def _part(title: str, lines: Iterable[str]) -> list[str]:
    """Return a part with its title; nothing if it has no lines."""
    found = list(lines)
    while found and not found[-1]:
        found.pop()
    rule = _RULE.format(title)
    return ["", rule + "-" * (WIDTH - len(rule)), "", *found] if found else []


def _head(plan: ScriptPlan, models: list[ModelInR], body: list[str]) -> Iterator[str]:
    """Yield title, libraries, helpers, and what the script does not say."""
    yield comment(plan.spec.title_or_name)
    yield "#"
    yield comment(f"Run it in the folder of {plan.loaded.path.name}: file names are relative to it.")
    if plan.unsaid:
        yield "#"
        yield "# Not in this script, although the analysis has it:"
        yield from (comment(f"- {what}") for what in plan.unsaid)
    yield ""
    text = "\n".join(body)
    yield from (f"library({each})" for each in _libraries(plan, models, text))
    if "emmeans(" in text or "emtrends(" in text:
        yield "# emmeans has Kenward and Roger's degrees of freedom by default, and none in large data"
        df = "kenward-roger" if plan.spec.estimation.df == "kenward-roger" else "satterthwaite"
        limit = f"lmerTest.limit = {len(plan.frame)}, pbkrtest.limit = {len(plan.frame)}"
        yield f'emm_options(lmer.df = "{df}", {limit})'
    called = set().union(*(calls_of(each.formula) for each in plan.spec.models))
    helpers = [
        *([CENTER] if "center" in called else []),
        *([LAG] if any(plan.derive[each].kind == "lag" for each in derived_names(plan)) else []),
        *([HELPER_LRT] if "lr_test(" in text else []),
    ]
    yield from (line for helper in helpers for line in ("", helper))


def _libraries(plan: ScriptPlan, models: list[ModelInR], text: str) -> list[str]:
    functions = {each.function for each in models}
    called = set().union(*(calls_of(each.formula) for each in plan.spec.models))
    found = ["lme4"] if functions & {"lmer", "glmer"} else []
    found += ["lmerTest"] if "lmer" in functions else []
    found += ["glmmTMB"] if "glmmTMB" in functions else []
    found += ["splines"] if called & {"ns", "bs"} else []
    found += ["emmeans"] if "emmeans(" in text or "emtrends(" in text else []
    return [*found, *(each for each in libraries_of(plan) if each not in found)]
