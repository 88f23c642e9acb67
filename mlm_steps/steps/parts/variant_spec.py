"""The spec of one variant: that of the analysis with another outcome, further filters or another file."""

from __future__ import annotations

from dataclasses import replace

from mlm_steps.design.parser import parse_sides
from mlm_steps.spec import LoadedSpec, PipelineSpec
from mlm_steps.spec.compared import is_formula
from mlm_steps.spec.data import ColumnSpec, DataSpec
from mlm_steps.spec.preset import PresetLadder
from mlm_steps.spec.vary import VariantChoice

__all__ = ["varied", "with_levels", "with_outcome"]


def varied(loaded: LoadedSpec, choice: VariantChoice) -> LoadedSpec:
    """Return the spec of a variant, without its other variants."""
    spec = loaded.spec
    data, paths = spec.data, dict(loaded.paths)
    changes: dict[str, object] = {"vary": None}
    if choice.subset is not None and choice.subset.filter:
        data = data.model_copy(update={"filter": (*data.filter, *choice.subset.filter)})
    if choice.file is not None:
        file = choice.file.file
        first = data.file
        data = data.model_copy(update={"file": file})
        kept = {name: path for name, path in paths.items() if name != first or name in _others(data)}
        paths = {file: loaded.varied[file], **kept}
    if choice.outcome is not None:
        data = with_levels(data, spec)
        changes |= _formulas(spec, choice.outcome.outcome)
    changed = spec.model_copy(update={**changes, "data": data})
    for name in ("settings", "_pairs"):  # values that the spec of the analysis may have computed already
        changed.__dict__.pop(name, None)
    return replace(loaded, spec=changed, paths=paths)


def _others(data: DataSpec) -> frozenset[str]:
    """Return the files of the data besides the first."""
    return frozenset([*(each.file for each in data.stack), *(each.file for each in data.join)])


def with_levels(data: DataSpec, spec: PipelineSpec) -> DataSpec:
    """Return the data with the levels of columns that a preset declares.

    The rungs of a variant with another outcome are written out, since a preset takes a column as its outcome.
    """
    if not isinstance(spec.ladder, PresetLadder):
        return data
    columns = dict(data.columns)
    for name, level in spec.declared_levels.items():
        columns[name] = columns.get(name, ColumnSpec()).model_copy(update={"level": level})
    return data.model_copy(update={"columns": columns})


def _formulas(spec: PipelineSpec, outcome: str) -> dict[str, object]:
    """Return the models of a spec with another outcome."""
    changed: dict[str, object] = {
        "ladder": tuple(_with_outcome(rung, outcome) for rung in spec.rungs),
        "prelude": tuple(_with_outcome(model, outcome) for model in spec.prelude),
    }
    if not isinstance(spec.compare, str):
        changed["compare"] = tuple(
            pair.model_copy(update={"smaller": with_outcome(pair.smaller, outcome)})
            if is_formula(pair.smaller)
            else pair
            for pair in spec.compare
        )
    return changed


def _with_outcome(model, outcome: str):  # type: ignore[no-untyped-def]  # a rung gives a rung, a model of the prelude the same
    return model.model_copy(update={"formula": with_outcome(model.formula, outcome)})


def with_outcome(formula: str, outcome: str) -> str:
    """Return a formula with another left side.

    Examples
    --------
    >>> with_outcome("log(y) ~ x + (x | g)", "z")
    'z ~ x + (x | g)'
    """
    response, _ = parse_sides(formula)
    return formula[: response.span.start] + outcome + formula[response.span.end :]
