"""The jobs of the variants of an analysis and their keys, which need no data but the hashes of the files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from mlm_steps.spec import LoadedSpec
from mlm_steps.spec.vary import VariantChoice
from mlm_steps.steps.run.identity import made_from
from mlm_steps.steps.run.kept import content_hash

__all__ = ["Varied"]

CHUNK = 5
"""Smallest number of variants in a job, since a job costs as much as the fits of one variant of a ladder."""
MOST_JOBS = 40
"""Largest number of jobs of variants, so that many variants do not slow the workflow."""


class Varied:
    """The variants of a spec.

    Parameters
    ----------
    loaded : LoadedSpec
    """

    def __init__(self, loaded: LoadedSpec) -> None:
        self._loaded = loaded

    @cached_property
    def choices(self) -> tuple[VariantChoice, ...]:
        """All variants in the order of the spec."""
        vary = self._loaded.spec.vary
        return () if vary is None else tuple(vary.variants)

    @cached_property
    def chunks(self) -> list[tuple[str, ...]]:
        """The variants of each job, such as ``0-5``, the end excluded; they do not depend on ``--cores``."""
        count = len(self.choices)
        size = max(CHUNK, -(-count // MOST_JOBS))
        return [(f"{start}-{min(start + size, count)}",) for start in range(0, count, size)]

    def of(self, chunk: str) -> Sequence[VariantChoice]:
        """Return the variants of a job."""
        start, _, end = chunk.partition("-")
        return self.choices[int(start) : int(end)]

    def key(self, chunk: str) -> str:
        """Return the key of a job: those of its variants, and the words for their values."""
        vary = self._loaded.spec.vary
        shown = None if vary is None else [vary.coefficient, vary.rung]
        said = [(choice.name, [value.label for value in choice.values.values()]) for choice in self.of(chunk)]
        return made_from("variants", shown, said, [self.variant_key(each) for each in self.of(chunk)])

    def variant_key(self, choice: VariantChoice) -> str:
        """Return the hash of everything on which the numbers of a variant depend."""
        loaded = self._loaded
        values = {
            axis: value.model_dump(mode="json", exclude={"name", "label"})
            for axis, value in choice.values.items()
        }
        paths = {name: path for name, path in loaded.paths.items() if name != loaded.spec.data.file}
        first = loaded.spec.data.file
        if choice.file is not None:
            paths[choice.file.file] = loaded.varied[choice.file.file]
        elif first is not None:
            paths[first] = loaded.paths[first]
        content = {name: content_hash(path) for name, path in paths.items()}
        return made_from("variant", self._shared, values, content)

    @cached_property
    def _shared(self) -> list[object]:
        """The parts of the spec on which the numbers of all variants depend."""
        spec = self._loaded.spec
        data = spec.data.model_dump(mode="json", exclude={"columns", "file", "occasions"})
        columns = {
            name: column.model_dump(mode="json", exclude={"label", "unit"})
            for name, column in spec.data.columns.items()
        }
        models = [model.model_dump(mode="json", exclude={"label"}) for model in (*spec.prelude, *spec.rungs)]
        compare = spec.model_dump(mode="json", include={"compare"})
        estimation = spec.estimation.model_dump(mode="json", exclude={"allfit", "distribution_variance"})
        levels = dict(spec.declared_levels)
        return [data, columns, models, compare, estimation, levels, spec.tests.rlrt, spec.seed]
