"""Check that every variant can be made: its outcome and the columns of its filters exist in its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mlm_steps.data import ModelUse
from mlm_steps.data.assemble import ReadData, read_data
from mlm_steps.data.checks import check_uses
from mlm_steps.data.derive.plan import plan_derivations
from mlm_steps.data.expressions.evaluate import Evaluator
from mlm_steps.data.places import Places, nearest
from mlm_steps.design import parse_formula
from mlm_steps.errors import DataError, Fault, FormulaError
from mlm_steps.language.parser import parse_expression
from mlm_steps.spec import LoadedSpec
from mlm_steps.spec.vary import AXES, VariantChoice
from mlm_steps.steps.parts.uses import model_uses
from mlm_steps.steps.parts.variant_spec import varied
from mlm_steps.steps.run.varied import Varied

__all__ = ["check_variants"]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The data of the variants that share a file.

    Attributes
    ----------
    loaded : LoadedSpec
        The spec with this file.
    read : ReadData
    words : str
        Where columns are looked for, in messages; empty if the file is not varied.
    """

    loaded: LoadedSpec
    read: ReadData
    words: str

    @property
    def names(self) -> frozenset[str]:
        """The columns of the file and the derived columns."""
        return frozenset([*self.read.columns, *self.loaded.spec.data.derive])


def check_variants(loaded: LoadedSpec) -> tuple[Fault, ...]:
    """Return a fault for each value of ``vary`` with which variants cannot be made, each with its place.

    Whether a sample has rows, and whether a model can be fitted to it, is found by the fits: a variant that
    fails keeps its row, with the reason.
    """
    choices = Varied(loaded).choices
    faults: list[Fault] = []
    tables: dict[str, _Table] = {}
    for choice in choices:
        file = "" if choice.file is None else choice.file.file
        if file in tables:
            continue
        spec = varied(loaded, VariantChoice(file, None, None, choice.file))
        try:
            tables[file] = _Table(spec, read_data(spec), f" in {file}" if file else "")
        except DataError as error:
            faults += [Fault(_at(loaded, choice, "file"), each.what, each.hint) for each in error.faults]
        else:
            faults += _file_faults(loaded, choice, tables[file])
    for choice in choices:
        table = tables.get("" if choice.file is None else choice.file.file)
        if table is not None:
            faults += _outcome_faults(loaded, choice, table)
            faults += _filter_faults(loaded, choice, table)
    return tuple(dict.fromkeys(faults))


def _at(
    loaded: LoadedSpec, choice: VariantChoice, axis: str, *keys: str | int, offset: int | None = None
) -> str:
    """Return the place of a variant's value on one axis."""
    vary = loaded.spec.vary
    value = choice.values.get(axis)
    listed = () if vary is None else getattr(vary, AXES[axis])
    return loaded.source.where("vary", AXES[axis], listed.index(value), *keys, offset=offset)


def _file_faults(loaded: LoadedSpec, choice: VariantChoice, table: _Table) -> Iterator[Fault]:
    """Yield a fault for each column besides the outcome that the analysis needs and a file lacks."""
    if choice.file is None:
        return
    uses = model_uses(table.loaded.spec)
    names = dict.fromkeys(name for use in uses for name in use.variables)
    varied_outcome = {name for use in uses for name in use.outcomes} if choice.outcome else set()
    for name in names:
        if name not in table.names and name not in varied_outcome:
            what = f"there is no column '{name}'{table.words}"
            yield Fault(_at(loaded, choice, "file"), what, nearest(name, table.names))
    derive, columns = table.loaded.spec.data.derive, dict(table.read.columns)
    for fault in plan_derivations(derive, columns, Places(table.loaded)).faults:
        yield Fault(_at(loaded, choice, "file"), f"{fault.what}{table.words}", fault.hint)


def _outcome_faults(loaded: LoadedSpec, choice: VariantChoice, table: _Table) -> Iterator[Fault]:
    if choice.outcome is None:
        return
    at = _at(loaded, choice, "outcome", "outcome")
    used = model_uses(varied(table.loaded, replace(choice, subset=None, file=None)).spec)
    names = parse_formula(f"{choice.outcome.outcome} ~ 1").variables
    for name in dict.fromkeys(names):
        if name not in table.names:
            yield Fault(at, f"there is no column '{name}'{table.words}", nearest(name, table.names))
    alone = [replace(use, variables=tuple(names), groups=()) for use in used if _is_rung(table, use)]
    for fault in check_uses(alone[:1], dict(table.read.columns), Places(table.loaded)):
        yield Fault(at, f"{fault.what}{table.words}", fault.hint)


def _is_rung(table: _Table, use: ModelUse) -> bool:
    return any(rung.name == use.name for rung in table.loaded.spec.rungs)


def _filter_faults(loaded: LoadedSpec, choice: VariantChoice, table: _Table) -> Iterator[Fault]:
    for position, text in enumerate(() if choice.subset is None else choice.subset.filter):
        keys: tuple[str | int, ...] = ("filter",)
        index = _index(loaded, choice)
        if loaded.source.is_list("vary", "subsets", index, "filter"):
            keys = ("filter", position)
        expression = parse_expression(text)
        unknown = [name for name in expression.columns if name not in table.names]
        for name in unknown:
            what = f"there is no column '{name}'{table.words}"
            yield Fault(_at(loaded, choice, "subset", *keys), what, nearest(name, table.names))
        if unknown or not all(name in table.read.columns for name in expression.columns):
            continue
        found = _evaluated(text, table.read.columns)
        if found is not None:
            yield Fault(_at(loaded, choice, "subset", *keys, offset=found[0]), found[1].what, found[1].hint)


def _index(loaded: LoadedSpec, choice: VariantChoice) -> int:
    vary = loaded.spec.vary
    return 0 if vary is None or choice.subset is None else vary.subsets.index(choice.subset)


def _evaluated(text: str, columns: Mapping[str, object]) -> tuple[int | None, Fault] | None:
    """Return the fault of a condition on the rows of a file, with its place in the text; None without one."""
    try:
        Evaluator(parse_expression(text), columns).condition()  # type: ignore[arg-type]  # all are typed columns
    except FormulaError as error:
        return error.offset, error.faults[0]
    return None
