"""What the expectations of a spec may refer to, and what they are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlm_steps.design.matrices import Design
from mlm_steps.errors import Fault
from mlm_steps.expectations.base import Checked, Known, RungNames
from mlm_steps.expectations.baseline import Baseline, read_baseline
from mlm_steps.expectations.check import expectation_faults
from mlm_steps.records.run import RunRecords
from mlm_steps.spec import LoadedSpec

__all__ = ["checked_of", "expected_faults"]

INTERCEPT = "(Intercept)"


def expected_faults(loaded: LoadedSpec, designs: Mapping[str, Design]) -> Iterator[Fault]:
    """Yield every fault of the names in expectations, with its place.

    Parameters
    ----------
    loaded : LoadedSpec
    designs : mapping of str to Design
        The design of each rung, by name.
    """
    if not loaded.spec.expect:
        return
    spec = loaded.spec
    formulas = {model.name: model.formula for model in spec.compared_models}
    pairs = [(pair.smaller, pair.larger) for pair in spec.pairs]
    pairs += [(formulas[smaller], larger) for smaller, larger in pairs if smaller in formulas]
    known = Known(
        rungs={name: _names(design) for name, design in designs.items()},
        pairs=tuple(pairs),
        factors=tuple(dict.fromkeys(term.group for design in designs.values() for term in design.random)),
        files=tuple(loaded.paths),
        checks=spec.diagnostics != "none",
        baselines={file: why for file, why in _baselines(loaded).items() if isinstance(why, str)},
    )
    yield from expectation_faults(loaded, known)


def _names(design: Design) -> RungNames:
    terms = (INTERCEPT, *design.term_labels)
    of_term: dict[str, list[str]] = {}
    for column, position in zip(design.columns, design.assign, strict=True):
        of_term.setdefault(terms[position], []).append(column)
    shared = [design.shared_names.get(column, column) for column in design.columns]
    return RungNames(
        terms=tuple(of_term),
        columns=tuple(dict.fromkeys((*design.columns, *shared))),
        of_term={term: tuple(columns) for term, columns in of_term.items()},
        groups=tuple(dict.fromkeys(term.group for term in design.random)),
    )


def _baselines(loaded: LoadedSpec) -> dict[str, Baseline | str]:
    """Return the baseline in each file that exists, or why it cannot be read."""
    found: dict[str, Baseline | str] = {}
    for file in (each.baseline for each in loaded.spec.expect if each.baseline is not None):
        path = loaded.beside.get(file)
        if path is None:  # a spec must not read it, which is a fault already
            continue
        try:
            found[file] = read_baseline(path.read_bytes())
        except FileNotFoundError:
            continue
        except OSError as error:
            found[file] = f"cannot be read: {error.strerror or error}"
    return found


def checked_of(loaded: LoadedSpec, run: RunRecords) -> Checked:
    """Return what the expectations of a spec are compared with."""
    return Checked(
        run=run,
        rungs=tuple(rung.name for rung in loaded.spec.rungs),
        baselines=_baselines(loaded),
        formulas={model.formula: model.name for model in loaded.spec.compared_models},
    )
