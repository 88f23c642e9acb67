"""Which columns the models of a spec use."""

from __future__ import annotations

from mlm_steps.data import ModelUse
from mlm_steps.design import parse_formula
from mlm_steps.errors import FormulaError
from mlm_steps.spec import PipelineSpec

__all__ = ["model_uses"]


def model_uses(spec: PipelineSpec) -> tuple[ModelUse, ...]:
    """Return the columns of each model whose formula can be read, prelude first."""
    uses = []
    for model in (*spec.prelude, *spec.rungs):
        try:
            formula = parse_formula(model.formula)
        except FormulaError:
            continue  # reported when the spec was read; the other models' columns can still be checked
        weights = [model.weights] if model.weights else []
        uses.append(
            ModelUse(
                name=model.name,
                outcomes=tuple(formula.outcomes),
                variables=tuple(dict.fromkeys([*formula.variables, *weights])),
                groups=tuple(formula.groups),
                weights=model.weights,
            )
        )
    return tuple(uses)
