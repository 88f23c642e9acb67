"""What each step's result is made from, as the key that says whether it is current.

A key is a hash of all that a step depends on: its part of the spec, the columns it uses, the keys of the
steps before it, our code and the versions of the numerical libraries.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec

from mlm_steps.design import Formula
from mlm_steps.records import DataProfile
from mlm_steps.records.effort import EffortRecord, OptionalStep
from mlm_steps.records.intervals import IntervalSource
from mlm_steps.spec import LoadedSpec, ModelSpec, PipelineSpec, PreludeSpec
from mlm_steps.spec.bootstrap import SIZE
from mlm_steps.steps.parts.demanded import asked
from mlm_steps.steps.parts.levels import Level, variable_levels
from mlm_steps.steps.run.dates import report_date
from mlm_steps.steps.run.identity import made_from
from mlm_steps.steps.run.kept import content_hash

__all__ = ["Recipes", "data_key", "interval_sources", "resampled", "simulation_jobs"]

EXTRAS = ("nlopt",)
"""Libraries that need not be there and that refits by every optimiser depend on."""

TESTS = {"df", "anova", "confidence"}
"""Keys of ``estimation`` on which no estimate depends."""

INTERVAL_SOURCES: tuple[IntervalSource, ...] = ("profile", "bootstrap")
"""Intervals that are made in a step per rung, by the word that asks for them."""


def interval_sources(spec: PipelineSpec) -> tuple[IntervalSource, ...]:
    """Return what a spec asks for of the intervals that take steps of their own."""
    return tuple(source for source in INTERVAL_SOURCES if spec.intervals.kinds(source))


def resampled(spec: PipelineSpec) -> tuple[str, ...]:
    """Return the bootstrap replicates of each job, such as ``0-500``, the end excluded."""
    if "bootstrap" not in interval_sources(spec):
        return ()
    return tuple(f"{numbers.start}-{numbers.stop}" for numbers in spec.bootstrap.ranges)


def simulation_jobs(spec: PipelineSpec) -> tuple[str, ...]:
    """Return the bootstrap replicates of each job of a comparison, such as ``0-500``, the end excluded.

    What the effort allows takes seconds: one job does it all, for most comparisons need none.
    """
    count = spec.tests.replicates
    size = SIZE if spec.tests.bootstrap == "always" or spec.effort == "full" else count
    return tuple(f"{start}-{min(start + size, count)}" for start in range(0, count, size))


def data_key(loaded: LoadedSpec, formulas: Mapping[str, Formula]) -> str:
    """Return the hash of all the analysis sample depends on; ``formulas`` are the models', prelude first."""
    spec = loaded.spec
    data = spec.data.model_dump(mode="json", exclude={"columns"})
    columns = {
        name: column.model_dump(mode="json", exclude={"label", "unit"})
        for name, column in spec.data.columns.items()
    }
    models = (*spec.prelude, *spec.rungs)
    uses = sorted(
        json.dumps([formula.outcomes, sorted(formula.variables), formula.groups, model.weights])
        for model, formula in zip(models, formulas.values(), strict=True)
    )
    return made_from("data", data, columns, dict(spec.declared_levels), uses, content_hash(loaded.data_path))


class Recipes:
    """The keys of the steps after the data; every one is None while the data are not current.

    Parameters
    ----------
    loaded : LoadedSpec
    formulas : mapping of str to Formula
        The formula of each model, prelude first.
    profile : DataProfile or None
        Of the data, if it is current.
    work : callable
        Returns the plan of the optional work, or None while it is not current.
    """

    def __init__(
        self,
        loaded: LoadedSpec,
        formulas: Mapping[str, Formula],
        profile: DataProfile | None,
        work: Callable[[], EffortRecord | None],
    ) -> None:
        self._loaded, self._spec = loaded, loaded.spec
        self._formulas = formulas
        self._profile = profile
        self._work = work

    def model(self, name: str) -> str | None:
        """Return the key of a model's record: of its estimates and of the tests of its coefficients."""
        estimates = self._models[name]
        return None if estimates is None else made_from("fit", estimates, self._tests)

    def estimates(self, name: str) -> str | None:
        """Return the key of a model's estimates, which stay as they are where only its tests change."""
        return self._models[name]

    def compare(self, smaller: str, larger: str) -> str | None:
        """Return the key of a comparison."""
        tests = self._spec.tests
        return self._chain("compare", smaller, larger, words=[self._spec.seed, tests.rlrt, tests.bootstrap])

    def variance(self, *models: str) -> str | None:
        """Return the key of what is explained of a rung's variance: the rung and what it is held against."""
        return self._chain("variance", *models)

    def effort(self) -> str | None:
        """Return the key of the plan of the optional work."""
        spec = self._spec
        written = [sorted(block.model_fields_set) for block in (spec.tests, spec.intervals)]
        words = [
            spec.effort,
            spec.estimation.allfit,
            spec.tests.model_dump(mode="json", exclude={"adjust"}),
            spec.intervals.model_dump(mode="json"),
            written,
            [(pair.smaller, pair.larger) for pair in spec.pairs],
        ]
        return self._chain("effort", *self._rungs, words=words)

    def simulate(self, smaller: str, larger: str, numbers: str) -> str | None:
        """Return the key of some bootstrap replicates of a comparison."""
        words = [self._spec.seed, numbers]
        pair = f"{smaller}--{larger}"
        return self._optional("simulate", pair, models=(smaller, larger), words=words)

    def resample(self, model: str, numbers: str) -> str | None:
        """Return the key of some bootstrap replicates of a rung."""
        return self._chain("resample", model, words=[self._spec.seed, self._spec.bootstrap.kind, numbers])

    def intervals(self, source: IntervalSource, model: str) -> str | None:
        """Return the key of a rung's intervals of one source."""
        words = self._interval_words(source)
        if source == "profile":
            return self._optional("profile", model, models=(model,), words=words)
        return self._chain(source, model, words=words)

    def effects(self) -> str | None:
        """Return the key of what is read from the coefficients."""
        return self._chain("effects", *self._rungs, words=[self._readings, self._tests])

    def allfit(self) -> str | None:
        """Return the key of the refits by every optimiser."""
        return self._optional("allfit", *self._rungs, models=self._rungs, words=self._check)

    def remedies(self) -> str | None:
        """Return the key of the advice."""
        words = self._spec.estimation.confidence
        return self._optional("remedies", *self._rungs, models=self._rungs, words=words)

    def deletions(self) -> str | None:
        """Return the key of the random effects left out."""
        tests = self._spec.tests
        words = [self._spec.seed, tests.rlrt, tests.ranova]
        return self._optional("deletions", *self._rungs, models=self._rungs, words=words)

    def figure(self, name: str) -> str | None:
        """Return the key of a figure."""
        return self._whole("figure", name, self._words)

    def tables(self) -> str | None:
        """Return the key of all tables."""
        words = [self._check, self._spec.effort, self._spec.seed, self._spec.tests.model_dump(mode="json")]
        return self._whole("tables", "", words)

    def report(self) -> str | None:
        """Return the key of the report."""
        return self._whole("report", "", [self._cover, self._check, report_date(self._loaded.path)])

    def _optional(self, step: OptionalStep, *of: str, models: Sequence[str], words: object) -> str | None:
        """Return the key of optional work: what is decided on it counts, unless the spec demands it."""
        if asked(self._spec, step):
            return self._chain(step, *models, words=words)
        work = self._work()
        if work is None:
            return None
        return self._chain(step, *models, words=[words, [work.allows(step, name) for name in of]])

    @property
    def _rungs(self) -> list[str]:
        return [rung.name for rung in self._spec.rungs]

    @property
    def _readings(self) -> list[object]:
        """What of the spec says which contrasts, slopes and means are read from the coefficients."""
        said = self._spec.model_dump(mode="json", include={"contrasts", "slopes", "means"})
        return [said["contrasts"], said["slopes"], said["means"]]

    def _interval_words(self, source: IntervalSource) -> list[object]:
        """Return what of the spec the intervals of a source depend on, beyond the fit."""
        spec = self._spec
        drawn = [spec.seed, spec.bootstrap.kind, resampled(spec)] if source == "bootstrap" else []
        return [spec.intervals.kinds(source), spec.estimation.confidence, *drawn]

    @property
    def _check(self) -> list[object]:
        return [self._spec.estimation.allfit, {name: find_spec(name) is not None for name in EXTRAS}]

    @property
    def _tests(self) -> dict[str, object]:
        """What of the spec says how coefficients and terms are tested, once they are estimated."""
        return self._spec.estimation.model_dump(mode="json", include=TESTS)

    @cached_property
    def _models(self) -> dict[str, str | None]:
        models = (*self._spec.prelude, *self._spec.rungs)
        if self._profile is None:
            return dict.fromkeys(model.name for model in models)
        levels = variable_levels(self._profile, self._spec.declared_levels)
        nesting = [relation.model_dump(mode="json") for relation in self._profile.nesting]
        return {model.name: self._model_key(model, self._profile, levels, nesting) for model in models}

    def _model_key(
        self,
        model: ModelSpec | PreludeSpec,
        profile: DataProfile,
        levels: Mapping[str, Level],
        nesting: Sequence[object],
    ) -> str:
        names = {*self._formulas[model.name].variables, *([model.weights] if model.weights else [])}
        hashes = {name: profile.column(name).content_hash for name in sorted(names)}
        used = {name: level for name, level in levels.items() if name in names}
        entry = model.model_dump(mode="json", exclude={"label"})
        shared: list[object] = [profile.sample_hash, hashes, used, nesting]
        if isinstance(model, PreludeSpec):
            return made_from("prelude", entry, shared, sorted(self.clusters))
        estimation = self._spec.estimation.model_dump(mode="json", exclude={"allfit", *TESTS})
        remedies, confidence = self._spec.remedies, self._spec.estimation.confidence
        return made_from("fit", entry, shared, estimation, (remedies, confidence) if remedies else ())

    @cached_property
    def clusters(self) -> tuple[tuple[str, ...], ...]:
        """Columns of each grouping factor of the ladder, in order of appearance."""
        groups = (group for name in self._rungs for group in self._formulas[name].groups)
        return tuple(dict.fromkeys(groups))

    def prelude(self, name: str) -> str | None:
        """Return the key of a single-level model, whose tests know one kind of degrees of freedom."""
        key = self._models[name]
        return None if key is None else made_from("prelude", key, self._spec.estimation.confidence)

    def _chain(self, kind: str, *models: str, words: object = None) -> str | None:
        keys = [self._models[name] for name in models]
        return None if None in keys else made_from(kind, models, keys, words)

    def _whole(self, kind: str, name: str, words: object) -> str | None:
        if self._profile is None:
            return None
        keys = [*self._models.values(), self._tests]
        pairs = [(pair.smaller, pair.larger) for pair in self._spec.pairs]
        intervals = [
            self._spec.intervals.model_dump(mode="json"),
            *(self._interval_words(source) for source in interval_sources(self._spec)),
        ]
        return made_from(kind, name, self._profile.made_from, keys, pairs, intervals, self._readings, words)

    @property
    def _words(self) -> list[object]:
        labels = {m.name: m.label for m in (*self._spec.prelude, *self._spec.rungs)}
        columns = {name: (c.label, c.unit) for name, c in self._spec.data.columns.items()}
        return [self._spec.title_or_name, labels, columns]

    @property
    def _cover(self) -> list[object]:
        digest = hashlib.sha256(self._loaded.path.read_bytes()).hexdigest()
        return [self._words, self._spec.name, self._spec.model_dump(mode="json"), digest]
