"""The simulated studies that a spec asks for, as a run plans them: no number is computed here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from itertools import product

from mlm_steps.spec.planning.power import DESIGN_NAMES, SHARE_NAMES, TRUTH_NAMES, PowerSpec, SimulateSpec

__all__ = [
    "POINTS",
    "cell_name",
    "cells_of",
    "point_names",
    "question_name",
    "ranges_of",
    "same_question",
    "simulated_parts",
]

POINTS = 5
"""Designs that are simulated to find a required number of groups."""
_PLAIN = re.compile(r"[A-Za-z0-9_.]+")
_FIXED_ONLY = ("fixed", "d", "duration", "per")
"""Keys of a truth by parameters on which its fixed effects alone depend."""


def cells_of(spec: PowerSpec) -> tuple[dict[str, float], ...]:
    """Return the values of each cell of the grid."""
    return tuple(dict(zip(spec.grid, values, strict=True)) for values in product(*spec.grid.values()))


def same_question(spec: PowerSpec) -> tuple[int, ...]:
    """Return, per cell of the grid, the first cell that differs from it at most in the number of groups.

    Both need the same number of groups for a target.
    """
    counts = {"groups", next(iter(spec.design.groups), "groups")}
    first: dict[tuple[tuple[str, float], ...], int] = {}
    rest = [tuple((name, cell[name]) for name in cell if name not in counts) for cell in cells_of(spec)]
    return tuple(first.setdefault(own, k) for k, own in enumerate(rest))


def point_names(spec: PowerSpec) -> dict[str, tuple[int, int]]:
    """Return the names of the designs near required numbers of groups: positions of cell and design."""
    if spec.solve != "groups":
        return {}
    names = [cell_name(spec, cell, effects=True) for cell in cells_of(spec)]
    owners = dict.fromkeys(same_question(spec))
    return {f"{names[k]}--point-{i}": (k, i) for k in owners for i in range(POINTS)}


def cell_name(spec: PowerSpec, cell: Mapping[str, float], *, effects: bool = False) -> str:
    """Return the name of the simulated studies of a cell; cells that differ in effects alone share it.

    The outcome is simulated without effects, which are added afterwards (statistics, section 16.3).
    ``effects`` tells these cells apart, as likelihood ratios do, which depend on the effects.
    """
    apart = effects or bool(spec.smaller)
    kept = {name: value for name, value in cell.items() if apart or not _is_coefficient(spec, name)}
    if not kept:
        return "design"
    plain = "_".join(f"{name}-{value:g}" for name, value in kept.items())
    exact = all(float(f"{value:g}") == value for value in kept.values()) and _PLAIN.fullmatch(
        plain.replace("-", "")
    )
    return plain if exact else "cell-" + sha256(repr(sorted(kept.items())).encode()).hexdigest()[:12]


def question_name(spec: PowerSpec, cell: Mapping[str, float]) -> str:
    """Return the entries of a cell that the answer to ``solve`` depends on, ``icc=0.1``.

    A required number of groups does not depend on the number of groups, nor the smallest effect and the
    width of an interval on the coefficients.
    """
    counts = {"groups", next(iter(spec.design.groups), "groups")}
    left_out: set[str] = set()
    if spec.solve == "groups":
        left_out = counts
    elif spec.solve in ("effect", "precision"):
        left_out = {name for name in cell if _is_coefficient(spec, name)}
    return ", ".join(f"{name}={value:g}" for name, value in cell.items() if name not in left_out)


def _is_coefficient(spec: PowerSpec, name: str) -> bool:
    if name == "duration":
        return True
    return name not in (*DESIGN_NAMES, *SHARE_NAMES, *TRUTH_NAMES, *spec.design.groups)


def simulated_parts(spec: PowerSpec) -> dict[str, object]:
    """Return the parts of the spec on which the simulated studies of any cell depend, as plain values.

    Effect sizes are not among them, unless likelihood ratios depend on them, nor are the size of the tests
    and the number of the studies.
    """
    truth = spec.truth.model_dump(mode="json", exclude={"source"}, exclude_defaults=True)
    by_parameters = spec.truth.random is not None or spec.truth.vpc is not None
    if not spec.smaller and (by_parameters or spec.truth.preset == "mathieu2012"):
        truth = {key: value for key, value in truth.items() if key not in _FIXED_ONLY}
    if spec.truth.from_ is not None and not spec.smaller:
        truth = {"from": spec.truth.from_.rung}
    design = spec.design.model_dump(mode="json")
    parts: dict[str, object] = {"design": design, "model": spec.model, "truth": truth, "df": spec.df}
    parts["effects"] = spec.effects
    return {**parts, "smaller": spec.smaller} if spec.smaller else parts


def ranges_of(spec: PowerSpec) -> tuple[str, ...]:
    """Return the studies of each job, such as ``0-500``, the end excluded; none for closed forms alone."""
    if not isinstance(spec.simulate, SimulateSpec):
        return ()
    designs = len({cell_name(spec, cell) for cell in cells_of(spec)}) + len(point_names(spec))
    return tuple(f"{numbers.start}-{numbers.stop}" for numbers in spec.simulate.ranges(designs))
