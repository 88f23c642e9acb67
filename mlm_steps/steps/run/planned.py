"""The jobs of planned studies and what they depend on, which needs no data."""

from __future__ import annotations

from functools import cached_property

from mlm_steps.spec import PipelineSpec
from mlm_steps.spec.planning.jobs import cell_name, cells_of, point_names, ranges_of, simulated_parts

__all__ = ["Planned"]


class Planned:
    """The planned studies of a spec.

    Parameters
    ----------
    spec : PipelineSpec
    """

    def __init__(self, spec: PipelineSpec) -> None:
        self._spec = spec

    @property
    def rungs(self) -> list[str]:
        """The rung whose estimates planned studies take as the truth, if they do."""
        power = self._spec.power
        return [power.truth.from_.rung] if power is not None and power.truth.from_ is not None else []

    @property
    def settings(self) -> list[object]:
        """The parts of the spec on which closed answers of planned studies depend."""
        power = self._spec.power
        return [] if power is None else [self._spec.seed, power.model_dump(mode="json", exclude={"simulate"})]

    @cached_property
    def jobs(self) -> list[tuple[str, str]]:
        """Cell and replicates of each job of planned studies; last the designs near a required number."""
        power = self._spec.power
        if power is None:
            return []
        cells = dict.fromkeys(cell_name(power, cell) for cell in cells_of(power))
        points = point_names(power)
        return [(cell, numbers) for cell in (*cells, *points) for numbers in ranges_of(power)]

    def is_point(self, cell: str) -> bool:
        """Return whether studies are those of a design near a required number of groups."""
        return self._spec.power is not None and cell in point_names(self._spec.power)

    def studies_settings(self, cell: str) -> list[object]:
        """Return the parts of the spec on which the simulated studies of a cell depend.

        They do not depend on how many there are, nor on the size of effects and tests, except through the
        designs near a required number.
        """
        power = self._spec.power
        if power is None:
            return []
        near = self.settings if self.is_point(cell) else []
        return [self._spec.seed, simulated_parts(power), near]
