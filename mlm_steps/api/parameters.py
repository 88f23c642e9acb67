"""Names of a model's parameters as in lme4's ``confint``, and the parameters that a user selects."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.api.arguments import names as list_of_names
from mlm_steps.design.matrices import Design
from mlm_steps.engine.profile.profiles import Parameter, parameters_of
from mlm_steps.errors import Fault, UsageError, did_you_mean, listing

__all__ = ["Selection", "chosen_of", "names_of"]

Selection = str | Sequence[str] | None
RESERVED = frozenset({"beta_", "theta_", "icc_adjusted", "icc_unadjusted", "r2_marginal", "r2_conditional"})
"""Words that select several parameters, and names of quantities that the bootstrap adds."""


def names_of(design: Design) -> dict[str, Parameter]:
    """Return the parameters under lme4's names, which are unique, in lme4's order.

    A column that has the name of another parameter or of a bootstrap quantity is written in backticks. If
    several parameters of random effects have one name, the second and later ones get a number.
    """
    found: dict[str, Parameter] = {}
    for parameter in sorted(parameters_of(design), key=_place):
        name = _name(design, parameter)
        if parameter.kind == "beta" and (name in found or name in RESERVED):
            name = f"`{name}`"
        repeats = 0
        while (numbered := f"{name}.{repeats}" if repeats else name) in found:
            repeats += 1
        found[numbered] = parameter
    return found


def _place(parameter: Parameter) -> tuple[int, int, tuple[int, ...]]:
    """Return a key that sorts as in lme4: lower triangle of each term by columns, then sigma or phi, beta."""
    if parameter.term is None:
        return (2 if parameter.kind == "beta" else 1, 0, parameter.effects)
    return (0, parameter.term, (parameter.effects[0], parameter.effects[-1]))


def _name(design: Design, parameter: Parameter) -> str:
    if parameter.term is None:
        return design.columns[parameter.effects[0]] if parameter.kind == "beta" else parameter.kind
    term = design.random[parameter.term]
    effects = ".".join(term.names[effect] for effect in reversed(parameter.effects))
    return f"{'sd' if parameter.kind == 'sd' else 'cor'}_{effects}|{term.group}"


def chosen_of(parm: Selection, names: dict[str, Parameter]) -> dict[str, Parameter]:
    """Return the selected parameters; ``beta_`` selects all fixed effects, ``theta_`` all others."""
    if parm is None:
        return names
    chosen: dict[str, Parameter] = {}
    for wanted in list_of_names("parm", parm):
        if wanted in ("beta_", "theta_"):
            beta = wanted == "beta_"
            chosen |= {name: p for name, p in names.items() if (p.kind == "beta") == beta}
        elif wanted in names:
            chosen[wanted] = names[wanted]
        else:
            hint = did_you_mean(wanted, names) or f"one of {listing(names)}"
            raise UsageError(Fault("parm", f"no parameter is called {wanted!r}", hint))
    return chosen
