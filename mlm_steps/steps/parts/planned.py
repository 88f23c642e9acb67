"""The planned studies of a spec, with every fault at the place of its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mlm_steps.design.formula import place_as_written
from mlm_steps.engine.result.mixed_checks import check_mixed_design
from mlm_steps.errors import Fault, FitError, FormulaError, MlmError, SpecError
from mlm_steps.power.likelihood_ratio import comparison
from mlm_steps.power.scenarios import Scenario, scenarios
from mlm_steps.power.solve import endless
from mlm_steps.power.study import Study, answers_at
from mlm_steps.spec import LoadedSpec

if TYPE_CHECKING:
    from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["check_planned", "planned"]

UNDECLARED = "power.design declares no such predictor, derived column or group"
"""Hint at a name of the model that no distribution is declared for."""
TRUTH_KEYS = ("random", "fixed")
"""Parts of a fault's place that stand below ``truth`` in a spec."""


def planned(loaded: LoadedSpec, fit: MixedFit | None = None) -> tuple[Scenario, ...]:
    """Return the studies of all cells of the grid; SpecError for a grid that cannot be read.

    ``fit`` is that of the rung which the truth is taken from.
    """
    spec = loaded.spec.power
    if spec is None:
        return ()
    try:
        return _shared(scenarios(spec, loaded.spec.seed, fit))
    except MlmError as error:
        raise SpecError(*(_placed(loaded, error, fault) for fault in error.faults)) from None


def check_planned(loaded: LoadedSpec) -> tuple[Fault, ...]:
    """Return all faults of the planned studies of a spec, each at its place; no fit is needed."""
    if loaded.spec.power is None:
        return ()
    found = dict.fromkeys(_rung_faults(loaded))
    if found:
        return tuple(found)
    try:
        cells = planned(loaded)
    except SpecError as error:
        return error.faults
    by_fault: dict[Fault, list[str]] = {}
    for cell in cells:
        for fault in dict.fromkeys(_faults(loaded, cell.study)):
            by_fault.setdefault(fault, []).append(cell.name)
    if not by_fault:
        return tuple(_out_of_reach(loaded, cells))
    return tuple(_in_cells(fault, names, len(cells)) for fault, names in by_fault.items())


def _out_of_reach(loaded: LoadedSpec, cells: Sequence[Scenario]) -> Iterator[Fault]:
    """Yield the fault of a target that no number of rows reaches, for any effect in any cell of the grid.

    Where it is out of reach for some of them, the answers say so.
    """
    power = loaded.spec.power
    if power is None or power.solve != "rows" or power.truth.from_ is not None:
        return
    best: dict[str, float] = {}
    for cell in cells:
        (answers,) = answers_at(cell.study, (endless(cell.study),))
        for answer in answers:
            best[answer.test.name] = max(best.get(answer.test.name, 0.0), answer.power)
            if not answer.power < power.target:
                return
    group = next(reversed(power.design.groups))
    told = ", ".join(f"{share:.3f} for {name}" for name, share in best.items())
    what = f"with endless rows per {group} the power is {told}, below the target {power.target:g}"
    yield Fault(loaded.source.where("power", "solve"), what, "more groups are needed: solve: groups")


def _in_cells(fault: Fault, names: Sequence[str], cells: int) -> Fault:
    """Return a fault that names the cell of the grid that has it, if not all have it."""
    if len(names) == cells:
        return fault
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Fault(fault.where, f"{fault.what}, at {names[0]}{more}", fault.hint, fault.excerpt)


def _shared(cells: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """Return the scenarios, with one source and one set of columns for all cells of the same design."""
    first: dict[str, Study] = {}
    for cell in cells:
        study = first.setdefault(cell.study.key, cell.study)
        if study is not cell.study:
            cell.study.__dict__.update(source=study.source, columns=study.columns)
    return tuple(cells)


def _faults(loaded: LoadedSpec, study: Study) -> Iterator[Fault]:
    try:
        found = [*_design_faults(study)]
    except MlmError as error:
        yield from (_placed(loaded, error, fault) for fault in error.faults)
        return
    if found:
        yield from (_placed(loaded, None, fault) for fault in found)
        return
    from_rung = loaded.spec.power is not None and loaded.spec.power.truth.from_ is not None
    for part in ("tests",) if from_rung else ("tests", "truth"):
        try:
            value = getattr(study, part)
            if part == "truth":
                value.roots()
        except MlmError as error:
            yield from (_placed(loaded, error, fault) for fault in error.faults)
    for i, smaller in enumerate(study.smaller):
        try:
            comparison(study.source, smaller)
        except MlmError as error:
            for fault in error.faults:
                yield _placed(loaded, None, Fault(f"smaller[{i}]", fault.what, fault.hint))


def _design_faults(study: Study) -> Iterator[Fault]:
    """Yield the faults of a design from which the effects cannot be estimated."""
    if study.too_small is not None:
        yield study.too_small
        return
    try:
        check_mixed_design(study.source.template)
    except FitError as error:
        yield from (Fault("design", fault.what, fault.hint) for fault in error.faults)


def _placed(loaded: LoadedSpec, error: MlmError | None, fault: Fault) -> Fault:
    """Return a fault with line and column; ``where`` of a planned study is a path below ``power``."""
    source, power = loaded.source, loaded.spec.power
    if isinstance(error, FormulaError) and power is not None:
        where = source.where("power", "model", offset=place_as_written(power.model, error.offset))
        undeclared = fault.hint is None and fault.what.startswith("there is no column")
        return Fault(where, fault.what, UNDECLARED if undeclared else fault.hint, fault.excerpt)
    dotted = f"truth.{fault.where}" if fault.where.startswith(TRUTH_KEYS) else fault.where
    return Fault(source.where(*source.way("power", dotted=dotted)), fault.what, fault.hint, fault.excerpt)


def _rung_faults(loaded: LoadedSpec) -> Iterable[Fault]:
    """Yield the fault of a truth from a rung that is no linear model."""
    spec = loaded.spec
    if spec.power is None or spec.power.truth.from_ is None:
        return
    name = spec.power.truth.from_.rung
    if name in spec.settings and not spec.settings[name].response.linear:
        where = loaded.source.where("power", "truth", "from", "rung")
        yield Fault(where, f"the rung '{name}' is no linear model", "planned studies are linear")
