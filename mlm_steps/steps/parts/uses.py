"""Which columns the models of a spec use."""

from __future__ import annotations

from contextlib import suppress

from mlm_steps.data import ModelUse
from mlm_steps.design import Formula, parse_formula
from mlm_steps.design.one_name import shared_names, with_shared_names
from mlm_steps.errors import FormulaError
from mlm_steps.spec import PipelineSpec

__all__ = ["model_uses"]


def model_uses(spec: PipelineSpec) -> tuple[ModelUse, ...]:
    """Return the columns of each model whose formula can be read, prelude first."""
    uses = []
    read = _formulas(spec)
    names = shared_names(read.values())
    for model in spec.models:
        if model.name not in read:
            continue
        formula = with_shared_names(read[model.name], names)
        response = spec.response_of(model.name)
        beside = [*([model.weights] if model.weights else []), *response.columns]
        uses.append(
            ModelUse(
                name=model.name,
                outcomes=tuple(formula.outcomes),
                variables=tuple(dict.fromkeys([*formula.variables, *beside])),
                groups=tuple(formula.groups),
                weights=model.weights,
                response=response,
            )
        )
    return tuple(uses)


def _formulas(spec: PipelineSpec) -> dict[str, Formula]:
    """Return the formulas that can be read; the others are reported when the spec is read."""
    found = {}
    for model in spec.models:
        with suppress(FormulaError):
            found[model.name] = parse_formula(model.formula)
    return found
