"""The inputs of the plan of a run, and the keys of the data and of the models.

A key is a hash of everything on which a step depends: its part of the spec, the columns it uses, the keys of
the fits that it reads, the code of this package and the versions of the numerical libraries.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

from mlm_steps.design import Formula
from mlm_steps.figures import FIGURES, GENERALIZED, LINEAR, PLANNED
from mlm_steps.records import DataProfile, EffortRecord
from mlm_steps.records.intervals import IntervalSource
from mlm_steps.spec import ComparedModel, LoadedSpec, NamedModel, PairSpec, PipelineSpec, PreludeSpec
from mlm_steps.spec.bootstrap import SIZE
from mlm_steps.steps.run.dates import report_date
from mlm_steps.steps.run.identity import made_from, optional_libraries
from mlm_steps.steps.run.kept import content_hash
from mlm_steps.steps.run.levels import HierarchyLevel, variable_levels
from mlm_steps.steps.run.planned import Planned
from mlm_steps.steps.run.varied import Varied

__all__ = ["PlanInputs"]

INTERVAL_SOURCES: tuple[IntervalSource, ...] = ("profile", "bootstrap")
"""Sources of intervals that have a separate step, in the order of the tables."""

TESTS = {"df", "anova", "confidence", "bic_n"}
"""Keys of ``estimation`` on which no estimate depends."""
VARIANCES = {"distribution_variance"}
"""Keys of ``estimation`` on which the explained variance alone depends."""


def _simulation_jobs(spec: PipelineSpec) -> tuple[str, ...]:
    """Return the bootstrap replicates of each job of a comparison, such as ``0-500``, the end excluded.

    Unless all comparisons are bootstrapped, one job does all replicates, since most comparisons need none.
    """
    count = spec.tests.replicates
    size = SIZE if spec.tests.bootstrap == "always" or spec.effort == "full" else count
    return tuple(f"{start}-{min(start + size, count)}" for start in range(0, count, size))


def _only(block: Mapping[str, Any], keys: Collection[str]) -> dict[str, object]:
    return {key: value for key, value in block.items() if key in keys}


def _without(block: Mapping[str, Any], keys: Collection[str]) -> dict[str, object]:
    return {key: value for key, value in block.items() if key not in keys}


class PlanInputs:
    """The values that the declarations of steps use; all keys except that of the data need the profile.

    Parameters
    ----------
    loaded : LoadedSpec
    formulas : mapping of str to Formula
        The formula of each model, prelude first.
    profile : callable
        Returns the profile of the data, or None while it is not current.
    work : callable
        Returns the plan of the optional work, or None while it is not current.
    """

    def __init__(
        self,
        loaded: LoadedSpec,
        formulas: Mapping[str, Formula],
        profile: Callable[[], DataProfile | None],
        work: Callable[[], EffortRecord | None],
    ) -> None:
        self.loaded, self.spec = loaded, loaded.spec
        self.formulas = formulas
        self._profile = profile
        self._work = work

    @property
    def profile(self) -> DataProfile | None:
        """The profile of the data, if it is current."""
        return self._profile()

    @property
    def work(self) -> EffortRecord | None:
        """The plan of the optional work, if it is current."""
        return self._work()

    @cached_property
    def said(self) -> dict[str, Any]:
        """The spec as values of JSON; a block of its own would take milliseconds, to build its serializer."""
        return self.spec.model_dump(mode="json")

    @property
    def rungs(self) -> list[str]:
        """The names of the rungs in their order."""
        return [rung.name for rung in self.spec.rungs]

    @property
    def generalized(self) -> list[str]:
        """The names of the rungs that are no linear models, in their order."""
        settings = self.spec.settings
        return [name for name in self.rungs if not settings[name].response.linear]

    @property
    def distributions(self) -> list[str]:
        """The generalized rungs that are checked against the distributions of their outcomes."""
        return [] if self.spec.diagnostics == "none" else self.generalized

    @property
    def assumption_settings(self) -> list[object]:
        """How far assumptions are checked, the seed, the variable of time, and the columns of the sample.

        The checks also look for what a model leaves out, in columns that no formula uses.
        """
        columns = self.profile.columns if self.profile else ()
        hashes = [[column.name, column.content_hash] for column in columns]
        return [self.spec.diagnostics, self.spec.seed, getattr(self.spec.ladder, "time", None), hashes]

    @property
    def pairs(self) -> list[tuple[str, ...]]:
        """The smaller and the larger model of each comparison."""
        return [(pair.smaller, pair.larger) for pair in self.spec.pairs]

    @property
    def varied(self) -> Varied:
        """The variants of the analysis."""
        return Varied(self.loaded)

    @cached_property
    def planned(self) -> Planned:
        """The planned studies."""
        return Planned(self.spec)

    @property
    def prelude_keys(self) -> list[str | None]:
        """The keys of the models of the prelude."""
        return [self.estimates_keys[model.name] for model in self.spec.prelude]

    def grouped(self, names: Sequence[str]) -> list[str]:
        """Return the rungs among some models; a comparison reads the fits of these alone."""
        rungs = {*self.rungs}
        return [name for name in names if name in rungs]

    def ungrouped_keys(self, names: Sequence[str]) -> list[str | None]:
        """Return the keys of the models without random effects among some models."""
        rungs = {*self.rungs}
        return [self.estimates_keys[name] for name in names if name not in rungs]

    @property
    def figures(self) -> list[str]:
        """The name of each figure that the models may need.

        With ``diagnostics: all`` there is a panel of checks for every model, not only for the last.
        """
        if self.spec.planned_alone:
            return [name for name in FIGURES if name in PLANNED]
        linear = len(self.generalized) < len(self.rungs)
        needless = {*(LINEAR if not linear else () if self.generalized else GENERALIZED)}
        needless |= set() if self.spec.power is not None else PLANNED
        needless |= set() if self.spec.sensitivity_kinds else {"sensitivity"}
        needless |= {"variants"} if self.spec.vary is None else set()
        needless |= {"assumptions"} if self.spec.diagnostics == "none" else set()
        models = [model.name for model in (*self.spec.prelude, *self.spec.rungs)][:-1]
        panels = [f"assumptions-{name}" for name in models] if self.spec.diagnostics == "all" else []
        return [name for name in (*FIGURES, *panels) if name not in needless]

    @property
    def headline_settings(self) -> list[object]:
        """The parts of the spec that decide which rung is the headline."""
        hypotheses = [[each.rung, each.term] for each in self.spec.hypotheses[:1]]
        return [self.spec.headline, *hypotheses]

    @cached_property
    def null(self) -> str | None:
        """The first rung without predictors: the reference for explained variance."""
        return next((name for name in self.rungs if not self.formulas[name].fixed.labels), None)

    def previous(self, model: str) -> str | None:
        """Return the rung before one rung."""
        position = self.rungs.index(model)
        return self.rungs[position - 1] if position else None

    def variance_models(self, model: str) -> list[str]:
        """Return the rung, the null and the previous rung: explained variance is computed from these."""
        names = (model, self.null, self.previous(model))
        return list(dict.fromkeys(name for name in names if name))

    @property
    def expectations(self) -> list[object]:
        """The expectations with their places, the baselines, and the names to which they refer."""
        spec, source = self.spec, self.loaded.source
        said = spec.model_dump(mode="json", include={"expect"}, exclude_none=True)
        places = [source.place(("expect", position)) for position in range(len(spec.expect))]
        compared = [[model.name, model.formula] for model in spec.compared_models]
        baselines = {file: self.beside[file] for each in spec.expect if (file := each.baseline) is not None}
        return [spec.name, self.rungs, said, places, compared, baselines, self.loaded.path.name]

    @property
    def compared_run(self) -> list[object]:
        """The run that the report is compared with, its content, and what the comparison says of this run."""
        spec = self.spec
        hypotheses = _only(self.said, {"hypotheses"})
        return [spec.report.compare_with, self.beside, hypotheses, self.loaded.source.text]

    @property
    def beside(self) -> dict[str, str]:
        """The hash of each baseline and of the run to compare with; empty text where there is no file."""
        found = self.loaded.beside
        return {file: content_hash(path) if path.is_file() else "" for file, path in found.items()}

    @property
    def interval_sources(self) -> list[IntervalSource]:
        """The sources of intervals that have a step per rung and that the spec asks for."""
        return [source for source in INTERVAL_SOURCES if self.spec.intervals.kinds(source)]

    def with_intervals(self, source: IntervalSource) -> list[tuple[str, ...]]:
        """Return the rungs whose intervals come from one source: all rungs or none."""
        return [(name,) for name in self.rungs] if self.spec.intervals.kinds(source) else []

    @cached_property
    def resampled(self) -> tuple[str, ...]:
        """The bootstrap replicates of each job of a rung, such as ``0-500``, the end excluded."""
        if not self.spec.intervals.kinds("bootstrap"):
            return ()
        return tuple(f"{numbers.start}-{numbers.stop}" for numbers in self.spec.bootstrap.ranges)

    @property
    def resamples(self) -> list[tuple[str, ...]]:
        """Rung and replicates of each job of the bootstrap."""
        return [(name, replicates) for name in self.rungs for replicates in self.resampled]

    @cached_property
    def simulated(self) -> tuple[tuple[str, str, str], ...]:
        """Smaller model, larger model and replicates of each job of bootstrapped comparisons.

        It includes every comparison that may need a bootstrap; the need is known once its rungs are fitted.
        """
        asked = self.spec.tests.bootstrap
        pairs = [pair for pair in self.spec.pairs if asked == "always" or self._may_need_bootstrap(pair)]
        jobs = () if asked == "never" else _simulation_jobs(self.spec)
        return tuple((pair.smaller, pair.larger, replicates) for pair in pairs for replicates in jobs)

    def _may_need_bootstrap(self, pair: PairSpec) -> bool:
        """Return whether the random parts may differ; a remedy may change the random part of each rung."""
        smaller, larger = (self.formulas[name] for name in (pair.smaller, pair.larger))
        written = [{bar.source for bar in formula.bars} for formula in (smaller, larger)]
        return bool(self.spec.remedies) or written[0] != written[1]

    @cached_property
    def clusters(self) -> tuple[tuple[str, ...], ...]:
        """Columns of each grouping factor of the ladder, in order of appearance."""
        groups = (group for name in self.rungs for group in self.formulas[name].groups)
        return tuple(dict.fromkeys(groups))

    @property
    def effort_settings(self) -> list[object]:
        """The parts of the spec that decide on optional work."""
        spec = self.spec
        written = [sorted(block.model_fields_set) for block in (spec.tests, spec.intervals)]
        tests = _without(self.said["tests"], {"adjust"})
        return [spec.effort, spec.estimation.allfit, tests, self.said["intervals"], written, self.pairs]

    @property
    def readings(self) -> list[object]:
        """The parts of the spec that determine which contrasts, slopes and means are computed."""
        said = self.said
        pretests = {each.pretest for each in self.spec.effects.differences if each.pretest}
        columns = self.profile.columns if self.profile else ()
        hashes = [column.content_hash for column in columns if column.name in pretests]
        return [said["contrasts"], said["slopes"], said["means"], said["effects"], hashes]

    def interval_settings(self, source: IntervalSource) -> list[object]:
        """Return the parts of the spec on which the intervals of a source depend, besides the fit."""
        spec = self.spec
        drawn = [spec.seed, spec.bootstrap.kind, self.resampled] if source == "bootstrap" else []
        shares = [each for each in (spec.estimation.distribution_variance,) if each is not None]
        return [spec.intervals.kinds(source), spec.estimation.confidence, *drawn, *shares]

    @property
    def allfit_settings(self) -> list[object]:
        """Whether rungs are refitted by every optimiser, and which optional optimisers are installed."""
        return [self.spec.estimation.allfit, optional_libraries()]

    @property
    def variance_settings(self) -> dict[str, object]:
        """What the explained variance of a rung depends on in addition to fits."""
        asked = _only(self.said["estimation"], VARIANCES)
        estimation = {name: value for name, value in asked.items() if value is not None}
        return estimation | self.spec.variance.model_dump(mode="json", exclude_defaults=True)

    @property
    def test_settings(self) -> dict[str, object]:
        """The parts of the spec that determine how coefficients and terms are tested."""
        return _only(self.said["estimation"], TESTS)

    @property
    def coefficient_settings(self) -> dict[str, object]:
        """The parts of the spec that determine how single coefficients are tested."""
        return _only(self.said["estimation"], {"df", "confidence"})

    @property
    def derivations(self) -> object:
        """How columns are derived, which tells the source of a centred predictor."""
        return _only(self.said["data"], {"derive"})

    @property
    def labels(self) -> list[object]:
        """The title, the labels, the units, the headline rung and the hypotheses."""
        labels = {m.name: m.label for m in self.spec.models}
        columns = {name: (c.label, c.unit) for name, c in self.spec.data.columns.items()}
        shown = _only(self.said, {"units", "hypotheses"})
        return [self.spec.title_or_name, labels, columns, shown, self.spec.headline]

    @property
    def table_settings(self) -> list[object]:
        """The parts of the spec on which tables depend, besides those of the records that they show."""
        tests, hypotheses = self.said["tests"], _only(self.said, {"hypotheses"})
        shown = [self.spec.headline] if self.spec.vary is not None else []
        return [self.allfit_settings, self.spec.effort, self.spec.seed, tests, hypotheses, *shown]

    @property
    def report_settings(self) -> list[object]:
        """The whole spec, its file, and the date of the report."""
        digest = hashlib.sha256(self.loaded.path.read_bytes()).hexdigest()
        date = report_date(self.loaded.path)
        return [self.labels, self.spec.name, self.said, digest, self.allfit_settings, date]

    @cached_property
    def data_key(self) -> str:
        """Hash of everything on which the analysis sample depends."""
        spec = self.spec
        data = _without(self.said["data"], {"columns"})
        columns = {
            name: _without(column, {"label", "unit"}) for name, column in self.said["data"]["columns"].items()
        }
        models = spec.models
        uses = sorted(
            json.dumps([formula.outcomes, sorted(formula.variables), formula.groups, model.weights])
            for model, formula in zip(models, self.formulas.values(), strict=True)
        )
        numbered = ["row numbers"] if spec.save else []
        return made_from("data", data, columns, dict(spec.declared_levels), uses, self.content, *numbered)

    @cached_property
    def content(self) -> dict[str, str]:
        """The hash of each data file, by its name in the spec."""
        return {file: content_hash(path) for file, path in self.loaded.paths.items()}

    def fit_key(self, model: str) -> str | None:
        """Return the key of a rung's record, which covers its estimates and the tests of its coefficients."""
        estimates = self.estimates_keys[model]
        saved = [list(self.spec.save)] if self.spec.save else []
        return None if estimates is None else made_from("fit", estimates, self.test_settings, *saved)

    def prelude_key(self, model: str) -> str | None:
        """Return the key of a single-level model, whose tests depend only on the confidence level."""
        estimates = self.estimates_keys[model]
        confidence = self.spec.estimation.confidence
        return None if estimates is None else made_from("prelude", estimates, confidence)

    @cached_property
    def estimates_keys(self) -> dict[str, str | None]:
        """The key of each model's estimates, which does not change if only its tests change."""
        models = self.spec.models
        profile = self.profile
        if profile is None:
            return dict.fromkeys(model.name for model in models)
        levels = variable_levels(profile, self.spec.declared_levels)
        nesting = [relation.model_dump(mode="json") for relation in profile.nesting]
        return {model.name: self._estimates_key(model, profile, levels, nesting) for model in models}

    def _estimates_key(
        self,
        model: NamedModel | ComparedModel,
        profile: DataProfile,
        levels: Mapping[str, HierarchyLevel],
        nesting: Sequence[object],
    ) -> str:
        names = {*self.formulas[model.name].variables, *([model.weights] if model.weights else [])}
        names |= {*self.spec.response_of(model.name).columns}
        if isinstance(model, PreludeSpec):  # its robust standard errors are for the groups of the ladder
            names |= {column for columns in self.clusters for column in columns}
        hashes = {name: profile.column(name).content_hash for name in sorted(names)}
        used = {name: level for name, level in levels.items() if name in names}
        shared: list[object] = [profile.sample_hash, hashes, used, nesting]
        if isinstance(model, ComparedModel):
            response = asdict(self.spec.response_of(model.name))
            return made_from("compared", model.formula, model.weights, response, shared)
        entry = model.model_dump(mode="json", exclude={"label"})
        if isinstance(model, PreludeSpec):
            return made_from("prelude", entry, shared, sorted(self.clusters))
        estimation = _without(self.said["estimation"], {"allfit", *TESTS, *VARIANCES})
        remedies, confidence = self.spec.remedies, self.spec.estimation.confidence
        return made_from("fit", entry, shared, estimation, (remedies, confidence) if remedies else ())
