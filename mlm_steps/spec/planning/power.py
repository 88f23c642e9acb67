"""The key ``power``: which study is large enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from mlm_steps.spec.base import SpecBlock
from mlm_steps.spec.bootstrap import Chunks
from mlm_steps.spec.planning.design import PlanDesignSpec
from mlm_steps.spec.planning.truth import TruthSpec
from mlm_steps.spec.types import (
    ColumnName,
    NothingIsNone,
    Objection,
    Real,
    Text,
    Texts,
    each_differs,
    nothing_is_empty,
    number,
    objection,
    objections,
    whole,
)
from mlm_steps.spec.written import Written

__all__ = ["DESIGN_NAMES", "SHARE_NAMES", "TRUTH_NAMES", "CostSpec", "PowerSpec", "SimulateSpec"]

MOST_CELLS = 500
"""Largest number of cells of a grid."""
CHUNK = 500
"""Simulated studies per job, so that finished jobs can be reused when there are to be more."""
SEVERAL = 4
"""Number of designs from which the jobs of different designs use all cores of a usual computer."""
LARGE_CHUNK = 1000
"""Simulated studies per job of several designs: larger jobs start fewer processes."""
COUNTED = 1000
"""Studies that ``chunks`` divides; more of them are further jobs, so that finished ones are kept."""


DESIGN_NAMES = ("groups", "rows")
"""Entries of a grid that replace a size of the design; the names of further factors do so too."""
SHARE_NAMES = ("icc", "within", "between", "product", "slope")
"""Entries of a grid that replace a share of the outcome's variance."""
TRUTH_NAMES = ("sigma", "total", "correlation", "level_1", "level_2", "cross", "slope_variance", "duration")
"""Entries of a grid that replace another number of the truth."""


class SimulateSpec(SpecBlock):
    """How many studies are simulated per design."""

    replicates: Annotated[int, *whole(10, 1_000_000)] = 1000
    """Simulated studies per design; with more of them the finished ones are kept."""
    chunks: Chunks = "auto"
    """Number of jobs per design for up to 1000 studies; more studies are further jobs of that size.
    ``auto``: 500 studies per job, and 1000 if at least four designs are simulated."""

    def ranges(self, designs: int) -> tuple[range, ...]:
        """Return the studies of each job, counted from 0, if so many designs are simulated."""
        automatic = CHUNK if designs < SEVERAL else LARGE_CHUNK
        size = automatic if self.chunks == "auto" else -(-min(self.replicates, COUNTED) // self.chunks)
        starts = range(0, self.replicates, size)
        return tuple(range(start, min(start + size, self.replicates)) for start in starts)


class CostSpec(SpecBlock):
    """What groups and rows cost."""

    group: Annotated[float, *number(0, 1e12)]
    """Cost of a group."""
    row: Annotated[float, *number(0, 1e12)]
    """Cost of a row."""
    budget: Annotated[Annotated[float, *number(0, 1e15)] | None, NothingIsNone] = None
    """What may be spent; where none is given, the cheapest design that reaches ``target`` is sought."""


def _form_of(value: object) -> str:
    return "word" if isinstance(value, (Written, str)) else "block"


def _few_cells(grid: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    cells = 1
    for name, values in grid.items():
        if not values:
            raise objection("has no values", "for example [30, 60, 120]", (name,))
        if len({*values}) < len(values):
            raise objection("has a value twice", "give each value once", (name,))
        cells *= len(values)
    if cells > MOST_CELLS:
        raise objection(f"has {cells} cells", f"at most {MOST_CELLS} are possible: leave out some values")
    return grid


class PowerSpec(SpecBlock):
    """The power of declared tests under a declared truth, alone in a spec or beside a ladder."""

    design: PlanDesignSpec
    """Groups, rows and predictors."""
    model: Text
    """The formula of the analysis, ``"math ~ ses_w * public + (ses_w | school)"``."""
    truth: TruthSpec
    """What is assumed to be true."""
    effects: Annotated[Texts, AfterValidator(each_differs)] = ()
    """Coefficients or terms whose power is asked for, ``["ses_w:public", public]``. Default: all but the
    intercept."""
    smaller: Annotated[Texts, AfterValidator(each_differs)] = ()
    """Smaller models that ``model`` is compared with by likelihood ratio tests in the simulated studies: by
    ML where fixed effects are left out, by REML where random effects are, ``["math ~ ses + (1 | school)"]``
    for the variance of a slope."""
    alpha: Annotated[float, *number(1e-6, 0.5)] = 0.05
    """Size of the tests."""
    alternative: Literal["two-sided", "greater", "less"] = "two-sided"
    """Of tests of one coefficient."""
    target: Annotated[float, *number(0.01, 0.9999)] = 0.8
    """The power that is wanted."""
    solve: Literal["groups", "rows", "effect", "cost", "precision", "none"] = "none"
    """What is sought for the target: the number of ``groups`` or of ``rows`` per group, the smallest
    ``effect``, the cheapest design (``cost``); ``precision``: the width of the intervals."""
    cost: Annotated[CostSpec | None, NothingIsNone] = None
    """What groups and rows cost, ``{group: 100, row: 10, budget: 20000}``."""
    grid: Annotated[
        dict[ColumnName, Annotated[tuple[Real, ...], BeforeValidator(nothing_is_empty)]],
        BeforeValidator(nothing_is_empty),
        AfterValidator(_few_cells),
    ] = Field(default_factory=dict)
    """Values that replace those above, in all combinations: of ``groups``, ``rows``, a second factor by its
    name, ``icc``, ``within``, ``between``, ``product``, ``slope``, ``sigma``, ``slope_variance``, or a
    coefficient by its column, ``{groups: [30, 60, 120], icc: [0.1, 0.2]}``."""
    simulate: Annotated[
        Annotated[Literal["none"], Tag("word")] | Annotated[SimulateSpec, Tag("block")],
        Discriminator(_form_of),
    ] = Field(default_factory=SimulateSpec)
    """``{replicates: 1000, chunks: auto}``; ``none`` for closed forms alone."""
    df: Literal["satterthwaite", "kenward-roger", "z"] = "satterthwaite"
    """Degrees of freedom of the tests in the simulated studies."""
    source: Annotated[Mapping[ColumnName, Text], BeforeValidator(nothing_is_empty)] = Field(
        default_factory=dict
    )
    """Where assumptions come from, for the report: ``{icc: "Hedges & Hedberg 2007"}``."""

    @model_validator(mode="after")
    def _parts_agree(self) -> PowerSpec:
        wrong: list[Objection] = []
        if self.solve == "cost" and self.cost is None:
            wrong.append((("solve",), "cost needs the costs", "add cost: {group: 100, row: 10}"))
        if self.cost is not None and not self.cost.group + self.cost.row:
            wrong.append((("cost",), "nothing costs anything", "a group or a row needs a cost above 0"))
        if self.smaller and self.simulate == "none":
            what = "likelihood ratio tests have no closed form"
            wrong.append((("smaller",), what, "leave out simulate: none"))
        first = next(iter(self.design.groups))
        # Groups may stand in both: the power of several numbers is wanted beside the needed one.
        sought = {"rows": ("rows",), "cost": (*DESIGN_NAMES, first)}.get(self.solve, ())
        wrong += [
            (("grid", name), f"solve: {self.solve} finds it", "leave out one of them")
            for name in self.grid
            if name in sought
        ]
        strange = {name: self._strange(name) for name in self.grid}
        wrong += [
            (("grid", name), *what)
            for name, what in strange.items()
            if what is not None and name not in sought
        ]
        if wrong:
            raise objections(wrong)
        return self

    def _strange(self, name: str) -> tuple[str, str] | None:
        """Return why an entry of the grid would change nothing; None for others."""
        truth = self.truth
        shares = truth.icc is not None and truth.preset is None
        uses = {
            **dict.fromkeys(SHARE_NAMES, (shares, "icc and r2")),
            "icc": (truth.icc is not None, "icc"),
            **dict.fromkeys(("total", "correlation"), (shares, "icc and r2")),
            "sigma": (truth.random is not None and truth.preset is None, "random and sigma"),
            **dict.fromkeys(
                ("level_1", "level_2", "cross", "slope_variance"), (truth.preset == "arend", "preset: arend")
            ),
            "duration": (truth.d is not None and truth.vpc is None, "d"),
        }
        fits, way = uses.get(name, (True, ""))
        return None if fits else (f"the truth is not declared by {way}", "it would change nothing")
